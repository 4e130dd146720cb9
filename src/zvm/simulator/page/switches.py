# SPDX-License-Identifier: Apache-2.0
"""The trouble switches of the page: forms, and what each of them does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from zvm.simulator.faults import WIRE
from zvm.simulator.page.parts import Html, code, join, section, table, tag
from zvm.simulator.trouble import CONDITIONS, DIRMAINT, SERVICES

if TYPE_CHECKING:
    from zvm.simulator.system import System

_SERVICES = {"smapi": "SMAPI", "platform": "The zHCP's Linux"}
_ALL, _RIGHT, _AHEAD = "all", "right", "an hour ahead"
_HOUR = 3600


def switches(system: System) -> Html:
    """Return the card with the switches."""
    trouble = system.trouble
    volumes, groups, vswitches = system.dasd.volumes, system.extents.groups, system.network.vswitches
    workers = _ALL if trouble.workers is None else str(trouble.workers)
    rows = [
        *((_SERVICES[name], _choices(name, CONDITIONS, trouble.outages[name])) for name in SERVICES),
        ("DirMaint", _choices("dirmaint", DIRMAINT, trouble.dirmaint)),
        ("SMAPI workers", _choices("workers", (_ALL, "1", "0"), workers)),
        ("Volumes", _toggles("offline_volumes", volumes, trouble.offline_volumes, "offline")),
        ("Disk pools", _toggles("full_pools", groups, trouble.full_pools, "full")),
        ("Virtual switches", _toggles("down_switches", vswitches, trouble.down_switches, "down")),
        ("Clock", _choices("clock", (_RIGHT, _AHEAD), _AHEAD if trouble.clock else _RIGHT)),
    ]
    conditions = table(("What", "State"), rows, "")
    return section("Trouble", "on purpose", conditions, _fault_form(), _pending(system), _all_well())


def switched(system: System, given: Mapping[str, str]) -> None:
    """Do what a form wants: change a condition, set a fault, or put all in order.

    :raises TypeError: a field is unknown.
    :raises ValueError: a value makes no sense.
    """
    name, value = given.get("name", ""), given.get("value", "")
    match name:
        case "everything":
            system.end_trouble()
        case "fault":
            _set_fault(system, given)
        case "workers":
            system.set_trouble(name, None if value == _ALL else int(value))
        case "clock":
            system.set_trouble(name, 0 if value == _RIGHT else _HOUR)
        case "offline_volumes" | "full_pools" | "down_switches":
            system.set_trouble(name, sorted(getattr(system.trouble, name) ^ {value}))
        case _:
            system.set_trouble(name, value)


def _set_fault(system: System, given: Mapping[str, str]) -> None:
    rc, then = given.get("rc", ""), given.get("then", "")
    system.faults.add(
        function=given.get("function") or "*",
        target=given.get("target") or "*",
        rc=int(rc) if rc else None,
        rs=int(given.get("rs") or 0),
        times=int(given.get("times") or 1),
        delay=float(given.get("delay") or 0),
        **({"wire": then} if then in WIRE else {"drop": then}),
    )


def _pending(system: System) -> Html:
    rows = [
        (
            code(fault["function"]),
            code(fault["target"]),
            f"{fault['rc']}/{fault['rs']}" if fault["rc"] is not None else "-",
            " ".join(fault[name] for name in ("drop", "wire") if fault[name]) or "-",
            fault["times"] or "all",
        )
        for fault in system.faults.pending()
    ]
    return table(("Call", "For", "Answer", "Then", "Times"), rows, "No call is to fail.")


def _choices(name: str, choices: Iterable[str], chosen: str) -> Html:
    return join([_button(name, choice, choice, choice == chosen) for choice in choices])


def _toggles(name: str, known: Iterable[str], off: set[str], word: str) -> Html:
    shown = [_button(name, item, f"{item} {word}" if item in off else item, item in off) for item in known]
    return join(shown) or tag("span", "none", cls="none")


def _button(name: str, value: str, label: str, pressed: bool) -> Html:
    button = tag("button", label, type="submit", **{"aria-pressed": "true" if pressed else "false"})
    return _form(_hidden("name", name), _hidden("value", value), button)


def _fault_form() -> Html:
    thens = ("", "before", "after_commit", *WIRE[1:])
    choice = tag("select", *(tag("option", then, value=then) for then in thens), name="then")
    fields = [
        tag("label", label, tag("input", name=name, size=size))
        for name, label, size in (
            ("function", "SMAPI function", "28"),
            ("target", "for", "8"),
            ("rc", "rc", "4"),
            ("rs", "rs", "4"),
            ("times", "times", "3"),
            ("delay", "seconds", "4"),
        )
    ]
    button = tag("button", "Let it fail", type="submit")
    return _form(_hidden("name", "fault"), *fields, tag("label", "then", choice), button, cls="fault-form")


def _all_well() -> Html:
    return _form(_hidden("name", "everything"), tag("button", "All is well", type="submit"))


def _hidden(name: str, value: str) -> Html:
    return tag("input", type="hidden", name=name, value=value)


def _form(*parts: Html, cls: str = "") -> Html:
    return tag("form", *parts, cls=cls, method="post", action="trouble")
