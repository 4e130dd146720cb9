# SPDX-License-Identifier: Apache-2.0
"""What the zHCP needs of the machine it runs on, behind one small class.

Two implementations: :mod:`zvm.zhcp.platform_linux`, a Linux guest of z/VM, and
:mod:`zvm.zhcp.platform_simulator`, the simulator's socket. All methods raise errors of
:mod:`zvm.zhcp.errors`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from zvm.zhcp.results import CpResult

#: Octets per piece when disks are streamed: a multiple of a track (49152) and of a 4 KiB record.
CHUNK = 24 * 49152


@dataclass(frozen=True, slots=True)
class Device:
    """A disk in the zHCP's own virtual configuration, online.

    :ivar bytes: its size; exactly one of ``cylinders`` and ``blocks`` (of 512 octets) is given.
    :ivar writable: linked R/W.
    """

    vdev: str
    type: str
    bytes: int
    writable: bool
    cylinders: int | None = None
    blocks: int | None = None

    @property
    def size(self) -> int:
        """Cylinders or blocks, whichever the device is counted in."""
        return self.cylinders if self.cylinders is not None else self.blocks or 0


@dataclass(frozen=True, slots=True)
class ReaderFile:
    """A file in the zHCP's own reader."""

    spoolid: str
    origin: str
    spool_class: str
    records: int
    name: str
    type: str


class ConsoleStream(ABC):
    """A live console of a guest."""

    @abstractmethod
    async def receive(self) -> str | None:
        """Return the next text the guest wrote, history first; ``None`` when the console has ended."""

    @abstractmethod
    async def send(self, text: str) -> None:
        """Type ``text`` at the console."""


class Platform(ABC):
    """The machine below the zHCP."""

    def __init__(self) -> None:
        #: Told of every CP command and its result; for counting.
        self.on_cp: Callable[[str, CpResult], None] = lambda command, result: None

    async def cp(self, command: str, *, timeout: float = 60.0) -> CpResult:
        """Run one CP command under the zHCP's userid; a code other than 0 is an answer."""
        result = await self._cp(command, timeout)
        self.on_cp(command, result)
        return result

    @abstractmethod
    async def _cp(self, command: str, timeout: float) -> CpResult:
        """Do what :meth:`cp` says."""

    @abstractmethod
    async def online(self, vdev: str) -> Device:
        """Bring a disk of the own virtual configuration online; known already: say what it is."""

    @abstractmethod
    async def offline(self, vdev: str) -> None:
        """Take a disk offline, so that it can be detached; one that is gone already is fine."""

    @abstractmethod
    def read(self, vdev: str, offset: int, length: int) -> AsyncIterator[bytes]:
        """Yield ``length`` octets of an online disk from ``offset`` on, in pieces of up to :data:`CHUNK`."""

    @abstractmethod
    async def write(
        self, vdev: str, offset: int, chunks: AsyncIterator[bytes], length: int | None = None
    ) -> int:
        """Write a stream to an online disk from ``offset`` on; return how many octets, once they are safe.

        :param length: octets in the stream, when known.
        """

    @abstractmethod
    async def reader(self) -> list[ReaderFile]:
        """Return the files in the own reader."""

    @abstractmethod
    async def read_file(self, spoolid: str, *, text: bool = False) -> bytes:
        """Return the content of a file in the own reader; ``text``: records as lines of UTF-8."""

    @abstractmethod
    async def delete_file(self, spoolid: str) -> None:
        """Purge a file in the own reader; one that is gone already is fine."""

    @abstractmethod
    async def punch(self, data: bytes, *, name: str, type: str) -> str:
        """Make a file in the own reader and return its spool id."""

    @abstractmethod
    async def agent(self, userid: str, command: dict[str, Any], *, timeout: float) -> dict[str, Any]:
        """Give one message of the QEMU guest agent protocol to a guest and return its answer, as it is.

        :raises errors.NotFound: the guest is not logged on.
        :raises errors.Unreachable: nobody answers there (yet); the command was not given.
        :raises errors.OutcomeUnknown: the command was given and no answer came.
        """

    @abstractmethod
    def console(self, userid: str) -> AbstractAsyncContextManager[ConsoleStream]:
        """Open the live console of a guest."""

    @abstractmethod
    async def sysinfo(self) -> str:
        """Return the text of ``/proc/sysinfo``."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of what is held open."""
