# SPDX-License-Identifier: Apache-2.0
"""What the routes of the zHCP answer, as types: the server builds them, the client hands them out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
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
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in document.items() if key in known})


@dataclass(frozen=True, slots=True, kw_only=True)
class About(Result):
    """Which zHCP this is, and of which z/VM system.

    :ivar smapi_level: functional level as SMAPI gives it (710 = z/VM 7.1).
    :ivar cp_level: the first line of QUERY CPLEVEL.
    :ivar ssi: name of the cluster that the system is a member of, or "".
    """

    version: str
    userid: str
    system: str
    smapi_level: int
    cp_level: str
    ssi: str = ""


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
class LoggedOn(Result):
    """Who is logged on: the guests of this system, and the userids on other members of its cluster."""

    guests: list[Guest]
    elsewhere: list[str] = field(default_factory=list)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Build it from an answer."""
        guests = [Guest.from_json(guest) for guest in document["guests"]]
        return cls(guests=guests, elsewhere=list(document.get("elsewhere", ())))


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
class Relocation(Result):
    """Where a guest is, and its relocation to another member of the cluster.

    :ivar state: ``moving`` or ``idle``.
    :ivar where: ``here``, ``elsewhere`` in the cluster, or ``off``.
    :ivar source: member that a moving guest leaves; ``destination``, ``since`` (hh:mm:ss) and ``status``
        (``Moving Memory, Pass 2``, ``Quiescing`` ...) likewise as CP says them.
    """

    userid: str
    state: str
    where: str
    source: str = ""
    destination: str = ""
    since: str = ""
    status: str = ""


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
