# SPDX-License-Identifier: Apache-2.0
"""A request that z/VM refuses, with the numbers SMAPI answers it with."""

from __future__ import annotations


class Refused(Exception):
    """Return code ``rc``, reason code ``rs``; ``error`` is the text some functions append."""

    def __init__(self, rc: int, rs: int, error: str = "") -> None:
        super().__init__(f"rc {rc} rs {rs} {error}".rstrip())
        self.rc = rc
        self.rs = rs
        self.error = error
