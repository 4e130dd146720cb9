# SPDX-License-Identifier: Apache-2.0
"""The management node: xCAT's REST API in front of one or more zHCPs."""
