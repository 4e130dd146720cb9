# SPDX-License-Identifier: Apache-2.0
"""A z/VM system without a mainframe."""
