# SPDX-License-Identifier: Apache-2.0
"""The Linux under z/VM, on a stand-in of the kernel's files, devices and sockets; no hardware has seen it."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.zhcp.kernel import FakeSystem, FakeVmcp
from zvm.zhcp import errors, iucv
from zvm.zhcp.ccw import Ccw
from zvm.zhcp.eckd_track import HEADS, RAW_TRACK, TRACK
from zvm.zhcp.iucv import TerminalStream, encode_data
from zvm.zhcp.platform_linux import LinuxPlatform
from zvm.zhcp.results import CpResult
from zvm.zhcp.unit_record import UnitRecord
from zvm.zhcp.vmcp import Vmcp

QUERY_RDR = """\
ORIGINID FILE CLASS RECORDS  CPY HOLD DATE  TIME     NAME      TYPE     DIST
LINUX01  0013 T CON 00000007  001 NONE 05/22 16:37:01                    LINUX01
"""


@pytest.fixture
def system(tmp_path: Path) -> FakeSystem:
    return FakeSystem(tmp_path)


@pytest.fixture
def vmcp() -> FakeVmcp:
    return FakeVmcp({"QUERY USERID": (0, "ZHCP     AT ZVMSIM1\n"), "QUERY RDR * ALL": (0, QUERY_RDR)})


@pytest.fixture
def platform(system: FakeSystem, vmcp: FakeVmcp) -> LinuxPlatform:
    return make(system, vmcp)


def make(system: FakeSystem, vmcp: FakeVmcp, **more: Any) -> LinuxPlatform:
    return LinuxPlatform(
        sysfs=system.sysfs,
        procfs=system.procfs,
        devfs=system.devfs,
        vmcp=Vmcp(system.devfs / "vmcp", vmcp),
        direct=False,
        **more,
    )


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


# ---- /dev/vmcp


async def test_a_command_and_its_answer(platform: LinuxPlatform, vmcp: FakeVmcp) -> None:
    assert await platform.cp("QUERY USERID") == CpResult(rc=0, text="ZHCP     AT ZVMSIM1\n")
    assert vmcp.commands == ["QUERY USERID"]
    assert vmcp.open_files == {}


async def test_the_code_of_a_refusal(platform: LinuxPlatform, vmcp: FakeVmcp) -> None:
    vmcp.answers["QUERY USER X"] = (45, "HCPCQU045E X not logged on\n")
    assert (await platform.cp("QUERY USER X")).rc == 45


async def test_a_long_answer_comes_whole(platform: LinuxPlatform, vmcp: FakeVmcp) -> None:
    text = "".join(f"G{number:06} - DSC , " for number in range(10_000))
    vmcp.answers["QUERY NAMES"] = (0, text)
    assert (await platform.cp("QUERY NAMES")).text == text


async def test_a_kernel_short_of_memory_gives_a_smaller_buffer(
    platform: LinuxPlatform, vmcp: FakeVmcp
) -> None:
    vmcp.largest = 1 << 16
    vmcp.answers["QUERY NAMES"] = (0, "x" * 100_000)
    assert len((await platform.cp("QUERY NAMES")).text) == 1 << 16


async def test_no_vmcp_is_unreachable(system: FakeSystem, vmcp: FakeVmcp) -> None:
    with pytest.raises(errors.Unreachable, match="cannot be opened"):
        Vmcp(system.devfs / "missing", vmcp).run("QUERY USERID")


async def test_a_device_that_fails_leaves_the_outcome_unknown(
    platform: LinuxPlatform, vmcp: FakeVmcp
) -> None:
    vmcp.answers["FORCE X"] = (-1, "")
    with pytest.raises(errors.OutcomeUnknown):
        await platform.cp("FORCE X")
    assert vmcp.open_files == {}


# ---- disks


async def test_an_eckd_disk_is_used_by_raw_tracks(platform: LinuxPlatform, system: FakeSystem) -> None:
    folder = system.add("F000", "3390/0c", "dasda", 2 * HEADS * RAW_TRACK)
    device = await platform.online("F000")
    assert (device.type, device.cylinders, device.blocks) == ("3390", 2, None)
    assert device.bytes == 2 * HEADS * TRACK
    assert device.writable
    assert (folder / "raw_track_access").read_text() == "1"
    assert (folder / "online").read_text() == "1"
    data = bytes(range(256)) * (HEADS * TRACK // 256) + b"end"
    assert await platform.write("F000", 0, stream(data[:100_000], data[100_000:])) == len(data)
    raw = (system.devfs / "dasda").read_bytes()
    assert raw[RAW_TRACK : RAW_TRACK + 4].hex() == "00000001"
    found = b"".join([chunk async for chunk in platform.read("F000", 0, len(data))])
    assert found == data
    part = b"".join([chunk async for chunk in platform.read("F000", 50_000, 10)])
    assert part == data[50_000:50_010]
    await platform.offline("F000")
    assert (folder / "online").read_text() == "0"
    await platform.offline("F0FF")


async def test_an_fba_disk_is_used_as_it_is(platform: LinuxPlatform, system: FakeSystem) -> None:
    system.add("F001", "9336/10", "dasdb", 1 << 20)
    device = await platform.online("F001")
    assert (device.type, device.blocks, device.bytes) == ("9336", 2048, 1 << 20)
    assert await platform.write("F001", 512, stream(b"one", b"two")) == 6
    assert b"".join([chunk async for chunk in platform.read("F001", 510, 10)]) == b"\0\0onetwo\0\0"


async def test_a_device_linux_ignored_is_freed(system: FakeSystem) -> None:
    ccw = Ccw(system.sysfs, system.procfs, patience=0.01)
    with pytest.raises(errors.NotFound, match="F000"):
        ccw.find("F000")
    assert (system.procfs / "cio_ignore").read_text() == "free 0.0.f000"


async def test_a_device_that_does_not_take_a_value_is_refused(system: FakeSystem) -> None:
    system.add("F000", "3390/0c")
    (system.device("F000") / "online").unlink()
    (system.device("F000") / "online").mkdir()
    with pytest.raises(errors.Refused, match="online"):
        Ccw(system.sysfs, system.procfs, patience=0.01).online("F000")


async def test_a_disk_without_block_device(platform: LinuxPlatform, system: FakeSystem) -> None:
    system.add("F000", "3390/0c")
    with pytest.raises(errors.NotFound, match="block"):
        await platform.online("F000")


async def test_a_broken_stream_ends_the_write(platform: LinuxPlatform, system: FakeSystem) -> None:
    system.add("F001", "9336/10", "dasdb", 1 << 20)
    await platform.online("F001")

    async def breaks() -> AsyncIterator[bytes]:
        yield b"x"
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        await platform.write("F001", 0, breaks())


# ---- reader and punch


@pytest.fixture
def vmur(tmp_path: Path, system: FakeSystem) -> Path:
    """A program in place of s390-tools' vmur that tells what it was called with."""
    for vdev, devtype in (("000C", "2540/00"), ("000D", "2540/00")):
        system.add(vdev, devtype)
    program = tmp_path / "vmur"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "if sys.argv[1] == 'punch':\n"
        "    data = sys.stdin.buffer.read()\n"
        f"    open({str(tmp_path / 'punched')!r}, 'wb').write(data)\n"
        "    print('Reader file with spoolid 17 created.')\n"
        "elif sys.argv[-1] == '0099':\n"
        "    sys.exit('vmur: spool file does not exist')\n"
        "else:\n"
        "    print(' '.join(sys.argv[1:]))\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.fixture
def with_vmur(system: FakeSystem, vmcp: FakeVmcp, vmur: Path) -> LinuxPlatform:
    return make(system, vmcp, unit_record=UnitRecord(Ccw(system.sysfs, system.procfs), vmur))


async def test_the_reader_is_listed_by_cp(platform: LinuxPlatform) -> None:
    (file,) = await platform.reader()
    assert (file.spoolid, file.origin, file.spool_class) == ("0013", "LINUX01", "T")


async def test_punching(with_vmur: LinuxPlatform, system: FakeSystem, tmp_path: Path) -> None:
    data = bytes(range(256)) * 1000
    assert await with_vmur.punch(data, name="cfgdrive", type="tgz") == "0017"
    assert (tmp_path / "punched").read_bytes() == data
    assert (system.device("000D") / "online").read_text() == "1"


async def test_receiving_keeps_the_file(with_vmur: LinuxPlatform) -> None:
    assert await with_vmur.read_file("0013", text=True) == b"receive --hold --text --stdout 0013\n"
    assert await with_vmur.read_file("0013") == b"receive --hold --stdout 0013\n"


async def test_purging_is_cps(platform: LinuxPlatform, vmcp: FakeVmcp) -> None:
    await platform.delete_file("0013")
    assert vmcp.commands == ["PURGE RDR 0013"]


async def test_a_refusal_of_vmur(with_vmur: LinuxPlatform) -> None:
    with pytest.raises(errors.Refused, match="does not exist"):
        await with_vmur.read_file("0099")


async def test_no_vmur_is_unreachable(system: FakeSystem, vmcp: FakeVmcp, vmur: Path) -> None:
    unit_record = UnitRecord(Ccw(system.sysfs, system.procfs), vmur.with_name("absent"))
    with pytest.raises(errors.Unreachable) as caught:
        await unit_record.receive("0013", text=True)
    assert "s390-tools" in caught.value.next_step


# ---- guests' terminals


def test_an_iucv_address() -> None:
    where = iucv.address("LINUX01", "lnxhvc1")
    assert len(where) == 32
    assert where[8:] == b"        LINUX01 lnxhvc1 "


def test_what_connect_says() -> None:
    assert type(iucv.failure("LINUX01", "lnxhvc1", errno.ENETUNREACH)) is errors.NotFound
    assert type(iucv.failure("LINUX01", "lnxhvc1", errno.EACCES)) is errors.Refused
    assert type(iucv.failure("LINUX01", "lnxhvc1", errno.ECONNREFUSED)) is errors.Unreachable


def test_this_machine_has_no_iucv() -> None:
    with pytest.raises((errors.NotSupported, errors.NotFound, errors.Unreachable)):
        iucv.connect("LINUX01", "lnxhvc0")


def test_terminal_messages_however_they_are_cut() -> None:
    window = b"\x02\x08\x00\x04\x00\x19\x00\x50"
    octets = encode_data(b"hello ") + window + encode_data(b"x" * 70_000)
    stream_ = TerminalStream()
    output = b"".join(stream_.feed(octets[at : at + 999]) for at in range(0, len(octets), 999))
    assert output == b"hello " + b"x" * 70_000
    with pytest.raises(errors.ZhcpError, match="version"):
        stream_.feed(b"\x01\x10\x00\x00")


class Guest:
    """The far end of a terminal: a guest agent that speaks as QEMU's does."""

    def __init__(self, *, silent: bool = False, deaf_after_sync: bool = False) -> None:
        self.silent = silent
        self.deaf_after_sync = deaf_after_sync
        self.asked: list[tuple[str, str]] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.loop = asyncio.get_running_loop()

    def connect(self, userid: str, name: str) -> socket.socket:
        self.asked.append((userid, name))
        here, there = socket.socketpair()
        there.setblocking(False)
        self.loop.call_soon_threadsafe(self._start, there)
        return here

    def _start(self, there: socket.socket) -> None:
        task = self.loop.create_task(self._serve(there))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, there: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=there)
        terminal, buffer = TerminalStream(), b""
        writer.write(encode_data(b"login: stale rubbish\n"))
        while data := await reader.read(4096):
            buffer += terminal.feed(data).lstrip(b"\xff")
            while b"\n" in buffer and not self.silent:
                line, buffer = buffer.split(b"\n", 1)
                command = json.loads(line)
                if command["execute"] == "guest-sync-delimited":
                    answer = b"\xff" + json.dumps({"return": command["arguments"]["id"]}).encode()
                elif self.deaf_after_sync:
                    continue
                else:
                    answer = json.dumps({"return": {"did": command["execute"]}}).encode()
                writer.write(encode_data(answer[:5]) + encode_data(answer[5:] + b"\n"))
        writer.close()


async def test_the_agent_is_asked_over_its_terminal(system: FakeSystem, vmcp: FakeVmcp) -> None:
    guest = Guest()
    platform = make(system, vmcp, connect=guest.connect)
    answer = await platform.agent("LINUX01", {"execute": "guest-ping"}, timeout=5)
    assert answer == {"return": {"did": "guest-ping"}}
    assert guest.asked == [("LINUX01", "lnxhvc1")]
    await asyncio.gather(*guest.tasks)


async def test_an_agent_that_is_not_there_was_not_asked(system: FakeSystem, vmcp: FakeVmcp) -> None:
    guest = Guest(silent=True)
    platform = make(system, vmcp, connect=guest.connect)
    with pytest.raises(errors.Unreachable):
        await platform.agent("LINUX01", {"execute": "guest-ping"}, timeout=0.05)
    await asyncio.gather(*guest.tasks)


async def test_an_agent_that_falls_silent_leaves_the_outcome_unknown(
    system: FakeSystem, vmcp: FakeVmcp
) -> None:
    guest = Guest(deaf_after_sync=True)
    platform = make(system, vmcp, connect=guest.connect)
    with pytest.raises(errors.OutcomeUnknown):
        await platform.agent("LINUX01", {"execute": "guest-shutdown"}, timeout=0.1)
    await asyncio.gather(*guest.tasks)


async def test_the_console_is_the_other_terminal(system: FakeSystem, vmcp: FakeVmcp) -> None:
    guest = Guest(silent=True)
    platform = make(system, vmcp, connect=guest.connect)
    async with platform.console("LINUX01") as console:
        assert await console.receive() == "login: stale rubbish\n"
        await console.send("root\n")
    assert guest.asked == [("LINUX01", "lnxhvc0")]
    await asyncio.gather(*guest.tasks)


async def test_sysinfo(platform: LinuxPlatform) -> None:
    assert "IBM" in await platform.sysinfo()
