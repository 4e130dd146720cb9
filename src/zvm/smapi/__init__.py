# SPDX-License-Identifier: Apache-2.0
"""The z/VM Systems Management API as a protocol: frames, functions, return codes, and two thin clients."""
