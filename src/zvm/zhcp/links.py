# SPDX-License-Identifier: Apache-2.0
"""Links to guests' minidisks in the zHCP's own virtual configuration, each for one piece of work.

A link is recorded on disk before it is made. What a killed predecessor left behind is detached at the start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from zvm.zhcp import errors, words
from zvm.zhcp.platform import Device, Platform

LOG = logging.getLogger(__name__)

#: Read, whoever writes: a running guest's disk can be read, consistent only when the guest holds still.
READ = "RR"
#: Write, and nobody else may have the disk linked at all.
WRITE = "W"

#: HCPQVD040E and HCPDTV040E: the virtual device does not exist.
_NO_DEVICE = 40


def parse_range(text: str) -> list[str]:
    """Return the device numbers of a range such as ``F000-F0FF``; :class:`errors.Invalid` if it is none."""
    first, _, last = text.partition("-")
    low, high = int(words.vdev(first), 16), int(words.vdev(last or first), 16)
    if high < low:
        raise errors.Invalid(f"{text} is no range of device numbers")
    return [f"{number:04X}" for number in range(low, high + 1)]


class Links:
    """The links of one zHCP.

    :param directory: where each link is recorded; made when absent.
    :param vdevs: the virtual device numbers to use.
    :param patience: seconds to wait for a disk that other work of this zHCP has, e.g. an upload that broke
        off and is about to let go.
    """

    def __init__(
        self, platform: Platform, directory: Path, vdevs: list[str], *, patience: float = 60.0
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._platform = platform
        self._directory = directory
        self._vdevs = vdevs
        self._patience = patience
        self._used: set[str] = set()
        self._held: dict[str, list[str]] = {}
        self._releases: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Condition()

    async def clean(self) -> None:
        """Detach what a predecessor left behind."""
        for record in sorted(self._directory.iterdir()):
            LOG.warning("detaching %s (%s), left behind", record.name, record.read_text())
            await self._detach(record.name)

    @asynccontextmanager
    async def link(self, userid: str, vdev: str, mode: str) -> AsyncIterator[Device]:
        """Link a minidisk, bring it online, and detach it at the end whatever happens.

        :param mode: :data:`READ` or :data:`WRITE`.
        :raises errors.NotFound: no such guest or minidisk.
        :raises errors.Refused: CP refused the link, e.g. because somebody else has the disk.
        :raises errors.Busy: other work of this zHCP has the disk, and does not let go.
        """
        userid, vdev = words.userid(userid), words.vdev(vdev)
        disk, own = f"{userid} {vdev}", ""
        await self._hold(disk, mode)
        try:
            own = await self._take()
            (self._directory / own).write_text(f"{disk} {mode}")
            await self._link(userid, vdev, own, mode)
            yield await self._platform.online(own)
        finally:
            # Its own task: a caller that is cancelled must not leave the link behind.
            release = asyncio.get_running_loop().create_task(self._release(own, disk, mode))
            self._releases.add(release)
            release.add_done_callback(self._releases.discard)
            await asyncio.shield(release)

    async def finish(self) -> None:
        """Wait for the links that are being detached."""
        if self._releases:
            await asyncio.wait(self._releases)

    async def _hold(self, disk: str, mode: str) -> None:
        """Wait until no other work here excludes this, as CP would otherwise refuse what is about to end."""

        def alone() -> bool:
            others = self._held.get(disk, [])
            return not others or (mode == READ and WRITE not in others)

        try:
            async with asyncio.timeout(self._patience), self._freed:
                await self._freed.wait_for(alone)
                self._held.setdefault(disk, []).append(mode)
        except TimeoutError as error:
            raise errors.Busy(
                f"other work of this zHCP has disk {disk}", target=disk.split(" ", maxsplit=1)[0]
            ) from error

    async def _take(self) -> str:
        """Return a free device number, marked as used; waits while all are used by other work."""
        async with self._freed:
            while True:
                for own in self._vdevs:
                    if own in self._used:
                        continue
                    result = await self._platform.cp(f"QUERY VIRTUAL {own}")
                    if result.rc == _NO_DEVICE:
                        self._used.add(own)
                        return own
                if not self._used:
                    raise errors.Busy(
                        "all device numbers for links are taken by something else",
                        next_step="Detach them, or choose another range with link_vdevs.",
                    )
                await self._freed.wait()

    async def _link(self, userid: str, vdev: str, own: str, mode: str) -> None:
        command = f"LINK {userid} {vdev} AS {own} {mode}"
        result = await self._platform.cp(command)
        if result.rc == 0:
            return
        text = result.text.strip()
        # HCPLNM053E userid not in CP directory; HCPLNM107E userid vdev not linked; not in CP directory.
        kind = errors.NotFound if result.rc in (53, 107) else errors.Refused
        raise kind(
            f"CP refused to link {userid} {vdev}: {text}",
            function="CP LINK",
            target=userid,
            rc=result.rc,
            explanation=text,
            next_step=f"See message {text.split(' ')[0]} in CP Messages and Codes." if text else "",
            details={"command": command},
        )

    async def _release(self, own: str, disk: str, mode: str) -> None:
        try:
            if own:
                await self._detach(own)
        finally:
            async with self._freed:
                self._used.discard(own)
                self._held[disk].remove(mode)
                if not self._held[disk]:
                    del self._held[disk]
                self._freed.notify_all()

    async def _detach(self, own: str) -> None:
        """Detach, and forget the record only when the device is gone for certain."""
        try:
            await self._platform.offline(own)
            result = await self._platform.cp(f"DETACH {own}")
        except errors.ZhcpError as error:
            LOG.error("%s could not be detached: %s", own, error.message)
            return
        if result.rc in (0, _NO_DEVICE):
            (self._directory / own).unlink(missing_ok=True)
        else:
            LOG.error("%s could not be detached: %s", own, result.text.strip())
