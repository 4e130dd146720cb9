# SPDX-License-Identifier: Apache-2.0
"""Guest LANs and OSA devices."""

from __future__ import annotations

from zvm.directory import names
from zvm.simulator.functions.adapters import asked
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.vswitch import Lan
from zvm.smapi.frames import Reply

_QDIO = 2
#: lan_type of Virtual_Network_LAN_Create: unrestricted and restricted HiperSockets, the same of QDIO.
_CREATED = {1: "HIPERS", 2: "QDIO", 3: "HIPERS", 4: "QDIO"}


@serves("Virtual_Network_LAN_Create")
def lan_create(call: Call) -> Reply:
    name = checked(names.vswitch, call.text("lan_name"), Refused(24, 118))
    owner = checked(names.userid, call.text("lan_owner"), Refused(24, 218))
    transport = "ETHERNET" if call["transport_type"] == 2 else "IP"
    lan = Lan(name, owner, _CREATED[call["lan_type"]], transport, restricted=call["lan_type"] > _QDIO)
    asked(lambda: call.system.network.create_lan(lan), lan_exists=(212, 24))
    return done()


@serves("Virtual_Network_LAN_Delete")
def lan_delete(call: Call) -> Reply:
    owner, name = call.text("lan_owner"), call.text("lan_name")
    asked(lambda: call.system.network.delete_lan(owner, name))
    return done()


@serves("Virtual_Network_LAN_Query")
def lan_query(call: Call) -> Reply:
    """Describe guest LANs; ``*`` stands for any name or owner."""
    owner, name = call.text("lan_owner"), call.text("lan_name")
    network = call.system.network
    found = [lan for lan in network.lans.values() if owner in ("*", lan.owner) and name in ("*", lan.name)]
    if not found:
        unknown = owner not in ("*", "SYSTEM") and call.system.directory.find(owner) is None
        raise Refused(212, 16 if unknown else 12)
    return done(
        lanList=[
            {
                "lanName": lan.name,
                "lanOwner": lan.owner,
                "lanType": 1 if lan.type == "HIPERS" else _QDIO,
                "connectedAdapterList": [
                    {"adapterOwner": adapter.owner, "imageDeviceNumber": adapter.vdev}
                    for adapter in network.connected(lan.owner, lan.name)
                ],
            }
            for lan in found
        ]
    )


@serves("Virtual_Network_OSA_Query")
def osa_query(call: Call) -> Reply:
    lines = [
        f"{rdev} ATTACHED{switch.controller} OSA {rdev[:2]} NO"
        for switch in call.system.network.vswitches.values()
        for rdev in switch.rdevs
    ]
    if not lines:
        raise Refused(4, 4)
    return done(osaList=sorted(lines))
