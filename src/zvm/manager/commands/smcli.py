# SPDX-License-Identifier: Apache-2.0
"""``smcli``: the command lines of zHCP's old tool, parsed and mapped to calls. Nothing of them is run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zvm.manager.commands.smcli_answers import ANSWERS
from zvm.manager.commands.smcli_functions import FUNCTIONS, Function
from zvm.manager.errors import Invalid, NotSupported, Refused


@dataclass(frozen=True, slots=True)
class SmapiCall:
    """The call that a line stands for.

    :ivar sentence: what the tool prints before ``... Done``.
    :ivar guests: the userids that the line would change.
    """

    function: str
    target: str
    parameters: dict[str, Any]
    sentence: str
    guests: tuple[str, ...] = ()

    @property
    def of_system(self) -> bool:
        """Whether the function is about the z/VM system and not about one guest."""
        return not FUNCTIONS[self.function].target_is_guest


def parse(words: Sequence[str], userid: str = "") -> SmapiCall:
    """Return the call that ``words`` (the name of the function, then switches) stand for.

    :param userid: the guest that the line is for: it replaces ``%userid%``, and no other guest may be named.
        "" where none is: for a z/VM system.
    :raises Invalid: the line breaks the grammar.
    :raises NotSupported: the function is not among those that are mapped.
    :raises Refused: the line is about another guest.
    """
    try:
        parts = shlex.split(" ".join(words).replace("%userid%", userid))
    except ValueError as problem:
        raise Invalid(f"--smcli: {problem}") from problem
    call = parsed(parts)
    if userid:
        named = [] if call.of_system else [call.target]
        if other := [item for item in (*named, *call.guests) if item != userid]:
            raise Refused(f"--smcli {call.function} is about {other[0]}, not about {userid}")
    return call


def parsed(parts: Sequence[str]) -> SmapiCall:
    """Return the call that the words of a line, its quotes removed already, stand for.

    :raises Invalid: the line breaks the grammar.
    :raises NotSupported: the function is not among those that are mapped.
    """
    if not parts:
        raise Invalid("--smcli needs the name of a function")
    name, *rest = parts
    function = FUNCTIONS.get(name)
    if function is None:
        raise NotSupported(f"--smcli {name} is not supported; known are {', '.join(sorted(FUNCTIONS))}")
    target = ""
    parameters: dict[str, Any] = {}
    while rest:
        switch = rest.pop(0)
        if not rest:
            raise Invalid(f"--smcli: {switch} needs a value")
        value = rest.pop(0)
        if switch == "-T":
            target = value.upper()
        elif switch in function.flags:
            _set(parameters, name, function.flags[switch], value)
        else:
            raise Invalid(
                f"--smcli {name}: {switch} is not supported; known are -T {' '.join(function.flags)}"
            )
    if not target:
        raise Invalid("--smcli: -T and a userid are missing")
    return _checked(name, function, target, parameters)


def _set(parameters: dict[str, Any], name: str, parameter: str, value: str) -> None:
    if parameter == "definitions":
        parameters.setdefault("definitions", []).append(value)
    elif parameter == "*":
        key, equals, operand = value.partition("=")
        if not equals:
            raise Invalid(f"--smcli: '{value}' is no name=value")
        parameters[key] = operand.strip("'")
    elif parameter == "pause":
        # The tool's callers write PAUSE=YES, PAUSE=NO and BEGIN=YES for the function's one keyword.
        key, _, operand = value.upper().partition("=")
        actions = {("PAUSE", "YES"): "PAUSE", ("PAUSE", "NO"): "BEGIN", ("BEGIN", "YES"): "BEGIN"}
        if (key, operand) not in actions:
            raise Invalid(f"--smcli {name}: '{value}' is none of PAUSE=YES, PAUSE=NO and BEGIN=YES")
        parameters["action"] = actions[key, operand]
    elif parameter.endswith("#"):
        if not value.removeprefix("-").isdecimal():
            raise Invalid(f"--smcli {name}: '{value}' is no number")
        parameters[parameter.removesuffix("#")] = int(value)
    else:
        parameters[parameter] = value


def _checked(name: str, function: Function, target: str, parameters: dict[str, Any]) -> SmapiCall:
    """Return the call, with what some functions are particular about."""
    sentence = function.sentence.format(target)
    guests = [] if not function.target_is_guest or name in ANSWERS else [target]
    guests += [str(parameters[key]).upper() for key in function.own if parameters.get(key)]
    if name == "Image_Definition_Query_DM":
        keywords = [word.upper() for text in parameters.get("definitions", ()) for word in text.split()]
        if not keywords or {"*", "PASSWORD"} & set(keywords):
            raise Refused(f"--smcli {name} needs -k with keywords other than * and PASSWORD")
    elif name == "Image_Performance_Query":
        parameters.pop("count", None)
        parameters["userids"] = target.split()
    elif name == "Image_Pause" and parameters.get("action") == "BEGIN":
        sentence = f"Resuming processing on {target}"
    return SmapiCall(name, function.fixed or target, parameters, sentence, tuple(guests))


def answer(call: SmapiCall, rs: int, reply: Mapping[str, Any]) -> list[str]:
    """Return the lines that the tool would print after success."""
    show = ANSWERS.get(call.function)
    return show(call.target, rs, reply) if show else [f"{call.sentence}... Done"]
