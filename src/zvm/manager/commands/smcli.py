# SPDX-License-Identifier: Apache-2.0
"""``--smcli``: the command lines of zHCP's old tool, parsed and mapped to calls. Nothing of them is run."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zvm.directory import parse_entry
from zvm.manager import guests
from zvm.manager.errors import Invalid, NotSupported, Refused

#: What a switch may be followed by, and what it means.
Flags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SmapiCall:
    """The call that a line stands for; ``sentence`` is what the tool prints before ``... Done``."""

    function: str
    target: str
    parameters: dict[str, Any]
    sentence: str


@dataclass(frozen=True, slots=True)
class _Function:
    """How one function's line is read.

    :ivar flags: switch → parameter; a parameter named ``definitions`` collects each use of its switch, one
        named ``*`` takes ``name=value``.
    :ivar own: parameters that must name the very guest.
    """

    sentence: str
    flags: Flags
    own: Sequence[str] = ()
    target_is_guest: bool = True


_FUNCTIONS: dict[str, _Function] = {
    "Image_Definition_Update_DM": _Function(
        "Updating {} virtual machine directory entry", {"-k": "definitions"}
    ),
    "Image_Definition_Delete_DM": _Function(
        "Updating {} virtual machine directory entry", {"-k": "definitions"}
    ),
    "Image_Query_DM": _Function("Getting the directory entry of {}", {}),
    "Image_Lock_DM": _Function("Locking {}", {"-v": "device_address"}),
    "Image_Unlock_DM": _Function("Unlocking {}", {"-v": "device_address"}),
    "Image_Lock_Query_DM": _Function("Querying the locks of {}", {}),
    "Query_API_Functional_Level": _Function("Querying the level of SMAPI", {}, target_is_guest=False),
    "Virtual_Network_Vswitch_Set_Extended": _Function(
        "Changing the virtual switch",
        {"-k": "*"},
        own=("grant_userid", "revoke_userid"),
        target_is_guest=False,
    ),
}


def parse(words: Sequence[str], userid: str = "") -> SmapiCall:
    """Return the call that ``words`` (the name of the function, then switches) stand for.

    :param userid: the guest that the line is for: it replaces ``%userid%``, and no other guest may be named.
        "" where none is: for a z/VM system.
    :raises Invalid: the line breaks the grammar.
    :raises NotSupported: the function is not among those that are mapped.
    :raises Refused: the line is about another guest.
    """
    line = " ".join(words).replace("%userid%", userid)
    try:
        parts = shlex.split(line)
    except ValueError as problem:
        raise Invalid(f"--smcli: {problem}") from problem
    if not parts:
        raise Invalid("--smcli needs the name of a function")
    name, *rest = parts
    function = _FUNCTIONS.get(name)
    if function is None:
        raise NotSupported(f"--smcli {name} is not supported; known are {', '.join(sorted(_FUNCTIONS))}")
    target = ""
    parameters: dict[str, Any] = {}
    while rest:
        switch = rest.pop(0)
        if not rest:
            raise Invalid(f"--smcli: {switch} needs a value")
        value = rest.pop(0)
        parameter = function.flags.get(switch)
        if switch == "-T":
            target = value.upper()
        elif parameter == "definitions":
            parameters.setdefault("definitions", []).append(value)
        elif parameter == "*":
            key, equals, operand = value.partition("=")
            if not equals:
                raise Invalid(f"--smcli: '{value}' is no name=value")
            parameters[key] = operand.strip("'")
        elif parameter:
            parameters[parameter] = value
        else:
            raise Invalid(
                f"--smcli {name}: {switch} is not supported; known are -T {' '.join(function.flags)}"
            )
    if not target:
        raise Invalid("--smcli: -T and a userid are missing")
    if userid:
        named = [target] if function.target_is_guest else []
        named += [str(parameters[key]).upper() for key in function.own if key in parameters]
        if other := [item for item in named if item != userid]:
            raise Refused(f"--smcli {name} is about {other[0]}, not about {userid}")
    return SmapiCall(name, target, parameters, function.sentence.format(target))


def answer(call: SmapiCall, rs: int, reply: Mapping[str, Any]) -> list[str]:
    """Return the lines that the tool would print after success."""
    show = _ANSWERS.get(call.function)
    return show(rs, reply) if show else [f"{call.sentence}... Done"]


def _entry(_: int, reply: Mapping[str, Any]) -> list[str]:
    return guests.masked(parse_entry(reply["image_record_array"])).records()


def _locks(rs: int, reply: Mapping[str, Any]) -> list[str]:
    if rs == 24:
        return ["is Unlocked..."]
    return [reply["lockedTypeImageLockedBy"], *(f"Device address: {item}" for item in reply["lockedDevList"])]


def _level(rs: int, _: Mapping[str, Any]) -> list[str]:
    return [f"The API functional level is z/VM V{rs // 100}.{rs // 10 % 10}"]


_ANSWERS: dict[str, Callable[[int, Mapping[str, Any]], list[str]]] = {
    "Image_Query_DM": _entry,
    "Image_Lock_Query_DM": _locks,
    "Query_API_Functional_Level": _level,
}
