# SPDX-License-Identifier: Apache-2.0
"""What the routes of the zHCP answer, as types: the server builds them, the client hands them out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Base of all results: knows its way to and from JSON."""

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON-able dictionary."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Build a result from an answer; what a newer server adds is passed over."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in document.items() if key in known})


@dataclass(frozen=True, slots=True, kw_only=True)
class About(Result):
    """Which zHCP this is, and of which z/VM system.

    :ivar smapi_level: functional level as SMAPI gives it (710 = z/VM 7.1).
    :ivar cp_level: the first line of QUERY CPLEVEL.
    """

    version: str
    userid: str
    system: str
    smapi_level: int
    cp_level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SmapiResult(Result):
    """The answer of a SMAPI function that did its work (rc 0; rs may tell more)."""

    rc: int
    rs: int
    reply: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CpResult(Result):
    """Code and text of a CP command; the code is the number of CP's error message, 0 = done."""

    rc: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest(Result):
    """A guest that is logged on: ``state`` is running, paused or crashed."""

    userid: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestState(Result):
    """One guest: ``state`` is running, paused, crashed or off; ``reachable`` = its agent answers.

    :ivar waited: seconds the answer was held back.
    """

    userid: str
    state: str
    reachable: bool
    waited: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskInfo(Result):
    """Size of a minidisk; exactly one of ``cylinders`` and ``blocks`` (of 512 octets) is given."""

    userid: str
    vdev: str
    type: str
    bytes: int
    cylinders: int | None = None
    blocks: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskWritten(Result):
    """How much was written from the start of a minidisk, and its checksum."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloned(Result):
    """How a minidisk was cloned: ``flashcopy`` or ``copy``."""

    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolFile(Result):
    """A line of QUERY RDR."""

    origin: str
    spoolid: str
    spool_class: str
    device: str
    records: int
    copies: int
    hold: str
    date: str
    time: str
    name: str
    type: str
    distribution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Result):
    """Something the zHCP saw happen; ``type`` is ``guest.state`` with userid and state in ``data``."""

    id: int
    type: str
    data: dict[str, Any]
