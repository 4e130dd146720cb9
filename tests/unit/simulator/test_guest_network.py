# SPDX-License-Identifier: Apache-2.0
"""The network of light guests: they reach each other where their switch lets them, and get leases by DHCP."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support import config_drives
from tests.unit.simulator.guests import bootable, machine, punch
from tests.unit.simulator.worlds import World
from zvm.simulator import dhcp, packets
from zvm.simulator.agent import Agents
from zvm.simulator.ethernet import BROADCAST, IPV4, Frame
from zvm.simulator.light_guest import Linux

ROUTER = bytes.fromhex("020000000001")


def start(world: World, number: int, vlan: int = 100, ip: str = "10.1.0.{}") -> None:
    """Boot LINUX0n with address 10.1.0.n; without ``ip`` it asks by DHCP."""
    userid, macid = f"LINUX0{number}", f"00AA0{number}"
    bootable(world, userid, f"NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1 MACID {macid} VLAN {vlan}")
    mac = f"02:00:06:00:aa:0{number}"
    files = config_drives.files(uuid=userid, hostname=userid.lower(), mac=mac, ip=ip.format(number))
    if not ip:
        network = json.loads(files["openstack/latest/network_data.json"])
        network["networks"] = [{"id": "network0", "type": "ipv4_dhcp", "link": "nic0"}]
        files["openstack/latest/network_data.json"] = json.dumps(network).encode()
    punch(world, userid, config_drives.tgz(files))
    world.system.guests.logon(userid)


def run(world: World, number: int, path: str, *words: str) -> tuple[int, str]:
    """Run a program in LINUX0n; return its exit code and what it printed."""
    agent = Agents(world.system).get(machine(world, f"LINUX0{number}"))
    assert agent is not None
    arguments = {"path": path, "arg": list(words), "capture-output": True}
    pid = agent.answer({"execute": "guest-exec", "arguments": arguments})["return"]["pid"]
    done = agent.answer({"execute": "guest-exec-status", "arguments": {"pid": pid}})["return"]
    said = base64.b64decode(done.get("out-data", "")) + base64.b64decode(done.get("err-data", ""))
    return done["exitcode"], said.decode()


def linux(world: World, number: int) -> Linux:
    found = world.system.guests.linux(machine(world, f"LINUX0{number}"))
    assert found is not None
    return found


def test_guests_of_one_vlan_reach_each_other(world: World) -> None:
    for number in (1, 2):
        start(world, number)
    code, said = run(world, 1, "/usr/bin/ping", "-c", "2", "10.1.0.2")
    assert code == 0
    assert "64 bytes from 10.1.0.2: icmp_seq=2 ttl=64" in said
    assert "2 packets transmitted, 2 received, 0% packet loss" in said
    card = world.system.network.adapter("LINUX02", "1000")
    assert card is not None
    flows = (card.traffic.received, card.traffic.sent)
    assert [flow.frames.total() for flow in flows] == [4, 4]  # ARP and echo, twice
    world.system.guests.type(machine(world, "LINUX01"), "root\rSecret4u\rping -c 1 10.1.0.2\r")
    assert "1 packets transmitted, 1 received" in "\n".join(machine(world, "LINUX01").console.lines)


@pytest.mark.parametrize("cut", ["other vlan", "uncoupled", "isolation", "stopped", "logged off", "no such"])
def test_guests_that_are_not_connected_do_not(world: World, cut: str) -> None:
    start(world, 1)
    start(world, 2, vlan=200 if cut == "other vlan" else 100)
    if cut == "uncoupled":
        world.cp("LINUX02", "UNCOUPLE 1000")
    elif cut == "isolation":
        world.cp("ZHCP", "SET VSWITCH XCATVSW1 ISOLATION ON")
    elif cut == "stopped":
        world.cp("LINUX02", "STOP")
    elif cut == "logged off":
        world.system.guests.force("LINUX02")
    code, said = run(world, 1, "ping", "-c", "1", "10.1.0.9" if cut == "no such" else "10.1.0.2")
    assert code == 1
    assert "From 10.1.0.1 icmp_seq=1 Destination Host Unreachable" in said
    assert "0 received, 100% packet loss" in said
    assert run(world, 1, "ping", "-c", "1", "10.1.0.1")[0] == 0


def test_a_router_at_the_uplink_answers_for_the_world(world: World) -> None:
    """What stands there for a real network sees ARP for the gateway, and the packets that go through it."""
    start(world, 1)
    switching = world.system.switching

    def outside(data: bytes) -> None:
        frame = Frame.decode(data)
        if frame.ethertype != IPV4:
            arp = packets.Arp.decode(frame.payload)
            answer = packets.Arp(packets.ARP_REPLY, ROUTER, arp.target, arp.sender_mac, arp.sender).encode()
        else:
            packet = packets.Ipv4.decode(frame.payload)
            echo = packets.Echo.decode(packet.payload)
            reply = packets.Echo(False, echo.identifier, echo.sequence, echo.data).encode()
            answer = packets.Ipv4(packet.destination, packet.source, packets.ICMP, reply).encode()
        switching.arrive(
            "XCATVSW1", Frame(frame.source, ROUTER, frame.ethertype, answer, frame.vlan).encode()
        )

    assert run(world, 1, "ping", "-c", "1", "192.0.2.7")[0] == 1
    switching.attach_uplink("XCATVSW1", outside)
    assert run(world, 1, "ping", "-c", "1", "192.0.2.7")[0] == 0


def test_a_guest_without_a_way_says_so(world: World) -> None:
    start(world, 1, ip="")
    assert run(world, 1, "ping", "-c", "1", "10.1.0.2") == (2, "ping: connect: Network is unreachable\n")
    assert run(world, 1, "ping", "nowhere.example")[0] == run(world, 1, "ping")[0] == 2


def serve(world: World, number: int, *more: str) -> tuple[int, str]:
    range_ = "--dhcp-range=10.1.0.100,10.1.0.101"
    return run(world, number, "dnsmasq", "--interface=enc1000", range_, *more)


def test_a_guest_gets_a_lease_of_a_server_on_its_segment(world: World) -> None:
    start(world, 1)
    assert serve(world, 1, "--dhcp-option=option:router,10.1.0.1") == (0, "")
    start(world, 2, ip="")
    [card] = linux(world, 2).interfaces(world.system.network.adapters("LINUX02"))
    assert (card.addresses, card.gateways) == (["10.1.0.100/24"], ["10.1.0.1"])
    assert "ci-info: enc1000 02:00:06:00:aa:02 10.1.0.100/24" in machine(world, "LINUX02").console.lines
    assert run(world, 2, "ping", "-c", "1", "10.1.0.1")[0] == 0
    world.system.guests.force("LINUX02")
    world.system.commit()
    world.kill()
    world.system.guests.logon("LINUX02")  # it asks again, and gets the same
    [card] = linux(world, 2).interfaces(world.system.network.adapters("LINUX02"))
    assert card.addresses == ["10.1.0.100/24"]


def test_no_lease_from_another_vlan_nor_from_an_empty_range(world: World) -> None:
    start(world, 1)
    serve(world, 1)
    start(world, 2, vlan=200, ip="")
    assert linux(world, 2).configured == {}
    assert "cloud-init: 02:00:06:00:aa:02 asks by DHCP: no answer" in machine(world, "LINUX02").console.lines
    for number in (3, 4, 5):
        start(world, number, ip="")
    assert [len(linux(world, number).configured) for number in (3, 4, 5)] == [1, 1, 0]


def test_a_lease_that_comes_late_by_the_uplink_is_taken(world: World) -> None:
    asked: list[tuple[Frame, dhcp.Message]] = []

    def outside(data: bytes) -> None:
        frame = Frame.decode(data)
        datagram = packets.Udp.decode(packets.Ipv4.decode(frame.payload).payload)
        asked.append((frame, dhcp.Message.decode(datagram.payload)))

    world.system.switching.attach_uplink("XCATVSW1", outside)
    start(world, 1, ip="")
    state: dict[str, Any] = {"first": "10.9.0.5", "last": "10.9.0.5", "router": "10.9.0.1", "leases": {}}
    server = packets.IPv4Address("10.9.0.1")
    while asked:
        frame, message = asked.pop()
        answer = dhcp.answer(dhcp.IPv4Interface("10.9.0.1/24"), state, message)
        assert answer is not None
        datagram = packets.Udp(dhcp.SERVER_PORT, dhcp.CLIENT_PORT, answer.encode()).encode()
        packet = packets.Ipv4(server, packets.IPv4Address("255.255.255.255"), packets.UDP, datagram).encode()
        reply = Frame(BROADCAST, ROUTER, IPV4, packet, frame.vlan).encode()
        world.system.switching.arrive("XCATVSW1", reply)
    assert linux(world, 1).configured == {"02:00:06:00:aa:01": ["10.9.0.5/24"]}
    assert any("DHCPv4 address 10.9.0.5/24 via 10.9.0.1" in line for line in machine(world).console.lines)


def test_a_server_keeps_its_own_address_and_a_mask_that_is_none_is_no_lease() -> None:
    state: dict[str, Any] = {"first": "10.9.0.1", "last": "10.9.0.2", "router": "", "leases": {}}
    offer = dhcp.answer(dhcp.IPv4Interface("10.9.0.1/24"), state, dhcp.discover(1, ROUTER))
    assert offer is not None
    assert str(dhcp.lease(offer)[0]) == "10.9.0.2/24"
    wrong = replace(offer, options={**offer.options, dhcp.MASK: bytes((255, 0, 255, 0))})
    with pytest.raises(dhcp.DhcpError, match=r"255\.0\.255\.0"):
        dhcp.lease(wrong)


@pytest.mark.parametrize("payload", [b"", bytes(20), b"\x45" + bytes(30), bytes(240)])
def test_damaged_packets_harm_nobody(world: World, payload: bytes) -> None:
    start(world, 1)
    start(world, 2)
    mac = bytes.fromhex("02000600AA01")
    for ethertype in (0x0806, IPV4):
        world.system.switching.send("LINUX02", "1000", Frame(mac, ROUTER, ethertype, payload).encode())
    assert run(world, 2, "ping", "-c", "1", "10.1.0.1")[0] == 0
