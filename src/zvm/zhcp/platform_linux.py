# SPDX-License-Identifier: Apache-2.0
"""The machine below the zHCP is a Linux guest of z/VM, privileged to do what the zHCP does.

Written after the kernel's and z/VM's documents, tested against a stand-in of the kernel's files, devices and
sockets. **It has not run on hardware yet.** The guest needs privilege classes B, D and G, OPTION LNKNOPAS,
IUCV ANY, and the kernel modules vmcp, vmur, af_iucv, dasd_eckd_mod and dasd_fba_mod.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from zvm.zhcp import errors, iucv
from zvm.zhcp.agent import AgentStream
from zvm.zhcp.ccw import Ccw
from zvm.zhcp.dasd_device import DasdDevice
from zvm.zhcp.iucv import TerminalStream, encode_data
from zvm.zhcp.platform import ConsoleStream, Device, Platform, ReaderFile
from zvm.zhcp.results import CpResult
from zvm.zhcp.spool import parse_query
from zvm.zhcp.unit_record import UnitRecord
from zvm.zhcp.vmcp import Vmcp

#: Seconds a guest's agent has to answer the opening of a conversation.
_SYNC = 3.0


class _Terminal(ConsoleStream):
    """A connection to a guest's HVC terminal."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._stream = TerminalStream()

    async def octets(self) -> bytes:
        """Return the next output of the terminal; empty at its end."""
        while data := await self._reader.read(1 << 16):
            if output := self._stream.feed(data):
                return output
        return b""

    async def put(self, data: bytes) -> None:
        """Give input to the terminal."""
        self._writer.write(encode_data(data))
        await self._writer.drain()

    async def receive(self) -> str | None:
        """See :class:`ConsoleStream`."""
        output = await self.octets()
        return output.decode(errors="replace") if output else None

    async def send(self, text: str) -> None:
        """See :class:`ConsoleStream`."""
        await self.put(text.encode())


class LinuxPlatform(Platform):
    """Linux under z/VM.

    :param console_terminal: name of the HVC terminal that is a guest's console.
    :param agent_terminal: name of the one on which its QEMU guest agent listens.
    """

    def __init__(
        self,
        *,
        sysfs: Path = Path("/sys"),
        procfs: Path = Path("/proc"),
        devfs: Path = Path("/dev"),
        console_terminal: str = "lnxhvc0",
        agent_terminal: str = "lnxhvc1",
        vmcp: Vmcp | None = None,
        unit_record: UnitRecord | None = None,
        connect: iucv.Connect = iucv.connect,
        direct: bool = True,
    ) -> None:
        super().__init__()
        self._procfs = procfs
        self._devfs = devfs
        self._ccw = Ccw(sysfs, procfs)
        self._vmcp = vmcp or Vmcp(devfs / "vmcp")
        self._unit_record = unit_record or UnitRecord(self._ccw)
        self._connect = connect
        self._direct = direct
        self._console_terminal = console_terminal
        self._agent_terminal = agent_terminal
        # A terminal takes one client at a time.
        self._alone: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def _cp(self, command: str, timeout: float) -> CpResult:
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.to_thread(self._vmcp.run, command)
        except TimeoutError as error:
            verb = command.partition(" ")[0]
            raise errors.OutcomeUnknown(f"CP {verb} did not end within {timeout} s") from error

    def _dasd(self, vdev: str) -> DasdDevice:
        return DasdDevice(self._ccw, self._devfs, vdev, direct=self._direct)

    async def online(self, vdev: str) -> Device:
        """See :class:`Platform`."""
        dasd = self._dasd(vdev)
        await asyncio.to_thread(dasd.online)
        return await asyncio.to_thread(dasd.describe)

    async def offline(self, vdev: str) -> None:
        """See :class:`Platform`."""
        await asyncio.to_thread(self._dasd(vdev).offline)

    async def read(self, vdev: str, offset: int, length: int) -> AsyncIterator[bytes]:
        """See :class:`Platform`."""
        chunks = self._dasd(vdev).read(offset, length)
        try:
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                yield chunk
        finally:
            _close(chunks)

    async def write(
        self, vdev: str, offset: int, chunks: AsyncIterator[bytes], length: int | None = None
    ) -> int:
        """See :class:`Platform`; a thread writes while the next piece is on its way."""
        loop = asyncio.get_running_loop()

        def pull() -> Iterator[bytes]:
            while True:
                chunk = asyncio.run_coroutine_threadsafe(_next(chunks), loop).result()
                if chunk is None:
                    return
                yield chunk

        return await asyncio.to_thread(self._dasd(vdev).write, offset, pull())

    async def reader(self) -> list[ReaderFile]:
        """See :class:`Platform`."""
        result = await self.cp("QUERY RDR * ALL")
        return [
            ReaderFile(
                spoolid=file.spoolid,
                origin=file.origin,
                spool_class=file.spool_class,
                records=file.records,
                name=file.name,
                type=file.type,
            )
            for file in parse_query(result.text)
        ]

    async def read_file(self, spoolid: str, *, text: bool = False) -> bytes:
        """See :class:`Platform`."""
        return await self._unit_record.receive(spoolid, text=text)

    async def delete_file(self, spoolid: str) -> None:
        """See :class:`Platform`."""
        await self.cp(f"PURGE RDR {spoolid}")

    async def punch(self, data: bytes, *, name: str, type: str) -> str:
        """See :class:`Platform`."""
        return await self._unit_record.punch(data, name, type)

    async def agent(self, userid: str, command: dict[str, Any], *, timeout: float) -> dict[str, Any]:
        """See :class:`Platform`."""
        async with self._alone[userid], self._terminal(userid, self._agent_terminal) as terminal:
            stream = AgentStream()
            try:
                async with asyncio.timeout(min(timeout, _SYNC)):
                    await terminal.put(stream.sync(random.getrandbits(31)))
                    while not stream.synchronised:
                        stream.feed(await _some(terminal))
            except (TimeoutError, OSError, EOFError) as error:
                raise errors.Unreachable(f"the agent in {userid} does not answer", target=userid) from error
            try:
                async with asyncio.timeout(timeout):
                    await terminal.put(stream.encode(command))
                    while True:
                        if answers := stream.feed(await _some(terminal)):
                            return answers[0]
            except (TimeoutError, OSError, EOFError) as error:
                raise errors.OutcomeUnknown(
                    f"the agent in {userid} did not answer {command['execute']}", target=userid
                ) from error

    @asynccontextmanager
    async def console(self, userid: str) -> AsyncIterator[ConsoleStream]:
        """See :class:`Platform`; the terminal keeps no history."""
        async with self._terminal(userid, self._console_terminal) as terminal:
            yield terminal

    @asynccontextmanager
    async def _terminal(self, userid: str, name: str) -> AsyncIterator[_Terminal]:
        sock = await asyncio.to_thread(self._connect, userid, name)
        sock.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=sock)
        try:
            yield _Terminal(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def sysinfo(self) -> str:
        """See :class:`Platform`."""
        return await asyncio.to_thread((self._procfs / "sysinfo").read_text)

    async def close(self) -> None:
        """See :class:`Platform`; nothing is held open."""


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)


async def _some(terminal: _Terminal) -> bytes:
    data = await terminal.octets()
    if not data:
        raise EOFError
    return data


def _close(chunks: Iterator[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
