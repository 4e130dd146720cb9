# SPDX-License-Identifier: Apache-2.0
"""OpenStack on IBM z/VM, from nova-compute down to SMAPI and CP."""

__version__ = "0.1.0"
