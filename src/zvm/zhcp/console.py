# SPDX-License-Identifier: Apache-2.0
"""Guests' consoles: what z/VM spooled of them, gathered into one growing log per guest.

Image_Console_Get closes the guest's console file, which lands in the zHCP's own reader as a file of class T
(so do the files that were closed before, e.g. at logoff). Each is appended to the guest's log, then purged.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Final

from zvm.zhcp import errors, words
from zvm.zhcp.platform import Platform, ReaderFile
from zvm.zhcp.smapi_session import SmapiSession

LOG = logging.getLogger(__name__)

_CONSOLE_CLASS: Final = "T"
#: What CP writes at the top of a console after a logon.
_LOGON: Final = re.compile(rb"^(?:z/VM Version |LOGON AT )", re.MULTILINE)
#: HCPGIR450W CP entered; disabled wait PSW: the guest stopped for good.
_DISABLED_WAIT: Final = b"HCPGIR450W"
#: How much of the log is searched for a disabled wait, in octets.
_SEARCHED: Final = 256 << 10


def disabled_wait(log: bytes) -> bool:
    """Tell whether the console shows a disabled wait since the last logon."""
    logons = [match.start() for match in _LOGON.finditer(log)]
    return _DISABLED_WAIT in log[logons[-1] if logons else 0 :]


class Consoles:
    """The console logs of one z/VM system.

    :param directory: where they are kept; made when absent.
    :param limit: octets kept per guest; the older half goes when it is exceeded.
    """

    def __init__(self, platform: Platform, smapi: SmapiSession, directory: Path, limit: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._platform = platform
        self._smapi = smapi
        self._directory = directory
        self._limit = limit
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def refresh(self, userid: str) -> None:
        """Fetch what is new on a guest's console into its log."""
        userid = words.userid(userid)
        async with self._locks[userid]:
            try:
                await self._smapi.call("Image_Console_Get", userid)
            except errors.Refused as error:
                # 8/8: no console file is open, e.g. since the guest is off. What was closed before is there.
                LOG.debug("no console file of %s: %s", userid, error)
            files = await self._files(userid)
            self._undo_half_done({file.spoolid for file in files}, userid)
            for file in files:
                await self._take(userid, file.spoolid)

    async def tail(self, userid: str, *, bytes: int = 256 << 10, refresh: bool = True) -> bytes:
        """Return the last ``bytes`` octets of a guest's log, with what is new on its console."""
        userid = words.userid(userid)
        if refresh:
            await self.refresh(userid)
        try:
            with self._log(userid).open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(0, size - bytes))
                return log.read()
        except FileNotFoundError:
            return b""

    async def crashed(self, userid: str) -> bool:
        """Look at a guest's console: did it enter a disabled wait since its last logon?"""
        return disabled_wait(await self.tail(userid, bytes=_SEARCHED))

    async def forget(self, userid: str) -> None:
        """Delete a guest's log, and what waits in the reader to be added to it."""
        async with self._locks[userid]:
            for file in await self._files(userid):
                await self._platform.delete_file(file.spoolid)
            self._log(userid).unlink(missing_ok=True)
            self._record(userid).unlink(missing_ok=True)

    async def _files(self, userid: str) -> list[ReaderFile]:
        return [
            file
            for file in await self._platform.reader()
            if file.origin == userid and file.spool_class == _CONSOLE_CLASS
        ]

    def _log(self, userid: str) -> Path:
        return self._directory / f"{userid}.log"

    def _record(self, userid: str) -> Path:
        return self._directory / f"{userid}.taking"

    async def _take(self, userid: str, spoolid: str) -> None:
        """Append a reader file to the log, then purge it; recorded: a kill doubles and loses nothing."""
        text = await self._platform.read_file(spoolid, text=True)
        path, record = self._log(userid), self._record(userid)
        size = path.stat().st_size if path.exists() else 0
        record.write_text(json.dumps({"spoolid": spoolid, "size": size}))
        with path.open("ab") as log:
            log.write(text if text.endswith(b"\n") or not text else text + b"\n")
            log.flush()
            os.fsync(log.fileno())
        await self._platform.delete_file(spoolid)
        record.unlink()
        self._trim(path)

    def _undo_half_done(self, present: set[str], userid: str) -> None:
        """Take back an append whose reader file is still there: it will be appended again."""
        record = self._record(userid)
        if not record.exists():
            return
        try:
            half = json.loads(record.read_text())
        except ValueError:
            half = None  # Killed while writing the record: nothing was appended yet.
        if half is not None and half["spoolid"] in present and self._log(userid).exists():
            os.truncate(self._log(userid), half["size"])
        record.unlink()

    def _trim(self, path: Path) -> None:
        size = path.stat().st_size
        if size <= self._limit:
            return
        with path.open("rb") as log:
            log.seek(size - self._limit // 2)
            log.readline()
            kept = log.read()
        shorter = path.with_suffix(".shorter")
        shorter.write_bytes(kept)
        shorter.replace(path)
