# SPDX-License-Identifier: Apache-2.0
"""SET VSWITCH: who may connect to a virtual switch."""

from __future__ import annotations

from zvm.simulator.cp.command import Context, abbreviates, command, lines
from zvm.simulator.cp_error import CpError
from zvm.simulator.vswitch import Grant

_LAST_VLAN = 4094
_IGNORED = ("RUN", "VCONFIG", "SVC76", "VMRELOCATE", "MSG", "IMSG", "EMSG")


@command(
    "SET",
    "SET VSWITCH name GRANT userid [PORTTYPE ACCESS|TRUNK] [VLAN n ...] | REVOKE userid | ISOLation ON|OFF",
    "SWU",
    "BG",
)
def set_command(context: Context) -> str:
    """Change a setting. What a guest sets for itself without effect here (RUN, VCONFIG ...) is accepted."""
    word = context.word(0)
    if word in _IGNORED:
        return ""
    if word != "VSWITCH" or not context.has_class("B"):
        raise CpError("SET", 3, f"Invalid option - {word}")
    name, action = context.word(1), context.word(2)
    switch = context.system.network.vswitch(name)
    if action == "GRANT":
        context.system.network.grant(name, _grant(context))
    elif action == "REVOKE":
        userid = context.userid(3)
        if not context.system.network.revoke(name, userid):
            raise CpError("SWU", 2846, f"User {userid} is not authorized for VSWITCH SYSTEM {name}")
    elif abbreviates("ISOLation", action):
        switch.isolation = context.word(3) == "ON"
    else:
        raise CpError("SWU", 3, f"Invalid option - {action}")
    return lines("Command complete")


def _grant(context: Context) -> Grant:
    grant = Grant(context.userid(3))
    words = context.words[4:]
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
