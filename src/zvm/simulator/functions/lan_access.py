# SPDX-License-Identifier: Apache-2.0
"""Who may use a guest LAN, and the two queries that only the C clients know."""

from __future__ import annotations

from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_NO_LAN = (8, 2783)


def _key(call: Call) -> str:
    owner, name = call.text("lan_owner"), call.text("lan_name")
    if (owner, name) not in call.system.network.lans:
        raise Refused(*_NO_LAN)
    return f"{owner} {name}"


@serves("Virtual_Network_LAN_Access")
def lan_access(call: Call) -> Reply:
    """Give a user the right to a LAN (``access_op=GRANT``), or take it away (``REVOKE``)."""
    users = call.system.smapi_files.lan_access.setdefault(_key(call), {})
    user, what = call.text("access_user"), call.text("access_op")
    if not user:
        raise Refused(8, 4)
    if what == "GRANT":
        users[user] = "PROMISCUOUS" if call.text("promiscuity").startswith("P") else "NOPROMISCUOUS"
    elif what == "REVOKE":
        if users.pop(user, None) is None:
            raise Refused(8, 2795)
    else:
        raise Refused(8, 3)
    return done()


@serves("Virtual_Network_LAN_Access_Query")
def lan_access_query(call: Call) -> Reply:
    users = call.system.smapi_files.lan_access.get(_key(call), {})
    if not users:
        raise Refused(4, 5)
    return done(lanAccessList=[f"{user} {how}" for user, how in sorted(users.items())])


@serves("Virtual_Network_Query_LAN")
def query_lan(call: Call) -> Reply:
    """Tell name, owner and type of every guest LAN and switch."""
    network = call.system.network
    lines = [f"{lan.name} {lan.owner} {lan.type} {lan.transport}" for lan in network.lans.values()]
    lines += [f"{switch.name} SYSTEM VSWITCH {switch.transport}" for switch in network.vswitches.values()]
    return done(lanList=sorted(lines))


@serves("Virtual_Network_Query_OSA")
def query_osa(call: Call) -> Reply:
    lines = [
        f"{rdev} ATTACHED{switch.controller} OSA {rdev[:2]} NO"
        for switch in call.system.network.vswitches.values()
        for rdev in switch.rdevs
    ]
    return done(osaList=sorted(lines))
