# SPDX-License-Identifier: Apache-2.0
"""The web page shows what there is, and nothing on it is taken for HTML."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.unit.simulator.guests import bootable, punch
from tests.unit.simulator.test_control_server import Control, control
from zvm.simulator.page import page

__all__ = ["control"]
_VOID = {"meta", "input"}


class Balanced(HTMLParser):
    """Checks that what is opened is closed, and that nothing is loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert tag not in ("script", "link", "img")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


async def test_the_page_shows_the_system(control: Control) -> None:
    world = control.world
    bootable(world)
    world.system.guests.logon("LINUX01")
    punch(world)
    paths = "1FA1 500507630B10C1E0 4010400000000000"
    world.values("System_SCSI_Disk_Add", dev_num="6000", dev_path_array=paths)
    world.system.calls.cp("<b>ZHCP", "SEND <script>alert(1)</script>", 3)
    status, html = await control.ask("GET", "/")
    assert status == 200
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    assert all(":" not in link for link in parser.links)
    shown = " ".join(parser.words)
    for wanted in (
        "ZVMSIM1",
        "LINUX01",
        "LINUX01 0100",
        "XCATVSW1",
        "1FA1",
        "EDEV 6000",
        "cfgdrive",
        "logon LINUX01",
    ):
        assert wanted in shown
    assert "<script>" in shown
    assert "<script" not in html
    assert 'title="LINUX01 0100: 1 to 10"' in html


async def test_faults_are_seen(control: Control) -> None:
    assert "faults on purpose" not in page(control.world.system)
    control.world.system.set_trouble("platform", "dead")
    assert "faults on purpose" in page(control.world.system)
