# SPDX-License-Identifier: Apache-2.0
"""What stands for LUKS in a light guest: a header that knows the passphrase, and data that needs it.

The cipher is a keystream of SHA-256, good enough to show that what is on the LUN cannot be read without it.
"""

from __future__ import annotations

import hashlib

MAGIC = b"LUKS\xba\xbe\x00\x02"
#: Bytes before the data. Source: cryptsetup, LUKS2 default data offset.
HEADER = 16 << 20
_BLOCK = 32


def header(passphrase: bytes) -> bytes:
    """Return what luksFormat writes at the start of a device."""
    return MAGIC + hashlib.sha256(b"header" + passphrase).digest()


def key(start: bytes, passphrase: bytes) -> str:
    """Return the key of the device that starts so, "" for a wrong passphrase."""
    if start[: len(header(passphrase))] != header(passphrase):
        return ""
    return hashlib.sha256(b"volume" + passphrase).hexdigest()


def mask(data: bytes, key: str, offset: int) -> bytes:
    """Encrypt or decrypt what is ``offset`` bytes into the data."""
    first = offset // _BLOCK
    count = (offset + len(data) + _BLOCK - 1) // _BLOCK - first
    stream = b"".join(hashlib.sha256(f"{key} {first + number}".encode()).digest() for number in range(count))
    at = offset - first * _BLOCK
    return bytes(left ^ right for left, right in zip(data, stream[at : at + len(data)], strict=True))
