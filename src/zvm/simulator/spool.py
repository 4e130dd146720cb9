# SPDX-License-Identifier: Apache-2.0
"""The spool: reader, printer and punch files of every userid.

The contents are files in a folder, so that the state document stays small. Spool ids count per userid from 1
to 9999, skipping those in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

#: Bytes of a punched card: the record length of reader files.
CARD = 80
_LAST_ID = 9999


class SpoolFull(Exception):
    """A userid has no spool id left."""


@dataclass
class SpoolFile:
    """A spool file. ``device`` is what made it (PUN, CON, PRT), ``queue`` where it waits (RDR, PRT, PUN)."""

    owner: str
    queue: str
    spoolid: int
    serial: int
    origin: str
    device: str
    cls: str
    records: int
    created: str
    name: str = ""
    type: str = ""
    hold: str = "NONE"
    copies: int = 1
    dist: str = ""
    tag: str = ""

    @property
    def date(self) -> datetime:
        """When the file was closed, in the system's local time."""
        return datetime.fromisoformat(self.created)

    def matches(self, cls: str = "", held: bool | None = None) -> bool:
        """Tell whether the file is of class ``cls`` (empty or ``*``: any) and held as asked."""
        return cls in ("", "*", self.cls) and held in (None, self.hold != "NONE")


class Spool:
    """All spool files of one system.

    :param directory: where the contents are kept; made when absent.
    :param now: the clock.
    """

    def __init__(self, directory: Path, now: Callable[[], datetime] = datetime.now) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._now = now
        self._files: dict[tuple[str, int], SpoolFile] = {}
        self._last_id: dict[str, int] = {}
        self._last_serial = 0

    def create(
        self,
        owner: str,
        data: bytes,
        *,
        origin: str,
        cls: str = "A",
        device: str = "PUN",
        queue: str = "RDR",
        name: str = "",
        type: str = "",
        records: int | None = None,
        dist: str = "",
    ) -> SpoolFile:
        """Put a closed file into a queue of ``owner``.

        Punched files are cards: the last one is filled up with zeros to 80 bytes, as the device does it.

        :param records: how many records ``data`` holds, for what is not punched.
        :raises SpoolFull: when the userid has 9999 files.
        """
        if records is None:
            data += bytes(-len(data) % CARD)
            records = len(data) // CARD
        self._last_serial += 1
        created = self._now().isoformat(timespec="seconds")
        file = SpoolFile(
            owner,
            queue,
            self._next_id(owner),
            self._last_serial,
            origin,
            device,
            cls,
            records,
            created,
            name,
            type,
            dist=dist or origin,
        )
        self._path(file).write_bytes(data)
        self._files[owner, file.spoolid] = file
        return file

    def files(self, owner: str, queue: str = "RDR") -> list[SpoolFile]:
        """Return the files in one queue of ``owner``, oldest first."""
        mine = [file for file in self._files.values() if file.owner == owner and file.queue == queue]
        return sorted(mine, key=lambda file: file.serial)

    def all_files(self) -> Iterable[SpoolFile]:
        """Return every file of the system."""
        return self._files.values()

    def get(self, owner: str, spoolid: int, queue: str = "RDR") -> SpoolFile | None:
        """Return one file, or None."""
        file = self._files.get((owner, spoolid))
        return file if file and file.queue == queue else None

    def data(self, file: SpoolFile) -> bytes:
        """Return the contents of a file."""
        return self._path(file).read_bytes()

    def transfer(self, file: SpoolFile, owner: str, queue: str = "RDR") -> SpoolFile:
        """Move a file to a queue of ``owner``, where it gets a new spool id."""
        spoolid = self._next_id(owner)
        del self._files[file.owner, file.spoolid]
        file.owner, file.queue, file.spoolid = owner, queue, spoolid
        self._files[owner, spoolid] = file
        return file

    def purge(self, file: SpoolFile) -> None:
        """Delete a file."""
        del self._files[file.owner, file.spoolid]
        self._path(file).unlink(missing_ok=True)

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {
            "files": [asdict(file) for file in self._files.values()],
            "last_id": dict(self._last_id),
            "last_serial": self._last_serial,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`dump` returned, less what a killed process had deleted or not yet recorded."""
        files = [SpoolFile(**kept) for kept in state["files"]]
        self._files = {(file.owner, file.spoolid): file for file in files if self._path(file).exists()}
        self._last_id = dict(state["last_id"])
        self._last_serial = state["last_serial"]
        known = {self._path(file) for file in self._files.values()}
        for path in set(self._directory.iterdir()) - known:
            path.unlink()

    def _path(self, file: SpoolFile) -> Path:
        return self._directory / str(file.serial)

    def _next_id(self, owner: str) -> int:
        last = self._last_id.get(owner, 0)
        for step in range(_LAST_ID):
            spoolid = (last + step) % _LAST_ID + 1
            if (owner, spoolid) not in self._files:
                self._last_id[owner] = spoolid
                return spoolid
        raise SpoolFull(owner)
