# SPDX-License-Identifier: Apache-2.0
"""Ethernet frames, with or without a VLAN tag. Source: IEEE 802.3, IEEE 802.1Q."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

BROADCAST = bytes.fromhex("ffffffffffff")
ARP, IPV4 = 0x0806, 0x0800
_TAGGED = 0x8100
#: Addresses and EtherType.
_HEADER = struct.Struct("!6s6sH")
_TAG = struct.Struct("!HH")
_VLAN_BITS = 0x0FFF
#: Longest payload that a virtual card carries (MTU 8992).
_LONGEST = 8992


class FrameError(Exception):
    """These octets are no frame that a virtual card carries."""


@dataclass(frozen=True)
class Frame:
    """One frame without its checksum. ``vlan`` is its tag's, None without; ``priority`` its other bits."""

    destination: bytes
    source: bytes
    ethertype: int
    payload: bytes
    vlan: int | None = None
    priority: int = 0

    @classmethod
    def decode(cls, data: bytes) -> Frame:
        """Return the frame that these octets are.

        Raises:
            FrameError: they end too early, or are too many.
        """
        if len(data) < _HEADER.size:
            raise FrameError(f"{len(data)} octets are no frame")
        destination, source, ethertype = _HEADER.unpack_from(data)
        vlan, priority, rest = None, 0, data[_HEADER.size :]
        if ethertype == _TAGGED:
            if len(rest) < _TAG.size:
                raise FrameError("the frame ends in its VLAN tag")
            tag, ethertype = _TAG.unpack_from(rest)
            vlan, priority, rest = tag & _VLAN_BITS, tag & ~_VLAN_BITS, rest[_TAG.size :]
        if len(rest) > _LONGEST:
            raise FrameError(f"a payload of {len(rest)} octets is longer than {_LONGEST}")
        return cls(destination, source, ethertype, rest, vlan, priority)

    def encode(self) -> bytes:
        """Return the octets."""
        if self.vlan is None:
            return _HEADER.pack(self.destination, self.source, self.ethertype) + self.payload
        tag = _TAG.pack(self.priority | self.vlan, self.ethertype)
        return _HEADER.pack(self.destination, self.source, _TAGGED) + tag + self.payload

    @property
    def to_group(self) -> bool:
        """Whether it is for many: a broadcast or multicast."""
        return bool(self.destination[0] & 1)

    def tagged(self, vlan: int | None) -> Frame:
        """Return the frame with another tag, or with none."""
        return replace(self, vlan=vlan, priority=self.priority if vlan is not None else 0)
