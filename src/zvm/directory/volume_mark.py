# SPDX-License-Identifier: Apache-2.0
"""The comment records that say which volume an entry is: its id, its pool, and for a snapshot, of what.

::

    *ZVMVOL UUID=6f1c...            the volume's or snapshot's own id
    *ZVMVOL POOL=POOL1              the disk pool its minidisk is from
    *ZVMVOL OF=04b2...              snapshots only: the volume it was taken of

Each is a record of its own: a record has 72 columns. An entry without them is no volume and is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from zvm.directory import names
from zvm.directory.statements import Comment

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RECORD = re.compile(rf"\*ZVMVOL (?:UUID=({_UUID})|POOL=(\S{{1,8}})|OF=({_UUID}))\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class VolumeMark:
    """What the records say; ``of`` is "" for what is no snapshot."""

    uuid: str
    pool: str
    of: str = ""

    def comments(self) -> list[Comment]:
        """Return the records.

        Raises:
            ValueError: an id is no uuid, or the pool no name of one.
        """
        for uuid in filter(None, (self.uuid, self.of)):
            if not re.fullmatch(_UUID, uuid.lower()):
                raise ValueError(f"not a uuid: {uuid!r}")
        words = [f"UUID={self.uuid.lower()}", f"POOL={names.poolname(self.pool)}"]
        words += [f"OF={self.of.lower()}"] if self.of else []
        return [Comment(f"*ZVMVOL {word}") for word in words]

    @classmethod
    def read(cls, records: Iterable[str]) -> VolumeMark | None:
        """Return the mark on an entry's comment records, or None when it has none."""
        found = [match for record in records if (match := _RECORD.match(record.strip()))]
        uuid, pool, of = (next((m.group(at) for m in found if m.group(at)), "") for at in (1, 2, 3))
        return cls(uuid.lower(), pool.upper(), of.lower()) if uuid else None
