# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.zhcp.fake_platform import FakePlatform
from zvm.smapi.frames import Reply
from zvm.zhcp import errors
from zvm.zhcp.console import Consoles, disabled_wait
from zvm.zhcp.smapi_session import SmapiSession

LOGON = b"z/VM Version 7 Release 4.0, service level 2401 (64-bit)\nLOGON AT 12:00:00 UTC MONDAY 11/23/26\n"
CRASH = b"HCPGIR450W CP entered; disabled wait PSW 00020001 80000000 00000000 00004502\n"


class ConsoleGet:
    """Image_Console_Get puts the text that waits into the zHCP's reader."""

    def __init__(self, platform: FakePlatform) -> None:
        self.platform = platform
        self.waiting: list[bytes] = []
        self.refusal: Exception | None = None
        self.count = 0

    async def call(self, function: str, target: str, *, timeout: float, **parameters: Any) -> Reply:
        if self.refusal is not None:
            raise self.refusal
        for text in self.waiting:
            self.count += 1
            self.platform.add_file(f"{self.count:04}", text, origin=target)
        self.waiting.clear()
        return Reply(0, 0)


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture
def smapi(platform: FakePlatform) -> ConsoleGet:
    return ConsoleGet(platform)


@pytest.fixture
def consoles(platform: FakePlatform, smapi: ConsoleGet, tmp_path: Path) -> Consoles:
    return Consoles(platform, SmapiSession(smapi), tmp_path / "console", 1000)


async def test_the_log_grows(consoles: Consoles, smapi: ConsoleGet, platform: FakePlatform) -> None:
    smapi.waiting = [b"one\n", b"two"]
    assert await consoles.tail("linux01") == b"one\ntwo\n"
    smapi.waiting = [b"three\n"]
    assert await consoles.tail("LINUX01") == b"one\ntwo\nthree\n"
    assert await consoles.tail("LINUX01", bytes=6) == b"three\n"
    assert platform.files == {}


async def test_files_of_others_stay(consoles: Consoles, platform: FakePlatform) -> None:
    platform.add_file("0008", b"x", origin="LINUX02")
    platform.add_file("0009", b"x", origin="LINUX01", spool_class="A")
    assert await consoles.tail("LINUX01") == b""
    assert sorted(platform.files) == ["0008", "0009"]


async def test_a_guest_without_open_console_keeps_its_log(
    consoles: Consoles, smapi: ConsoleGet, platform: FakePlatform
) -> None:
    platform.add_file("0008", b"closed at logoff\n")
    session = consoles._smapi

    async def refused(*words: Any, **more: Any) -> Reply:
        raise errors.Refused("no console", rc=8, rs=8)

    session.call = refused  # type: ignore[method-assign]
    assert await consoles.tail("LINUX01") == b"closed at logoff\n"


async def test_a_kill_between_append_and_purge_doubles_nothing(
    consoles: Consoles, platform: FakePlatform, tmp_path: Path
) -> None:
    log = tmp_path / "console" / "LINUX01.log"
    log.write_bytes(b"old\nnew\n")
    (tmp_path / "console" / "LINUX01.taking").write_text('{"spoolid": "0005", "size": 4}')
    platform.add_file("0005", b"new\n")
    assert await consoles.tail("LINUX01") == b"old\nnew\n"


async def test_a_kill_after_the_purge_loses_nothing(consoles: Consoles, tmp_path: Path) -> None:
    (tmp_path / "console" / "LINUX01.log").write_bytes(b"old\nnew\n")
    (tmp_path / "console" / "LINUX01.taking").write_text('{"spoolid": "0005", "size": 4}')
    assert await consoles.tail("LINUX01") == b"old\nnew\n"
    assert not (tmp_path / "console" / "LINUX01.taking").exists()


async def test_a_half_written_record_is_passed_over(consoles: Consoles, tmp_path: Path) -> None:
    (tmp_path / "console" / "LINUX01.log").write_bytes(b"old\n")
    (tmp_path / "console" / "LINUX01.taking").write_text('{"spoo')
    assert await consoles.tail("LINUX01") == b"old\n"


async def test_a_long_log_loses_its_older_half(consoles: Consoles, smapi: ConsoleGet) -> None:
    smapi.waiting = [b"".join(b"line %04d\n" % number for number in range(200))]
    log = await consoles.tail("LINUX01")
    assert len(log) <= 500
    assert log.startswith(b"line ")
    assert log.endswith(b"line 0199\n")


def test_a_disabled_wait_counts_since_the_last_logon() -> None:
    assert not disabled_wait(b"")
    assert disabled_wait(CRASH)
    assert disabled_wait(LOGON + b"booting\n" + CRASH)
    assert not disabled_wait(LOGON + CRASH + LOGON)
    assert disabled_wait(LOGON + CRASH + LOGON + CRASH)


async def test_a_crash_is_found_on_the_console(consoles: Consoles, smapi: ConsoleGet) -> None:
    smapi.waiting = [LOGON + CRASH]
    assert await consoles.crashed("LINUX01")
    smapi.waiting = [LOGON]
    assert not await consoles.crashed("LINUX01")
