# SPDX-License-Identifier: Apache-2.0
"""DHCP messages, and what a server answers to them. Source: RFC 2131, RFC 2132."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, NetmaskValueError
from typing import Any

SERVER_PORT, CLIENT_PORT = 67, 68
DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
#: Options.
MASK, ROUTER, REQUESTED, LEASE_TIME, KIND, SERVER = 1, 3, 50, 51, 53, 54
_PAD, _END = 0, 255
_LAYOUT = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_COOKIE = bytes((99, 130, 83, 99))
_BROADCAST_FLAG = 0x8000
_BOOTREQUEST, _BOOTREPLY = 1, 2
_LEASE_SECONDS = 86400
_NOBODY = IPv4Address(0)


class DhcpError(Exception):
    """These octets are no DHCP message."""


@dataclass(frozen=True)
class Message:
    """A DHCP message of or for the card ``mac``; ``yours`` is the address that the server gives."""

    request: bool
    xid: int
    mac: bytes
    options: Mapping[int, bytes] = field(default_factory=dict)
    yours: IPv4Address = _NOBODY

    @classmethod
    def decode(cls, data: bytes) -> Message:
        """Return the message.

        Raises:
            DhcpError: it is too short, without the magic cookie, or its options run past its end.
        """
        if len(data) < _LAYOUT.size or data[_LAYOUT.size - 4 : _LAYOUT.size] != _COOKIE:
            raise DhcpError("no DHCP message")
        op, _, length, _, xid, _, _, _, yours, _, _, hardware, *_ = _LAYOUT.unpack_from(data)
        options, rest = {}, data[_LAYOUT.size :]
        while rest and rest[0] != _END:
            if rest[0] == _PAD:
                rest = rest[1:]
                continue
            if len(rest) < 2 or len(rest) < 2 + rest[1]:
                raise DhcpError("an option runs past the end")
            options[rest[0]], rest = rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        return cls(op == _BOOTREQUEST, xid, hardware[:length], options, IPv4Address(yours))

    def encode(self) -> bytes:
        """Return the octets."""
        op = _BOOTREQUEST if self.request else _BOOTREPLY
        head = _LAYOUT.pack(
            op, 1, len(self.mac), 0, self.xid, 0, _BROADCAST_FLAG,
            _NOBODY.packed, self.yours.packed, _NOBODY.packed, _NOBODY.packed, self.mac, b"", b"", _COOKIE,
        )  # fmt: skip
        told = b"".join(bytes((code, len(value))) + value for code, value in self.options.items())
        return head + told + bytes((_END,))

    @property
    def kind(self) -> int:
        """DISCOVER, OFFER, REQUEST, ACK or NAK; 0 when it does not say."""
        return int.from_bytes(self.options.get(KIND, b""), "big")

    def address(self, option: int) -> IPv4Address | None:
        """Return an option that is an address (the first of several), or None."""
        value = self.options.get(option, b"")[:4]
        return IPv4Address(value) if len(value) == 4 else None


def discover(xid: int, mac: bytes) -> Message:
    """Return the message that looks for servers."""
    return Message(True, xid, mac, {KIND: bytes((DISCOVER,))})


def wanted(offer: Message) -> Message:
    """Return the message that takes up an offer."""
    options = {KIND: bytes((REQUEST,)), REQUESTED: offer.yours.packed}
    if SERVER in offer.options:
        options[SERVER] = offer.options[SERVER]
    return Message(True, offer.xid, offer.mac, options)


def lease(ack: Message) -> tuple[IPv4Interface, IPv4Address | None]:
    """Return the address with its mask, and the router, of an acknowledged lease.

    Raises:
        DhcpError: the mask is none.
    """
    mask = ack.address(MASK) or IPv4Address("255.255.255.255")
    try:
        return IPv4Interface(f"{ack.yours}/{mask}"), ack.address(ROUTER)
    except NetmaskValueError as error:
        raise DhcpError(str(error)) from error


def answer(server: IPv4Interface, state: dict[str, Any], message: Message) -> Message | None:
    """Return what a server says to a message, or None; ``state`` has its range and gets its leases.

    :param server: its own address on that network.
    :param state: ``first`` and ``last`` address, ``router`` ("": none) and ``leases``, address by MAC.
    """
    if message.kind not in (DISCOVER, REQUEST):
        return None
    if message.kind == REQUEST and message.address(SERVER) not in (None, server.ip):
        return None  # another server's offer was taken
    leases, mac = state["leases"], message.mac.hex()
    options = {SERVER: server.ip.packed}
    address = leases.get(mac) or _free(server, state)
    if message.kind == REQUEST and (address is None or message.address(REQUESTED) != IPv4Address(address)):
        return Message(False, message.xid, message.mac, {KIND: bytes((NAK,)), **options})
    if address is None:
        return None
    leases[mac] = address
    options[LEASE_TIME] = _LEASE_SECONDS.to_bytes(4, "big")
    options[MASK] = server.netmask.packed
    if state["router"]:
        options[ROUTER] = IPv4Address(state["router"]).packed
    kind = OFFER if message.kind == DISCOVER else ACK
    return Message(False, message.xid, message.mac, {KIND: bytes((kind,)), **options}, IPv4Address(address))


def _free(server: IPv4Interface, state: dict[str, Any]) -> str | None:
    """Return the first address of the range that nobody has, the server neither, or None."""
    given = {str(server.ip), *state["leases"].values()}
    for number in range(int(IPv4Address(state["first"])), int(IPv4Address(state["last"])) + 1):
        if (address := str(IPv4Address(number))) not in given:
            return address
    return None
