# SPDX-License-Identifier: Apache-2.0
"""The interfaces of z/VM's own TCP/IP stacks, as IFCONFIG defines and shows them."""

from __future__ import annotations

from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_SETTINGS = (
    "primary_ipv4", "primary_ipv6", "interface", "cpu", "transport_type", "mtu", "noforward", "pathmtu",
    "p2p", "port_name", "port_number", "vlan",
)  # fmt: skip
_NO_STACK, _FAILED = (4, 4), (8, 12)


def _stack(call: Call) -> dict[str, dict[str, str]]:
    """Return the interfaces of the stack that was asked for; it is a guest that is logged on."""
    stack = call.text("tcpip_stack")
    if call.system.guests.get(stack) is None:
        raise Refused(*_NO_STACK)
    return call.system.smapi_files.interfaces.setdefault(stack, {})


def _existing(call: Call) -> dict[str, str]:
    found = _stack(call).get(call.text("interface_id"))
    if found is None:
        raise Refused(*_FAILED, f"DTCIFC2612E Unknown interface: {call.text('interface_id')}")
    return found


@serves("Network_IP_Interface_Create")
def interface_create(call: Call) -> Reply:
    stack, name = _stack(call), call.text("interface_id")
    if name in stack:
        raise Refused(*_FAILED, f"DTCIFC2613E Interface {name} is already defined")
    stack[name] = {key: value for key in _SETTINGS if (value := call.text(key))}
    return done()


@serves("Network_IP_Interface_Modify")
def interface_modify(call: Call) -> Reply:
    interface = _existing(call)
    if call.text("delete_ip") and interface.get("primary_ipv4") == call.text("delete_ip"):
        del interface["primary_ipv4"]
    for parameter, setting in (("add_ip", "primary_ipv4"), ("change_mtu", "mtu"), ("change_p2p", "p2p")):
        if value := call.text(parameter):
            interface[setting] = value
    if mask := call.text("change_mask"):
        interface["mask"] = mask
    return done()


@serves("Network_IP_Interface_Remove")
def interface_remove(call: Call) -> Reply:
    _existing(call)
    del _stack(call)[call.text("interface_id")]
    return done()


@serves("Network_IP_Interface_Query")
def interface_query(call: Call) -> Reply:
    """Tell name and settings of one interface, or of all with ``interface_all=YES``."""
    if call.text("interface_id"):
        found = {call.text("interface_id"): _existing(call)}
    else:
        found = _stack(call)
    if not found:
        raise Refused(4, 3022)
    lines = [
        " ".join([name, *(f"{key.upper()}={value}" for key, value in item.items())])
        for name, item in sorted(found.items())
    ]
    return done(interfaceConfigArray=lines)


@serves("IPaddr_Get")
def ipaddr_get(call: Call) -> Reply:
    """Tell the addresses of all stacks."""
    addresses = [
        interface["primary_ipv4"].partition("/")[0]
        for stack in call.system.smapi_files.interfaces.values()
        for interface in stack.values()
        if interface.get("primary_ipv4")
    ]
    return done(ipList=addresses)
