# SPDX-License-Identifier: Apache-2.0
"""The Nova compute driver for z/VM."""
