# SPDX-License-Identifier: Apache-2.0
"""The agent of one z/VM system: it alone talks SMAPI, CP, DASD, spool and guests."""
