# SPDX-License-Identifier: Apache-2.0
"""What follows a successful ``Event_Subscribe``: events, each ``int4 length | int4 type | data``.

Type 0 holds records of CP's *VMEVENT system service, their characters in EBCDIC; type 1 a sub-type and what
belongs to it: 1 a change of the directory, 500 the result of an ``Image_Definition_*`` function, anything
else what ``Event_Stream_Add`` put in. This module reads and writes them; it does no I/O.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zvm.smapi.cursor import Cursor, Malformed
from zvm.smapi.errors import ProtocolError

VMEVENT, STREAM = 0, 1
DIRECTORY_CHANGE = 1
DEFINITION_RESULT = 500
#: Longest event that is read.
MAX_EVENT = 4 << 20
_EBCDIC = "cp037"

_USERID = ("userid",)
_RELOCATION = ("userid", "member")
#: Class and type of a *VMEVENT record -> its name, its fields of 8 characters, how many octets follow them.
_RECORDS: dict[tuple[int, int], tuple[str, tuple[str, ...], int]] = {
    (0, 0): ("logon", _USERID, 0),
    (0, 1): ("logoff", _USERID, 0),
    (0, 2): ("failure", _USERID, 1),
    (0, 3): ("logoff timeout", _USERID, 2),
    (0, 4): ("forced sleep", _USERID, 0),
    (0, 5): ("runnable", _USERID, 0),
    (0, 6): ("free storage limit", _USERID, 0),
    (0, 9): ("inbound relocation started", _RELOCATION, 0),
    (0, 10): ("outbound relocation started", _RELOCATION, 0),
    (0, 11): ("inbound relocation ended", _RELOCATION, 0),
    (0, 12): ("outbound relocation ended", _RELOCATION, 0),
    (0, 13): ("inbound relocation failed", _USERID, 1),
    (0, 14): ("outbound relocation failed", _USERID, 1),
    (0, 15): ("time bomb", _USERID, 0),
    (1, 2): ("failure", _USERID, 1),
    (1, 3): ("logoff timeout", _USERID, 2),
    (1, 4): ("forced sleep", _USERID, 0),
    (1, 6): ("free storage limit", _USERID, 0),
    (1, 9): ("inbound relocation started", _RELOCATION, 0),
    (1, 10): ("outbound relocation started", _RELOCATION, 0),
    (2, 7): ("member state", ("member",), 2),
    (2, 8): ("member mode", ("member", "other"), 2),
    (3, 7): ("member state", ("member",), 2),
    (3, 8): ("member mode", ("member", "other"), 2),
}
_NAMES: dict[str, tuple[int, int]] = {
    name: key for key, (name, _, _) in reversed(_RECORDS.items()) if key[0] != 3
}


@dataclass(frozen=True)
class VmEvent:
    """A *VMEVENT record.

    :ivar name: what happened: ``logon``, ``logoff``, ``failure`` ...; "" for a record unknown here.
    :ivar userid: whom it happened to, or the member of the cluster.
    :ivar other: the other system of a relocation or change.
    :ivar detail: the octets behind them: a reason, seconds, a state; all of a record unknown here.
    """

    number: tuple[int, int]
    name: str
    userid: str = ""
    other: str = ""
    detail: bytes = b""


@dataclass(frozen=True)
class DirectoryChange:
    """DirMaint changed an entry: ``action`` is a word such as ADD or PURGE."""

    userid: str
    action: str
    data: str = ""


@dataclass(frozen=True)
class StreamEvent:
    """Anything else of type 1, with its sub-type."""

    kind: int
    data: bytes


Event = VmEvent | DirectoryChange | StreamEvent


def vmevent(name: str, userid: str, other: str = "", detail: bytes = b"") -> bytes:
    """Return the data of a type 0 event with one record.

    :param name: one of the names in the table above.
    :raises KeyError: no such name.
    :raises ValueError: the parts do not make such a record.
    """
    number = _NAMES[name]
    _, fields, more = _RECORDS[number]
    texts = (userid, other)[: len(fields)]
    if len(detail) != more or any(len(text) > 8 for text in (userid, other)):
        raise ValueError(f"{name} takes {more} octets behind its names of at most 8 characters")
    head = b"".join(part.to_bytes(2, "big") for part in number)
    return head + b"".join(text.ljust(8).encode(_EBCDIC) for text in texts) + detail


def directory_change(userid: str, action: str, data: str = "") -> bytes:
    """Return the data of a type 1 event about a change of the directory."""
    texts = (text.encode("latin-1") for text in (userid, action, data))
    return DIRECTORY_CHANGE.to_bytes(4, "big") + b"".join(
        len(text).to_bytes(4, "big") + text for text in texts
    )


def definition_result(operation: int, rc: int, rs: int, text: str = "") -> bytes:
    """Return the data of a type 1 event with the result of an ``Image_Definition`` function."""
    numbers = (DEFINITION_RESULT, operation, rc, rs)
    return b"".join(number.to_bytes(4, "big", signed=True) for number in numbers) + text.encode("latin-1")


def encode(kind: int, data: bytes) -> bytes:
    """Return one event as it stands on the wire."""
    return (len(data) + 4).to_bytes(4, "big") + kind.to_bytes(4, "big") + data


def decode(body: bytes) -> list[Event]:
    """Read what follows the length of one event; *VMEVENT records may come several in one.

    :raises ProtocolError: the octets are no event.
    """
    cursor = Cursor(body)
    try:
        kind = cursor.integer(4)
        if kind == VMEVENT:
            return list(_records(cursor))
        sub_type = cursor.integer(4)
        if kind == STREAM and sub_type == DIRECTORY_CHANGE:
            userid, action, data = (cursor.take(cursor.length()).decode("latin-1") for _ in range(3))
            return [DirectoryChange(userid, action, data)]
        return [StreamEvent(sub_type, cursor.rest())]
    except Malformed as fault:
        raise ProtocolError(f"event: {fault}") from fault


def _records(cursor: Cursor) -> Iterator[VmEvent]:
    while cursor.remaining:
        number = (cursor.integer(2), cursor.integer(2))
        if number not in _RECORDS:  # its length is not known, so it takes what is left
            yield VmEvent(number, "", detail=cursor.rest())
            return
        name, fields, more = _RECORDS[number]
        userid, other, *_ = *(cursor.take(8).decode(_EBCDIC).rstrip() for _ in fields), ""
        yield VmEvent(number, name, userid, other, cursor.take(more))
