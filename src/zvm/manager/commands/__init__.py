# SPDX-License-Identifier: Apache-2.0
"""The xCAT commands, a module per command."""
