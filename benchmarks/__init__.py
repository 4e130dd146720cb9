# SPDX-License-Identifier: Apache-2.0
"""Measurements anyone can repeat: ``make bench``."""
