# SPDX-License-Identifier: Apache-2.0
"""The network cards of one z/VM system, by way of its management node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zvm.xcat.extension import Extension
from zvm.xcat.records import Nic

#: States of a guest in which it is logged on.
_ON = ("running", "paused", "crashed")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card is to be: ``trunk`` are the VLANs of a trunk port, ``vlan`` that of another, or None."""

    vswitch: str
    vlan: int | None = None
    trunk: tuple[int, ...] = ()
    coupled: bool = True

    def __str__(self) -> str:
        vlans: Sequence[int | None] = self.trunk or (self.vlan,)
        return f"{self.vswitch} VLAN {', '.join(map(str, vlans))}"

    @classmethod
    def of(cls, nic: Nic) -> Place:
        """Return where a card is."""
        return cls(nic.vswitch, nic.vlan, tuple(nic.trunk), nic.coupled)


class Node:
    """The z/VM system ``host`` behind a management node; "" for the only one."""

    def __init__(self, extension: Extension, host: str) -> None:
        self._extension = extension
        self._host = host

    def nics(self) -> list[Nic]:
        """Return all cards that a virtual switch or a port of Neutron knows (one request)."""
        return self._extension.nics(self._host)

    def running(self) -> set[str]:
        """Return the nodes of the guests that are logged on (one request)."""
        return {guest.node for guest in self._extension.guests(self._host) if guest.state in _ON}

    def change(self, nic: Nic, place: Place) -> bool:
        """Let a card be where it belongs; return whether it is coupled."""
        return self._extension.change_nic(
            nic.node, nic.vdev, place.vswitch, vlan=place.vlan, trunk=place.trunk, coupled=place.coupled
        )
