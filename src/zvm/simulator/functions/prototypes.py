# SPDX-License-Identifier: Apache-2.0
"""Prototypes: entries without a user, from which Image_Create_DM makes new ones."""

from __future__ import annotations

from zvm.directory import names
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_MISSING, _EXISTS = (416, 4), (416, 8)


def records_for(call: Call, prototype: str, userid: str) -> list[str]:
    """Return the records of a new entry that a prototype describes.

    Raises:
        Refused: 400/20, there is no such prototype.
    """
    records = call.system.smapi_files.prototypes.get(prototype)
    if records is None:
        raise Refused(400, 20)
    keyword, _, *rest = records[0].split()
    return [" ".join([keyword, userid, *rest]), *records[1:]]


def _records(call: Call) -> list[str]:
    records = [str(record).rstrip() for record in call["prototype_record_array"]]
    header = records[0].upper().split() if records else []
    if len(header) < 2 or header[0] not in ("USER", "IDENTITY"):
        raise Refused(416, 0)
    return records


def _existing(call: Call) -> list[str]:
    try:
        return call.system.smapi_files.prototypes[call.target]
    except KeyError:
        raise Refused(*_MISSING) from None


@serves("Prototype_Create_DM")
def prototype_create(call: Call) -> Reply:
    checked(names.userid, call.target, Refused(24, 99))
    if call.target in call.system.smapi_files.prototypes:
        raise Refused(*_EXISTS)
    call.system.smapi_files.prototypes[call.target] = _records(call)
    return done()


@serves("Prototype_Replace_DM")
def prototype_replace(call: Call) -> Reply:
    _existing(call)
    call.system.smapi_files.prototypes[call.target] = _records(call)
    return done()


@serves("Prototype_Delete_DM")
def prototype_delete(call: Call) -> Reply:
    _existing(call)
    del call.system.smapi_files.prototypes[call.target]
    return done()


@serves("Prototype_Query_DM")
def prototype_query(call: Call) -> Reply:
    return done(recordList=_existing(call))


@serves("Prototype_Name_Query_DM")
def prototype_name_query(call: Call) -> Reply:
    found = sorted(call.system.smapi_files.prototypes)
    if not found:
        raise Refused(*_MISSING)
    return done(nameList=found)
