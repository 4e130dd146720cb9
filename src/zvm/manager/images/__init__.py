# SPDX-License-Identifier: Apache-2.0
"""Disk images: the store, the formats it reads, and the golden minidisks made from them."""
