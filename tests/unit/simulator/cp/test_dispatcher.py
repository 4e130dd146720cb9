# SPDX-License-Identifier: Apache-2.0
"""Abbreviations, privilege classes, unknown commands."""

from __future__ import annotations

import pytest

from tests.unit.simulator.cp.conftest import Issue
from tests.unit.simulator.worlds import World
from zvm.simulator.cp.command import COMMANDS, QUERIES, abbreviates


@pytest.mark.parametrize(
    ("name", "word", "fits"),
    [
        ("DETach", "DET", True),
        ("DETach", "DETAC", True),
        ("DETach", "DETACH", True),
        ("DETach", "DE", False),
        ("DETach", "DETACHED", False),
        ("Query", "Q", True),
        ("XAUTOLOG", "XAUTO", False),
        ("FLASHCopy", "FLASHC", True),
    ],
)
def test_abbreviations(name: str, word: str, fits: bool) -> None:
    assert abbreviates(name, word) is fits


@pytest.mark.parametrize("command", ["FROB", "LOCATE X", "q", "query"])
def test_what_cp_does_not_know(cp: Issue, command: str) -> None:
    code, text = cp(command)
    if command.lower().startswith("q"):
        assert (code, text) == (26, "HCPCMD026E Operand missing or invalid\n")
    else:
        assert (code, text) == (1, f"HCPCMD001E Unknown CP command: {command.split()[0]}\n")


def test_commands_of_classes_one_lacks_are_unknown(world: World, cp: Issue) -> None:
    world.define("LINUX01")
    world.system.guests.logon("LINUX01")
    for command in ("FORCE MAINT", "XAUTOLOG MAINT", "ATTACH 1FA0 TO LINUX01", "SIGNAL SHUTDOWN USER MAINT"):
        assert cp(command, "LINUX01")[1].startswith("HCPCMD001E Unknown CP command")
    assert cp("QUERY USERID", "LINUX01") == (0, "LINUX01  AT ZVMSIM1\n")


def test_nothing_is_nothing(cp: Issue) -> None:
    assert cp("  ") == (0, "")


def test_every_command_is_noted(world: World, cp: Issue) -> None:
    cp("QUERY USER NOBODY")
    assert world.system.calls.entries()[-1] == {
        "kind": "cp",
        "userid": "ZHCP",
        "command": "QUERY USER NOBODY",
        "rc": 45,
    }


def test_the_table_has_each_with_its_syntax() -> None:
    for item in COMMANDS + QUERIES:
        assert item.syntax
        assert len(item.module) == 3
