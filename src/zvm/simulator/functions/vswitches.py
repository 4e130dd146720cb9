# SPDX-License-Identifier: Apache-2.0
"""Virtual switches: define, change, grant, query."""

from __future__ import annotations

from typing import Any, TypeVar

from zvm.directory import names
from zvm.simulator.functions.adapters import asked
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.vswitch import Adapter, Grant, Traffic, Vswitch
from zvm.smapi.frames import Reply

T = TypeVar("T")

_ETHERNET, _TRUNK, _NOT_CONNECTED, _PRIROUTER = 2, 2, 2, 2
_GVRP, _NO_GVRP = 1, 2
#: Longest userid of a controller and name of an OSA port.
_USERID, _PORT_NAME = 8, 26
#: switchStatus: an OSA is ready, the switch is only defined, it has devices but no controller for them.
_READY, _DEFINED, _DISCONNECTED = 8, 1, 3
_IN_CONFIG = (2, 3)
_LAST_VLAN = 4094
#: Megabytes of queue memory, minutes of IP timeout (CP Commands, SET VSWITCH).
_MOST_QUEUE, _LONGEST_TIMEOUT = 8, 240
#: Operands of Set_Extended, by word and by number.
_SWITCHED = {"YES": True, "ON": True, "1": True, "NO": False, "OFF": False, "0": False, "2": False}
_CONNECTION = {"CONNECT": True, "1": True, "DISCONNECT": False, "DISCON": False, "2": False}
_ROUTING = {"NONROUTER": "NONROUTER", "1": "NONROUTER", "PRIROUTER": "PRIROUTER", "2": "PRIROUTER"}
_GVRP_WORDS = {"GVRP": True, "1": True, "NOGVRP": False, "2": False}
_PROTECTION = {"ON": "ON", "OFF": "OFF", "UNSPECIFIED": "UNSPECIFIED"}
_PORT_TYPES = {"ACCESS": "ACCESS", "1": "ACCESS", "TRUNK": "TRUNK", "2": "TRUNK", "0": "ACCESS"}
#: Keywords of Set_Extended that this switch has no use for; given, they are refused rather than ignored.
_UNSUPPORTED = (
    "uplink",
    "nic_userid",
    "nic_vdev",
    "lacp",
    "interval",
    "group_rdev",
    "nic_portselection",
    "portnum",
    "portnum_modify",
    "portnum_remove",
    "vlan_port_add",
    "vlan_port_remove",
    "vlan_delete",
)


def _found(call: Call, name: str) -> Vswitch:
    return asked(lambda: call.system.network.vswitch(name), no_lan=(212, 40))


@serves("Virtual_Network_Vswitch_Create")
def vswitch_create(call: Call) -> Reply:
    vlan = max(call["vlan"], 0)
    _add(
        call,
        Vswitch(
            checked(names.vswitch, call.text("switch"), Refused(24, 118)),
            "ETHERNET" if call["transport"] == _ETHERNET else "IP",
            vlan > 0,
            vlan,
            (max(call["native_vlan"], 0) or 1) if vlan else 0,
            "TRUNK" if call["port_type"] == _TRUNK else "ACCESS",
            rdevs=_rdevs(call.text("rdevs")),
            controller=call.text("controller") or "*",
            portname=call.text("portname"),
            connected=call["connection"] != _NOT_CONNECTED,
            queue=call["queue_mem"] if call["queue_mem"] > 0 else 8,
            router="PRIROUTER" if call["router"] == _PRIROUTER else "NONROUTER",
            gvrp=call["gvrp"] == _GVRP,
            persist=call["update"] in _IN_CONFIG,
        ),
    )
    return done()


@serves("Virtual_Network_Vswitch_Create_Extended")
def vswitch_create_extended(call: Call) -> Reply:
    vlan = _vlan(call.text("vlan_id")) if call.text("vlan_id") not in ("", "UNAWARE") else 0
    based = call.text("port_selection") or "USERBASED"
    _add(
        call,
        Vswitch(
            checked(names.vswitch, call.text("switch_name"), Refused(8, 3003)),
            "ETHERNET" if call.text("transport_type") in ("2", "ETHERNET") else "IP",
            vlan > 0,
            vlan,
            (_vlan(call.text("native_vlanid") or "1")) if vlan else 0,
            "TRUNK" if call.text("port_type") in ("2", "TRUNK") else "ACCESS",
            "PORTBASED" if based.startswith("PORT") else "USERBASED",
            rdevs=_rdevs(call.text("real_device_address")),
            controller=_operand(call, "controller_name", _USERID) or "*",
            portname=_operand(call, "port_name", _PORT_NAME),
            connected=not call.text("connection_value").startswith(("2", "DISC")),
            persist=call.text("persist") == "YES",
        ),
    )
    return done()


def _add(call: Call, switch: Vswitch) -> None:
    asked(lambda: call.system.network.create_vswitch(switch), lan_exists=(212, 36))


def _rdevs(text: str) -> list[str]:
    return [checked(names.vdev, item, Refused(24, 215)) for item in text.split() if item != "NONE"]


def _operand(call: Call, name: str, longest: int) -> str:
    """Return a keyword's operand, which queries are to carry later."""
    text = call.text(name)
    if len(text) > longest or not text.isascii():
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={text}")
    return text


def _vlan(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _LAST_VLAN:
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={text}")
    return int(text)


def _vlans(text: str) -> range:
    """Return the VLANs of ``n`` or ``n-m``."""
    first, _, last = text.partition("-")
    found = range(_vlan(first), _vlan(last or first) + 1)
    if not found:
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={text}")
    return found


@serves("Virtual_Network_Vswitch_Delete")
def vswitch_delete(call: Call) -> Reply:
    asked(lambda: call.system.network.delete_vswitch(call.text("switch")), no_lan=(212, 40))
    return done()


@serves("Virtual_Network_Vswitch_Delete_Extended")
def vswitch_delete_extended(call: Call) -> Reply:
    asked(lambda: call.system.network.delete_vswitch(call.text("switch_name")), no_lan=(212, 40))
    return done()


@serves("Virtual_Network_Vswitch_Set")
def vswitch_set(call: Call) -> Reply:
    switch = _found(call, call.text("switch"))
    if call.text("grant_userid"):
        _grant(call, switch, call.text("grant_userid"), call.text("user_vlan"), call["update"] in _IN_CONFIG)
    if call.text("revoke_userid"):
        persist = call["update"] in _IN_CONFIG
        call.system.network.revoke(switch.name, call.text("revoke_userid"), persist=persist)
    if call.text("rdevs"):
        switch.rdevs = _rdevs(call.text("rdevs"))
    if call.text("controller"):
        switch.controller = call.text("controller")
    if call["connection"]:
        switch.connected = call["connection"] != _NOT_CONNECTED
    if call["queue_mem"] > 0:
        switch.queue = call["queue_mem"]
    if call["port_type"]:
        switch.port_type = "TRUNK" if call["port_type"] == _TRUNK else "ACCESS"
    return done()


@serves("Virtual_Network_Vswitch_Set_Extended")
def vswitch_set_extended(call: Call) -> Reply:
    switch = _found(call, call.text("switch_name"))
    unsupported = [name for name in _UNSUPPORTED if call.text(name)]
    if unsupported:
        raise Refused(8, 3002, f"UNKNOWN_PARAMETER_KEYWORD={unsupported[0]}")
    if call.text("grant_userid") and call.text("revoke_userid"):
        raise Refused(8, 24)
    persist = call.text("persist") == "YES"
    if call.text("grant_userid"):
        _grant(call, switch, call.text("grant_userid"), call.text("user_vlan_id"), persist)
    if call.text("revoke_userid"):
        call.system.network.revoke(switch.name, call.text("revoke_userid"), persist=persist)
    if call.text("real_device_address"):
        switch.rdevs = _rdevs(call.text("real_device_address").replace(",", " "))
    if call.text("controller_name"):
        switch.controller = _operand(call, "controller_name", _USERID)
    if call.text("port_name"):
        switch.portname = _operand(call, "port_name", _PORT_NAME)
    switch.connected = _word(call, "connection_value", _CONNECTION, switch.connected)
    if queue := call.text("queue_memory_limit"):
        switch.queue = _number(queue, _MOST_QUEUE)
    switch.router = _word(call, "routing_value", _ROUTING, switch.router)
    if timeout := call.text("iptimeout"):
        switch.ip_timeout = _number(timeout, _LONGEST_TIMEOUT)
    switch.isolation = _word(call, "port_isolation", _SWITCHED, switch.isolation)
    switch.gvrp = _word(call, "gvrp_value", _GVRP_WORDS, switch.gvrp)
    switch.mac_protect = _word(call, "MAC_protect", _PROTECTION, switch.mac_protect)
    switch.counters = _word(call, "VLAN_counters", _SWITCHED, switch.counters)
    if macid := call.text("mac_id"):
        fault = Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={macid}")
        switch.mac = call.system.config.network.mac_prefix + checked(names.macid, macid, fault)
    port_type = _word(call, "port_type", _PORT_TYPES, switch.port_type)
    if not call.text("grant_userid"):
        switch.port_type = port_type
    return done()


def _word(call: Call, name: str, words: dict[str, T], unchanged: T) -> T:
    """Return what a keyword's operand stands for.

    Raises:
        Refused: 8/3003, it is none of the ``words``.
    """
    text = call.text(name)
    if text and text not in words:
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={text}")
    return words.get(text, unchanged)


def _number(text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={text}")
    return int(text)


def _grant(call: Call, switch: Vswitch, userid: str, vlans: str, persist: bool) -> None:
    """Authorise a user; the same grant once more is refused with 212/44."""
    userid = checked(names.userid, userid, Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={userid}"))
    wanted = sorted({vlan for item in vlans.replace(",", " ").split() for vlan in _vlans(item)})
    if wanted and not switch.vlan_aware:
        raise Refused(212, 48)
    port_type = _word(call, "port_type", _PORT_TYPES, switch.port_type)
    promiscuous = _word(call, "promiscuous", _SWITCHED, False)
    grant = Grant(userid, wanted, port_type, promiscuous, _word(call, "osd_sim", _SWITCHED, False), persist)
    if switch.grants.get(userid) == grant:
        raise Refused(212, 44)
    call.system.network.grant(switch.name, grant)


def _asked_switches(call: Call) -> list[Vswitch]:
    name = call.text("switch_name")
    if name == "*":
        return list(call.system.network.vswitches.values())
    return [_found(call, name)]


def _status(switch: Vswitch) -> int:
    if switch.ready:
        return _READY
    return _DISCONNECTED if switch.rdevs else _DEFINED


@serves("Virtual_Network_Vswitch_Query")
def vswitch_query(call: Call) -> Reply:
    return done(vswitchList=[_structure(call, switch) for switch in _asked_switches(call)])


def _structure(call: Call, switch: Vswitch) -> dict[str, Any]:
    network = call.system.network
    return {
        "vswitchName": switch.name,
        "transportType": 2 if switch.transport == "ETHERNET" else 1,
        "portType": (2 if switch.port_type == "TRUNK" else 1) if switch.vlan_aware else 0,
        "queueMemoryLimit": switch.queue,
        "routingValue": 2 if switch.router == "PRIROUTER" else 1,
        "vlanId": switch.vlan,
        "nativeVlanId": switch.native_vlan,
        "macId": int(switch.mac, 16),
        "gvrpRequestAttribute": _GVRP if switch.gvrp else _NO_GVRP,
        "gvrpEnabledAttribute": _GVRP if switch.gvrp else _NO_GVRP,
        "switchStatus": _status(switch),
        "realDeviceList": [
            {
                "realDeviceAddress": int(rdev, 16),
                "controllerName": switch.controller,
                "portName": switch.portname,
                "deviceStatus": 1 if switch.ready else 0,
                "deviceErrorStatus": 0,
            }
            for rdev in switch.rdevs
        ],
        "authorizedUserList": [
            {"grantUserid": userid, "vlanList": list(grant.vlans)}
            for userid, grant in sorted(network.authorised_users(switch.name).items())
        ],
        "connectedAdapterList": [
            {"adapterOwner": adapter.owner, "imageDeviceNumber": adapter.vdev}
            for adapter in network.connected(switch.owner, switch.name)
        ],
    }


@serves("Virtual_Network_Vswitch_Query_Extended")
def vswitch_query_extended(call: Call) -> Reply:
    return done(vswitchList=[_lines(call, switch) for switch in _asked_switches(call)])


def _lines(call: Call, switch: Vswitch) -> dict[str, Any]:
    """Return the lines of a switch as real systems send them (23 words of attributes first)."""
    network = call.system.network
    gvrp = "GVRP" if switch.gvrp else "NOGVRP"
    attributes = (
        switch.name,
        switch.transport,
        switch.port_type if switch.vlan_aware else "NONE",
        str(switch.queue),
        switch.router,
        "AWARE" if switch.vlan_aware else "UNAWARE",
        f"{switch.vlan:04}",
        f"{switch.native_vlan:04}",
        _dashed(switch.mac),
        gvrp,
        gvrp,
        str(_status(switch)),
        "LAG:",
        "0",
        "(NOGRP)",
        str(switch.ip_timeout),
        "QDIO",
        "ISOLATION" if switch.isolation else "NOISOLATION",
        switch.mac_protect,
        switch.based,
        "ON" if switch.counters else "OFF",
        "OFF",
        "(NONE)",
    )
    return {
        "vswitchAttributes": " ".join(attributes),
        "realDevices": [
            f"{rdev} {rdev} {switch.controller} {switch.portname or '(NONE)'} {1 if switch.ready else 0} 0"
            for rdev in switch.rdevs
        ],
        "authorizedUsers": [
            _user_line(switch, port, grant)
            for port, (_, grant) in enumerate(sorted(network.authorised_users(switch.name).items()))
        ],
        "adapters": [_adapter_line(adapter) for adapter in network.connected(switch.owner, switch.name)],
        "uplinkNic": [],
        "globalMembers": [],
    }


def _user_line(switch: Vswitch, port: int, grant: Grant) -> str:
    """Return ``port userid NOPROM NOOSDSIM n vlan ...``; a switch that knows VLANs always sends one."""
    vlans = grant.vlans or ([switch.vlan] if switch.vlan_aware else [])
    words = [
        str(port),
        grant.userid,
        "PROM" if grant.promiscuous else "NOPROM",
        "OSDSIM" if grant.osd_sim else "NOOSDSIM",
        str(len(vlans)),
        *(f"{vlan:04}" for vlan in vlans),
    ]
    return " ".join(words)


def _adapter_line(adapter: Adapter) -> str:
    return f"{adapter.owner} {adapter.vdev} {_dashed(adapter.mac)} {adapter.type}"


def _dashed(mac: str) -> str:
    return "-".join(mac[at : at + 2] for at in range(0, 12, 2))


@serves("Virtual_Network_Vswitch_Query_IUO_Stats", "Virtual_Network_Vswitch_Query_Byte_Stats")
def vswitch_query_byte_stats(call: Call) -> Reply:
    """What uplinks, cards and VLANs have carried; only the first real device of a switch carries anything."""
    network = call.system.network
    switches = _asked_switches(call)
    lines = [str(len(switches))]
    for switch in switches:
        adapters = network.connected(switch.owner, switch.name)
        vlans = sorted({vlan for adapter in adapters for vlan in adapter.vlans})
        lines += [switch.name, str(len(switch.rdevs))]
        lines += [
            f"{rdev} {_counted(Traffic() if at else switch.uplink)}" for at, rdev in enumerate(switch.rdevs)
        ]
        lines += [_counted(Traffic()), str(len(adapters))]  # no bridge port
        lines += [f"{adapter.owner} {adapter.vdev} {_counted(adapter.traffic)}" for adapter in adapters]
        lines.append(str(len(vlans)))
        for vlan in vlans:
            received = sum(adapter.traffic.received.octets[vlan] for adapter in adapters)
            sent = sum(adapter.traffic.sent.octets[vlan] for adapter in adapters)
            lines.append(f"{vlan} {received} {sent}")
    return done(statistics=lines)


def _counted(traffic: Traffic) -> str:
    """Return frames received, discarded and in error, frames sent likewise, octets received and sent."""
    flows = traffic.received, traffic.sent
    frames = " ".join(f"{flow.frames.total()} {flow.discarded.total()} 0" for flow in flows)
    return f"{frames} {flows[0].octets.total()} {flows[1].octets.total()}"
