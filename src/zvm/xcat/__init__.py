# SPDX-License-Identifier: Apache-2.0
"""xCAT's REST dialect and a blocking client for it."""
