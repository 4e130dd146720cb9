# SPDX-License-Identifier: Apache-2.0
"""What light guests put into frames: ARP, IPv4, ICMP echo, UDP. Source: RFC 826, 791, 792, 768."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

ICMP, UDP = 1, 17
ARP_REQUEST, ARP_REPLY = 1, 2
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_IPV4 = struct.Struct("!BBHHHBBH4s4s")
_ECHO = struct.Struct("!BBHHH")
_UDP = struct.Struct("!HHHH")
_ETHERNET, _IP = 1, 0x0800
_ECHO_REQUEST, _ECHO_REPLY = 8, 0
_FRAGMENT = 0x3FFF  # more fragments, or an offset
_TTL = 64


class PacketError(Exception):
    """These octets are not the packet they should be, or one that light guests do not understand."""


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071); 0 over data that holds its own."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _unpack(layout: struct.Struct, data: bytes, what: str) -> tuple[Any, ...]:
    try:
        return layout.unpack_from(data)
    except struct.error:
        raise PacketError(f"{what} of {len(data)} octets") from None


@dataclass(frozen=True)
class Arp:
    """Who has an IPv4 address, and who says so."""

    operation: int
    sender_mac: bytes
    sender: IPv4Address
    target_mac: bytes
    target: IPv4Address

    @classmethod
    def decode(cls, data: bytes) -> Arp:
        """Return the packet.

        Raises:
            PacketError: it is too short, or not about IPv4 over Ethernet.
        """
        hardware, protocol, *_, operation, mac, ip, other_mac, other = _unpack(_ARP, data, "ARP")
        if (hardware, protocol) != (_ETHERNET, _IP):
            raise PacketError("ARP that is not about IPv4 over Ethernet")
        return cls(operation, mac, IPv4Address(ip), other_mac, IPv4Address(other))

    def encode(self) -> bytes:
        """Return the octets."""
        ends = (self.sender_mac, self.sender.packed, self.target_mac, self.target.packed)
        return _ARP.pack(_ETHERNET, _IP, 6, 4, self.operation, *ends)


@dataclass(frozen=True)
class Ipv4:
    """An IPv4 packet in one piece, without options when it is sent."""

    source: IPv4Address
    destination: IPv4Address
    protocol: int
    payload: bytes

    @classmethod
    def decode(cls, data: bytes) -> Ipv4:
        """Return the packet.

        Raises:
            PacketError: its lengths or its checksum are wrong, or it is a fragment.
        """
        first, _, total, _, fragment, _, protocol, _, source, destination = _unpack(_IPV4, data, "IPv4")
        length = (first & 0x0F) * 4
        if first >> 4 != 4 or not _IPV4.size <= length <= total <= len(data) or checksum(data[:length]):
            raise PacketError("a damaged IPv4 packet")
        if fragment & _FRAGMENT:
            raise PacketError("a fragment of an IPv4 packet")
        return cls(IPv4Address(source), IPv4Address(destination), protocol, data[length:total])

    def encode(self) -> bytes:
        """Return the octets."""
        total = _IPV4.size + len(self.payload)
        ends = (self.source.packed, self.destination.packed)
        header = _IPV4.pack(0x45, 0, total, 0, 0, _TTL, self.protocol, 0, *ends)
        header = _IPV4.pack(0x45, 0, total, 0, 0, _TTL, self.protocol, checksum(header), *ends)
        return header + self.payload


@dataclass(frozen=True)
class Echo:
    """An ICMP echo request, or the reply to one."""

    request: bool
    identifier: int
    sequence: int
    data: bytes

    @classmethod
    def decode(cls, data: bytes) -> Echo:
        """Return the message.

        Raises:
            PacketError: it is damaged, or another ICMP message.
        """
        kind, _, _, identifier, sequence = _unpack(_ECHO, data, "ICMP")
        if kind not in (_ECHO_REQUEST, _ECHO_REPLY) or checksum(data):
            raise PacketError(f"ICMP type {kind}, or a damaged one")
        return cls(kind == _ECHO_REQUEST, identifier, sequence, data[_ECHO.size :])

    def encode(self) -> bytes:
        """Return the octets."""
        kind = _ECHO_REQUEST if self.request else _ECHO_REPLY
        bare = _ECHO.pack(kind, 0, 0, self.identifier, self.sequence) + self.data
        return _ECHO.pack(kind, 0, checksum(bare), self.identifier, self.sequence) + self.data


@dataclass(frozen=True)
class Udp:
    """A datagram; it is sent without a checksum, as IPv4 allows, and a checksum that came is not verified."""

    source: int
    destination: int
    payload: bytes

    @classmethod
    def decode(cls, data: bytes) -> Udp:
        """Return the datagram.

        Raises:
            PacketError: it is shorter than it says.
        """
        source, destination, length, _ = _unpack(_UDP, data, "UDP")
        if not _UDP.size <= length <= len(data):
            raise PacketError(f"UDP of {length} octets in {len(data)}")
        return cls(source, destination, data[_UDP.size : length])

    def encode(self) -> bytes:
        """Return the octets."""
        return _UDP.pack(self.source, self.destination, _UDP.size + len(self.payload), 0) + self.payload
