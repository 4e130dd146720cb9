# SPDX-License-Identifier: Apache-2.0
"""The IPL record: what must stand at the beginning of a disk for IPL to get a program going.

Channel IPL reads 24 bytes into storage: a PSW and two channel command words (z/Architecture Principles of
Operation, "Initial Program Loading"). List-directed IPL from FBA and SCSI looks for the ``zIPL`` magic that
Linux' boot loader writes. CDL-formatted disks show ``IPL1`` as the key of their first record.
"""

from __future__ import annotations

from enum import StrEnum

#: How many bytes of the disk are needed to tell.
LENGTH = 512

_READ_COMMANDS = {0x02, 0x06, 0x08}  # READ IPL, READ, TRANSFER IN CHANNEL
_IPL1 = ("IPL1".encode("ascii"), "IPL1".encode("cp037"))


class IplRecord(StrEnum):
    """The kinds of IPL record."""

    CHANNEL = "channel"
    ZIPL = "zipl"
    IPL1 = "ipl1"


def identify(block: bytes) -> IplRecord | None:
    """Return the kind of IPL record in ``block``, the first bytes of a disk; None when it has none."""
    if block.startswith(b"zIPL") or block[504:508] == b"zIPL":
        return IplRecord.ZIPL
    if block[:4] in _IPL1:
        return IplRecord.IPL1
    if len(block) >= 16 and any(block[:8]) and block[8] in _READ_COMMANDS:
        return IplRecord.CHANNEL
    return None
