# SPDX-License-Identifier: Apache-2.0
"""Return and reason codes in words, with what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from zvm.smapi import functions
from zvm.smapi.code_table import BY_FUNCTION, DIRMAINT, FAMILIES, NEXT_STEPS, REASONS, SYNTAX
from zvm.smapi.errors import UnknownFunction

_UNKNOWN = (
    "z/VM answered with a code unknown here.",
    "Look it up in the SMAPI manual of this level of z/VM.",
)


@dataclass(frozen=True)
class Explanation:
    """A return and reason code in words.

    :ivar name: the codes as they are spoken of, ``400/8``.
    :ivar text: what they mean.
    :ivar next_step: what to do about it.
    """

    name: str
    text: str
    next_step: str


def explain(rc: int, rs: int, function: str | None = None) -> Explanation:
    """Return ``rc``/``rs`` in words; ``function`` tells codes apart that mean different things."""
    name = f"{rc}/{rs}"
    family, step = FAMILIES.get(rc, _UNKNOWN)
    own = BY_FUNCTION.get(function or "", {}).get((rc, rs))
    if own is None and (special := _special(rc, rs, function)):
        return Explanation(name, *special)
    text = own or REASONS.get(rc, {}).get(rs, family)
    return Explanation(name, text, NEXT_STEPS.get((rc, rs), step))


def _special(rc: int, rs: int, function: str | None) -> tuple[str, str] | None:
    """Return text and next step where the reason code is not a number out of a table."""
    if rc == 24:
        number, rr = divmod(rs, 100)
        text = f"{_parameter(function, number)} {SYNTAX.get(rr, f'is wrong (syntax error {rr})')}."
        return text, FAMILIES[24][1]
    if rc == 396:
        return f"CP refused a command with message HCP{rs:04d}.", f"See CP HELP HCP{rs:04d}E."
    if rc == 596:
        text, step = DIRMAINT.get(rs, FAMILIES[596])
        return f"{text} DirMaint message DVH{rs:04d}.", step
    if rc == 592 and rs not in REASONS[592]:
        return f"The work was started as operation {rs} and goes on.", FAMILIES[592][1]
    if function == "Query_API_Functional_Level" and rc == 0 and rs:
        return f"The functional level is z/VM {rs // 100}.{rs // 10 % 10}.{rs % 10}.", FAMILIES[0][1]
    return None


def _parameter(function: str | None, number: int) -> str:
    """Return the name of parameter ``number``, counted from 1, as far as it is known."""
    try:
        parameters = functions.get(function or "").parameters
    except UnknownFunction:
        parameters = ()
    if 1 <= number <= len(parameters):
        return f"Parameter {number} ({parameters[number - 1].name})"
    return f"Parameter {number}"
