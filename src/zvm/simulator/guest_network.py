# SPDX-License-Identifier: Apache-2.0
"""The network of light guests: they answer ARP and echo requests, ask for leases by DHCP, and may give some.

Only IPv4, without VLAN tags, to neighbours and by a router. A light guest waits for nothing: an answer that
is not there when ``send`` returns did not come in time, but a DHCP lease is taken whenever it comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, ip_interface
from typing import TYPE_CHECKING

from zvm.simulator import dhcp, ethernet, packets
from zvm.simulator.ethernet import BROADCAST, Frame, FrameError
from zvm.simulator.light_guest import Linux, colons
from zvm.simulator.packets import Arp, Echo, Ipv4, PacketError, Udp
from zvm.simulator.vswitch import Adapter

if TYPE_CHECKING:
    from zvm.simulator.system import System
    from zvm.simulator.virtual_machine import VirtualMachine

_NOBODY, _EVERYBODY = IPv4Address(0), IPv4Address("255.255.255.255")
_DHCP_SERVER = "dhcp"


class Unreachable(Exception):
    """No way leads to an address: ``source`` is the guest's own that finds nobody there, None: no route."""

    def __init__(self, source: IPv4Address | None = None) -> None:
        super().__init__(source)
        self.source = source


@dataclass
class _Heard:
    """What a guest that waits has been told: MAC by address, and the echo replies."""

    macs: dict[IPv4Address, bytes] = field(default_factory=dict)
    echoes: list[tuple[IPv4Address, int, int]] = field(default_factory=list)


class GuestNetwork:
    """The network of all light guests of one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._heard: dict[str, _Heard] = {}
        self._asking: dict[tuple[str, str], int] = {}
        self._last_xid = 0

    # Coming in

    def receive(self, adapter: Adapter, data: bytes) -> bool:
        """Take a frame for a card; tell whether a Linux is up behind it."""
        linux = self._system.guests.look(adapter.owner)
        if linux is None:
            return False
        try:
            frame = Frame.decode(data)
            if frame.vlan is not None or frame.destination not in (BROADCAST, bytes.fromhex(adapter.mac)):
                return True
            if frame.ethertype == ethernet.ARP:
                self._arp(adapter, linux, Arp.decode(frame.payload))
            elif frame.ethertype == ethernet.IPV4:
                self._ipv4(adapter, linux, frame.source, Ipv4.decode(frame.payload))
        except (FrameError, PacketError, dhcp.DhcpError):
            pass  # as every host does
        return True

    def _arp(self, adapter: Adapter, linux: Linux, arp: Arp) -> None:
        mine = bytes.fromhex(adapter.mac)
        if arp.operation == packets.ARP_REPLY and adapter.owner in self._heard:
            self._heard[adapter.owner].macs[arp.sender] = arp.sender_mac
        elif arp.operation == packets.ARP_REQUEST and arp.target in _addresses(linux, adapter):
            reply = Arp(packets.ARP_REPLY, mine, arp.target, arp.sender_mac, arp.sender)
            self._send(adapter, arp.sender_mac, ethernet.ARP, reply.encode())

    def _ipv4(self, adapter: Adapter, linux: Linux, source: bytes, packet: Ipv4) -> None:
        if packet.protocol == packets.UDP:
            self._udp(adapter, linux, Udp.decode(packet.payload))
        elif packet.protocol == packets.ICMP and packet.destination in _addresses(linux, adapter):
            echo = Echo.decode(packet.payload)
            if echo.request:
                reply = Echo(False, echo.identifier, echo.sequence, echo.data)
                answer = Ipv4(packet.destination, packet.source, packets.ICMP, reply.encode())
                self._send(adapter, source, ethernet.IPV4, answer.encode())
            elif heard := self._heard.get(adapter.owner):
                heard.echoes.append((packet.source, echo.identifier, echo.sequence))

    def _udp(self, adapter: Adapter, linux: Linux, datagram: Udp) -> None:
        served = linux.services.get(_DHCP_SERVER)
        if datagram.destination == dhcp.CLIENT_PORT:
            self._dhcp_client(adapter, dhcp.Message.decode(datagram.payload))
        elif datagram.destination == dhcp.SERVER_PORT and served and served["mac"] == colons(adapter.mac):
            mine = next(iter(_addresses(linux, adapter).values()), None)
            state = self._changing(adapter.owner).services[_DHCP_SERVER]
            answer = dhcp.answer(mine, state, dhcp.Message.decode(datagram.payload)) if mine else None
            if mine and answer:
                self._broadcast(adapter, mine.ip, (dhcp.SERVER_PORT, dhcp.CLIENT_PORT), answer)

    # Going out

    def _send(self, adapter: Adapter, destination: bytes, ethertype: int, payload: bytes) -> None:
        frame = Frame(destination, bytes.fromhex(adapter.mac), ethertype, payload)
        self._system.switching.send(adapter.owner, adapter.vdev, frame.encode())

    def _broadcast(
        self, adapter: Adapter, source: IPv4Address, ports: tuple[int, int], message: dhcp.Message
    ) -> None:
        packet = Ipv4(source, _EVERYBODY, packets.UDP, Udp(*ports, message.encode()).encode())
        self._send(adapter, BROADCAST, ethernet.IPV4, packet.encode())

    # Echo requests

    def ping(self, machine: VirtualMachine, linux: Linux, target: IPv4Address, sequence: int) -> bool:
        """Send an echo request; return whether it was answered.

        :raises Unreachable: it was not sent.
        """
        cards = [card for card in self._system.network.adapters(machine.userid) if card.coupled]
        if target.is_loopback or any(target in _addresses(linux, card) for card in cards):
            return True
        way = _way(linux, cards, target)
        if way is None:
            raise Unreachable
        card, source, hop = way
        heard = self._heard[machine.userid] = _Heard()
        try:
            mine = bytes.fromhex(card.mac)
            asked = Arp(packets.ARP_REQUEST, mine, source, bytes(6), hop)
            self._send(card, BROADCAST, ethernet.ARP, asked.encode())
            if hop not in heard.macs:
                raise Unreachable(source)
            request = Echo(True, 1, sequence, bytes(range(56)))
            packet = Ipv4(source, target, packets.ICMP, request.encode())
            self._send(card, heard.macs[hop], ethernet.IPV4, packet.encode())
            return (target, 1, sequence) in heard.echoes
        finally:
            del self._heard[machine.userid]

    # DHCP

    def ask(self, userid: str, mac: str) -> list[str]:
        """Let a guest ask for an address of its card ``mac`` (with colons); return what the card has then.

        An answer that comes later is taken then, and shown on the console.
        """
        cards = self._system.network.adapters(userid)
        card = next((card for card in cards if colons(card.mac) == mac and card.coupled), None)
        if card is None:
            return []
        self._last_xid += 1
        self._asking[userid, mac] = self._last_xid
        message = dhcp.discover(self._last_xid, bytes.fromhex(card.mac))
        self._broadcast(card, _NOBODY, (dhcp.CLIENT_PORT, dhcp.SERVER_PORT), message)
        return list(self._changing(userid).configured.get(mac, []))

    def _dhcp_client(self, adapter: Adapter, message: dhcp.Message) -> None:
        mac = colons(adapter.mac)
        key = (adapter.owner, mac)
        if (
            message.request
            or message.mac != bytes.fromhex(adapter.mac)
            or self._asking.get(key) != message.xid
        ):
            return
        if message.kind == dhcp.OFFER:
            ports = (dhcp.CLIENT_PORT, dhcp.SERVER_PORT)
            self._broadcast(adapter, _NOBODY, ports, dhcp.wanted(message))
        elif message.kind == dhcp.NAK:
            del self._asking[key]
        elif message.kind == dhcp.ACK:
            address, router = dhcp.lease(message)
            del self._asking[key]
            linux = self._changing(adapter.owner)
            linux.configured[mac] = [str(address)]
            linux.gateways[mac] = [str(router)] if router else []
            by = f" via {router}" if router else ""
            console = self._system.guests.existing(adapter.owner).console
            console.write(f"systemd-networkd: {mac}: DHCPv4 address {address}{by}")

    def _changing(self, userid: str) -> Linux:
        """Return the Linux that is up in a guest, to be changed."""
        return self._system.installed.boot(self._system.guests.existing(userid).linux_key)


def _addresses(linux: Linux, adapter: Adapter) -> dict[IPv4Address, IPv4Interface]:
    """Return the IPv4 addresses of a card."""
    found = map(ip_interface, linux.configured.get(colons(adapter.mac), []))
    return {item.ip: item for item in found if isinstance(item, IPv4Interface)}


def _way(
    linux: Linux, cards: list[Adapter], target: IPv4Address
) -> tuple[Adapter, IPv4Address, IPv4Address] | None:
    """Return the card, the source address and the next hop towards an address; None without a route."""
    for card in cards:
        for address in _addresses(linux, card).values():
            if target in address.network:
                return card, address.ip, target
    for card in cards:
        routers = [text for text in linux.gateways.get(colons(card.mac), []) if ":" not in text]
        for address in _addresses(linux, card).values():
            if routers:
                return card, address.ip, IPv4Address(routers[0])
    return None
