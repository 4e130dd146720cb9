# SPDX-License-Identifier: Apache-2.0
"""Sets of VLANs: as CP writes them, and in the column ``vlan`` of the table switch.

That column holds the number of an access port's VLAN as with xCAT; of a trunk port ``TRUNK`` and its VLANs.
"""

from __future__ import annotations

from collections.abc import Iterable

from zvm.directory import NicDef

_LAST = 4094
_TRUNK = "TRUNK "
#: What the column holds while a card is changed: what z/VM has of it is not known before that is done.
PENDING = "PENDING"


def text(vlans: Iterable[int]) -> str:
    """Return a set of VLANs as CP writes it, such as ``10 20-29``.

    Source: CP Commands and Utilities Reference, SET VSWITCH, operand vidset.
    """
    ranges: list[list[int]] = []
    for vlan in sorted(set(vlans)):
        if ranges and ranges[-1][1] == vlan - 1:
            ranges[-1][1] = vlan
        else:
            ranges.append([vlan, vlan])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def numbers(words: Iterable[str]) -> list[int]:
    """Return the VLANs of words such as ``10`` and ``20-29``; those that are none are left out."""
    found: set[int] = set()
    for word in words:
        first, _, last = word.partition("-")
        if first.isascii() and first.isdigit() and (not last or (last.isascii() and last.isdigit())):
            found.update(range(int(first), min(int(last or first), _LAST) + 1))
    return sorted(found)


def column(vlan: str, trunk: Iterable[int]) -> str:
    """Return what the table has of a card: its VLAN, or its VLANs as a trunk port."""
    return f"{_TRUNK}{text(trunk)}" if trunk else vlan


def trunk_of(value: str) -> list[int]:
    """Return the VLANs of a trunk port from the table's column; none of a port that is no trunk."""
    return numbers(value.removeprefix(_TRUNK).split()) if value.startswith(_TRUNK) else []


def wanted_on(cards: Iterable[NicDef], vswitch: str) -> str:
    """Return the VLANs that a guest's grant for a switch must have, of all its cards there; "": the switch's.

    A grant is one for the guest: the next one takes the place of the one before.
    """
    return text(number for card in cards if card.lan_name == vswitch for number in numbers(card.vlan))
