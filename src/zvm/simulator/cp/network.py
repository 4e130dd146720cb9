# SPDX-License-Identifier: Apache-2.0
"""SET VSWITCH: who may connect to a virtual switch."""

from __future__ import annotations

from zvm.simulator.cp.command import Context, abbreviates, lines
from zvm.simulator.cp.settings import setting
from zvm.simulator.cp_error import CpError
from zvm.simulator.vswitch import Grant

_LAST_VLAN = 4094


@setting(
    "VSWITCH",
    "VSWITCH name GRANT userid [PORTTYPE ACCESS|TRUNK] [VLAN n ...] [PROmiscuous] | REVOKE userid"
    " | ISOLation ON|OFF | CONNECT | DISCONNECT | RDEV rdev ...|NONE | IPTIMEOUT n | CONTRoller userid|*",
    "B",
)
def set_vswitch(context: Context) -> str:
    """Change a virtual switch, and who may connect to it."""
    context.module = "SWU"
    name, action = context.word(0), context.word(1)
    switch = context.system.network.vswitch(name)
    if action == "GRANT":
        context.system.network.grant(name, _grant(context, switch.port_type))
    elif action == "REVOKE":
        userid = context.userid(2)
        if not context.system.network.revoke(name, userid):
            raise CpError("SWU", 2846, f"User {userid} is not authorized for VSWITCH SYSTEM {name}")
    elif abbreviates("ISOLation", action):
        switch.isolation = _on_or_off(context, 2)
    elif abbreviates("CONNect", action) or abbreviates("DISCONnect", action):
        switch.connected = abbreviates("CONNect", action)
    elif action == "RDEV":
        none = abbreviates("NONe", context.word(2))
        switch.rdevs = [] if none else [context.vdev(at) for at in range(2, len(context.words))]
    elif abbreviates("IPTIMEout", action):
        if not context.word(2).isdigit():
            raise CpError("SWU", 26, "Operand missing or invalid")
        switch.ip_timeout = int(context.word(2))
    elif abbreviates("CONTRoller", action):
        switch.controller = "*" if context.word(2) == "*" else context.userid(2)
    else:
        raise CpError("SWU", 3, f"Invalid option - {action}")
    return lines("Command complete")


def _on_or_off(context: Context, at: int) -> bool:
    word = context.word(at)
    if word not in ("ON", "OFF"):
        raise CpError(context.module, 3, f"Invalid option - {word}")
    return word == "ON"


def _grant(context: Context, port_type: str) -> Grant:
    grant = Grant(context.userid(2), port_type=port_type)
    words = context.words[3:]
    while words:
        word = words.pop(0)
        if abbreviates("PORTTYPE", word) and words[:1] in (["ACCESS"], ["TRUNK"]):
            grant.port_type = words.pop(0)
        elif abbreviates("PROmiscuous", word):
            grant.promiscuous = True
        elif word == "VLAN" and words:
            while words and words[0].isdigit():
                number = int(words.pop(0))
                if not 1 <= number <= _LAST_VLAN:
                    raise CpError("SWU", 2812, f"VLAN {number} is not valid")
                grant.vlans.append(number)
        else:
            raise CpError("SWU", 3, f"Invalid option - {word}")
    return grant
