# SPDX-License-Identifier: Apache-2.0
"""A platform in memory whose answers a test chooses: for faults that the simulator does not make."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from zvm.zhcp import errors
from zvm.zhcp.platform import ConsoleStream, Device, Platform, ReaderFile
from zvm.zhcp.results import CpResult

Answer = CpResult | errors.ZhcpError | Callable[[str], CpResult]


class FakePlatform(Platform):
    """Remembers what was asked of it.

    :ivar answers: what CP answers a command that starts so; anything else is done.
    :ivar linked: the virtual devices there are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[str] = []
        self.answers: dict[str, Answer] = {}
        self.linked: dict[str, str] = {}
        self.files: dict[str, ReaderFile] = {}
        self.contents: dict[str, bytes] = {}
        self.disks: dict[str, bytearray] = {}
        self.agent_answers: dict[str, Any] = {}
        self.closed = False

    async def _cp(self, command: str, timeout: float) -> CpResult:
        self.commands.append(command)
        for start, answer in self.answers.items():
            if command.startswith(start):
                if isinstance(answer, errors.ZhcpError):
                    raise answer
                return answer if isinstance(answer, CpResult) else answer(command)
        words = command.split()
        if words[:2] == ["QUERY", "VIRTUAL"]:
            known = words[2] in self.linked
            text = "" if known else f"HCPQVD040E Device {words[2]} does not exist\n"
            return CpResult(rc=0 if known else 40, text=text)
        if words[0] == "LINK":
            self.linked[words[4]] = f"{words[1]} {words[2]}"
        if words[0] == "DETACH" and self.linked.pop(words[1], None) is None:
            return CpResult(rc=40, text=f"HCPDTV040E Device {words[1]} does not exist\n")
        return CpResult(rc=0, text="")

    async def online(self, vdev: str) -> Device:
        data = self.disks[self.linked[vdev]]
        return Device(vdev=vdev, type="9336", bytes=len(data), writable=True, blocks=len(data) // 512)

    async def offline(self, vdev: str) -> None:
        pass

    async def read(self, vdev: str, offset: int, length: int) -> AsyncIterator[bytes]:
        yield bytes(self.disks[self.linked[vdev]][offset : offset + length])

    async def write(
        self, vdev: str, offset: int, chunks: AsyncIterator[bytes], length: int | None = None
    ) -> int:
        disk, at = self.disks[self.linked[vdev]], offset
        async for chunk in chunks:
            disk[at : at + len(chunk)] = chunk
            at += len(chunk)
        return at - offset

    async def reader(self) -> list[ReaderFile]:
        return list(self.files.values())

    async def read_file(self, spoolid: str, *, text: bool = False) -> bytes:
        return self.contents[spoolid]

    async def delete_file(self, spoolid: str) -> None:
        self.files.pop(spoolid, None)

    async def punch(self, data: bytes, *, name: str, type: str) -> str:
        spoolid = f"{len(self.contents) + 1:04}"
        self.add_file(spoolid, data, origin="ZHCP", spool_class="A", name=name, type=type)
        return spoolid

    def add_file(self, spoolid: str, data: bytes, **facts: str) -> None:
        """Put a file into the own reader."""
        told = {"origin": "LINUX01", "spool_class": "T", "name": "", "type": "", **facts}
        self.files[spoolid] = ReaderFile(spoolid=spoolid, records=1, **told)
        self.contents[spoolid] = data

    async def agent(self, userid: str, command: dict[str, Any], *, timeout: float) -> dict[str, Any]:
        answer = self.agent_answers.get(command["execute"])
        if answer is None:
            raise errors.Unreachable("no agent")
        return dict(answer(command) if callable(answer) else answer)

    @asynccontextmanager
    async def console(self, userid: str) -> AsyncIterator[ConsoleStream]:
        raise errors.Unreachable("no console")
        yield

    async def sysinfo(self) -> str:
        return "Manufacturer:         IBM\nType:                 3931\n"

    async def close(self) -> None:
        self.closed = True
