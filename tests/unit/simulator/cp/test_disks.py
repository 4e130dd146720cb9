# SPDX-License-Identifier: Apache-2.0
"""LINK, DETACH and FLASHCOPY as commands."""

from __future__ import annotations

import pytest

from tests.unit.simulator.cp.conftest import Issue
from tests.unit.simulator.worlds import World
from zvm.directory import Extent


@pytest.fixture
def disks(world: World) -> World:
    """GOLD has 5 cylinders with data, LINUX01 has 5 and 8 empty ones."""
    world.define("GOLD", "MDISK 0100 3390 1 5 VOL001 MR")
    world.define("LINUX01", "MDISK 0100 3390 1 5 VOL002 MR", "MDISK 0101 3390 6 8 VOL002 MR")
    world.system.dasd.write(Extent("VOL001", 1, 5), 0, b"golden")
    world.system.dasd.write(Extent("VOL001", 5, 1), 0, b"the end")
    return world


def test_link_and_detach(disks: World, cp: Issue) -> None:
    assert cp("LINK TO GOLD 100 AS F000 RR") == (0, "")
    assert cp("link gold 100 f001 mr") == (0, "DASD F001 LINKED R/W; R/O BY ZHCP\n")
    assert cp("DETACH F000-F001") == (0, "DASD F000 DETACHED\nDASD F001 DETACHED\n")
    assert cp("DET F000") == (40, "HCPDTV040E Device F000 does not exist\n")
    assert cp("LINK GOLD 100 F000 XX") == (3, "HCPLNM003E Invalid option - XX\n")
    assert cp("LINK GOLD 1000G F000 RR")[0] == 22


@pytest.mark.parametrize(
    "command",
    [
        "FLASHCOPY F000 0 END TO F001 0 END SYNCHRONOUS",
        "FLASHC F000 0 END F001 0 END",
        "flashcopy f000 0 4 to f001 0 4 sync",
        "FLASHCOPY F000 0 END TO F001",
    ],
)
def test_flashcopy(disks: World, cp: Issue, command: str) -> None:
    cp("LINK GOLD 100 F000 RR")
    cp("LINK LINUX01 100 F001 MR")
    code, text = cp(command)
    assert code == 0
    assert text.startswith("Command complete: FLASHCOPY F000 0 4 TO F001 0 4")
    assert disks.system.dasd.read(Extent("VOL002", 1, 5), 0, 6) == b"golden"
    assert disks.system.dasd.read(Extent("VOL002", 5, 1), 0, 7) == b"the end"


def test_flashcopy_into_the_beginning_of_a_larger_disk(disks: World, cp: Issue) -> None:
    cp("LINK GOLD 100 F000 RR")
    cp("LINK LINUX01 101 F001 MR")
    assert cp("FLASHCOPY F000 0 END TO F001 0 END")[0] == 2963
    assert cp("FLASHCOPY F000 0 END TO F001 0 4 SYNC")[0] == 0
    assert disks.system.dasd.read(Extent("VOL002", 6, 8), 0, 6) == b"golden"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("FLASHCOPY F000 0 END TO F009 0 END", 40),
        ("FLASHCOPY F000 0 9 TO F001 0 9", 6704),
        ("FLASHCOPY F000 3 2 TO F001 3 2", 26),
        ("FLASHCOPY F000 x END TO F001", 26),
        ("FLASHCOPY 000C 0 END TO F001", 6),
        ("FLASHCOPY F001 0 END TO F000 0 END", 1140),
        ("FLASHCOPY F000 0 END", 26),
        ("FLASHCOPY F000 1 4 TO F001 4", 6704),
    ],
)
def test_flashcopies_that_are_refused(disks: World, cp: Issue, command: str, code: int) -> None:
    cp("LINK GOLD 100 F000 RR")
    cp("LINK LINUX01 100 F001 MR")
    assert cp(command)[0] == code
    assert len(disks.system.dasd.relations) == 0
