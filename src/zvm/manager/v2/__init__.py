# SPDX-License-Identifier: Apache-2.0
"""xCAT's second REST dialect: JSON objects in and out, tokens, 403 for whatever xCAT refuses."""
