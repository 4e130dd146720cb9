# SPDX-License-Identifier: Apache-2.0
"""Reader files of guests: put one there, list, purge."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Final

from zvm.zhcp import errors, words
from zvm.zhcp.platform import Platform
from zvm.zhcp.results import CpResult, SpoolFile

LOG = logging.getLogger(__name__)

#: Type of a file that waits in the zHCP's own reader: what a kill leaves behind is known by it.
_PENDING: Final = "ZHCPTMP"
_SENT: Final = re.compile(r"RDR +AS +([0-9]{4})\b")
_DATA_LINE: Final = re.compile(
    r"(?P<origin>\S+) +(?P<spoolid>[0-9]{4}) +(?P<class>\S) +(?P<device>PUN|RDR|PRT|CON|VM|SYS) +"
    r"(?P<records>[0-9]+) +(?P<copies>[0-9]+) +(?P<hold>\S+) +(?P<date>\S+) +(?P<time>\S+)(?P<names>.*)\Z"
)


def parse_query(text: str) -> list[SpoolFile]:
    """Return the files that a QUERY RDR answer lists.

    A data line has twelve words, because the column CLASS holds class and device: origin, spool id, class,
    device, records, copies, hold, date, time, name, type, distribution code. A file without a name leaves the
    two columns blank.
    """
    files = []
    for line in text.splitlines():
        match = _DATA_LINE.match(line.strip())
        if match is None:
            continue
        names = match["names"].split()
        name, type_ = (names[0], names[1]) if len(names) >= 3 else ("", "")
        files.append(
            SpoolFile(
                origin=match["origin"],
                spoolid=match["spoolid"],
                spool_class=match["class"],
                device=match["device"],
                records=int(match["records"]),
                copies=int(match["copies"]),
                hold=match["hold"],
                date=match["date"],
                time=match["time"],
                name=name,
                type=type_,
                distribution=names[-1] if names else "",
            )
        )
    return files


class Spool:
    """The reader files of guests.

    :param directory: where files on their way are recorded; made when absent.
    """

    def __init__(self, platform: Platform, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._platform = platform
        self._directory = directory

    async def clean(self) -> None:
        """Purge what a killed predecessor left on its way in the own reader."""
        on_their_way = {record.name for record in self._directory.iterdir()}
        for file in await self._platform.reader():
            if file.type == _PENDING or file.spoolid in on_their_way:
                LOG.warning("purging reader file %s, left behind", file.spoolid)
                await self._platform.delete_file(file.spoolid)
        for spoolid in on_their_way:
            (self._directory / spoolid).unlink(missing_ok=True)

    async def list(self, userid: str) -> list[SpoolFile]:
        """Return the files in a guest's reader."""
        userid = words.userid(userid)
        result = await self._cp(f"QUERY RDR {userid} ALL", userid)
        return parse_query(result.text)

    async def punch(self, userid: str, data: bytes, *, name: str, type: str, spool_class: str) -> str:
        """Put a file into a guest's reader; nothing of it stays behind when that fails.

        Punched into the own reader first, then given its class and name there, then transferred: the guest
        never sees it half done.

        :returns: the spool id in the guest's reader.
        """
        userid, name, type = words.userid(userid), words.filename(name), words.filename(type)
        spool_class = words.spool_class(spool_class)
        spoolid = words.spoolid(await self._platform.punch(data, name=name, type=_PENDING))
        record = self._directory / spoolid
        record.touch()
        try:
            await self._cp(f"CHANGE RDR {spoolid} CLASS {spool_class} NAME {name} {type}", userid)
            result = await self._cp(f"TRANSFER RDR {spoolid} TO {userid} RDR", userid)
        except BaseException:
            await self._platform.delete_file(spoolid)
            raise
        finally:
            record.unlink(missing_ok=True)
        sent = _SENT.search(result.text)
        return sent[1] if sent else spoolid

    async def purge(self, userid: str) -> None:
        """Purge all files in a guest's reader; none being there is fine."""
        userid = words.userid(userid)
        await self._cp(f"PURGE {userid} RDR ALL", userid)

    async def _cp(self, command: str, target: str) -> CpResult:
        result = await self._platform.cp(command)
        if result.rc != 0:
            verb = command.split(" ")[0]
            text = result.text.strip()
            raise errors.Refused(
                f"CP refused {verb} for {target}: {text}",
                function=f"CP {verb}",
                target=target,
                rc=result.rc,
                explanation=text,
                details={"command": command},
            )
        return result
