# SPDX-License-Identifier: Apache-2.0
"""The grammar of names: each validator returns the canonical form or raises InvalidName.

Source: CP Planning and Administration on directory entries; pool names from DirMaint's EXTENT CONTROL.
"""

from __future__ import annotations

import re
from typing import Final

from zvm.directory.errors import InvalidName

__all__ = ["InvalidName", "macid", "poolname", "userid", "vdev", "vdev_ranges", "volser", "vswitch"]

_USERID: Final = re.compile(r"[A-Z0-9@#$_\-+:]{1,8}\Z")
_VDEV: Final = re.compile(r"[0-9A-F]{1,4}\Z")
_VSWITCH: Final = re.compile(r"[A-Z0-9@#$_]{1,8}\Z")
_POOL: Final = re.compile(r"[A-Z0-9#@$:\-+_]{1,8}\Z")
_VOLSER: Final = re.compile(r"[A-Z0-9@#$\-+_&]{1,6}\Z")
_MACID: Final = re.compile(r"[0-9A-F]{6}\Z")


def _fold(value: str) -> str:
    """Upper-case as z/VM does: the 26 letters only, so that no other character turns into one."""
    return value.upper() if value.isascii() else value


def _checked(kind: str, grammar: re.Pattern[str], rule: str, value: str) -> str:
    folded = _fold(value)
    if not grammar.match(folded):
        raise InvalidName(kind, value, rule)
    return folded


def userid(value: str) -> str:
    """Return ``value`` as a userid: upper case, 1-8 characters of ``A-Z 0-9 @ # $ _ - + :``."""
    return _checked("userid", _USERID, "1-8 characters of A-Z 0-9 @ # $ _ - + :", value)


def vdev(value: str) -> str:
    """Return ``value`` as a device number: four upper-case hexadecimal digits."""
    return _checked("device number", _VDEV, "1-4 hexadecimal digits", value).zfill(4)


def vdev_ranges(value: str) -> list[tuple[int, int]]:
    """Return first and last number of each range in ``1FA0-1FAF;1FB0``; commas divide ranges too."""
    found = []
    for part in filter(None, (part.strip() for part in value.replace(",", ";").split(";"))):
        first, _, last = part.partition("-")
        found.append((int(vdev(first), 16), int(vdev(last or first), 16)))
    return found


def vswitch(value: str) -> str:
    """Return ``value`` as the name of a virtual switch or LAN: upper case, 1-8 of ``A-Z 0-9 @ # $ _``."""
    return _checked("virtual switch name", _VSWITCH, "1-8 characters of A-Z 0-9 @ # $ _", value)


def poolname(value: str) -> str:
    """Return ``value`` as a pool (group) or region name: upper case, 1-8 of ``A-Z 0-9 # @ $ : - + _``."""
    return _checked("pool name", _POOL, "1-8 characters of A-Z 0-9 # @ $ : - + _", value)


def volser(value: str) -> str:
    """Return ``value`` as a volume label: upper case, 1-6 characters."""
    return _checked("volume label", _VOLSER, "1-6 characters of A-Z 0-9 @ # $ - + _ &", value)


def macid(value: str) -> str:
    """Return ``value`` as a MACID: the six hexadecimal digits below the VMLAN prefix."""
    return _checked("MACID", _MACID, "six hexadecimal digits", value)
