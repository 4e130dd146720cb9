# SPDX-License-Identifier: Apache-2.0
"""Shared memory segments (saved segments), and NAMESAVE, which lets users have restricted ones."""

from __future__ import annotations

from zvm.simulator.functions.entries import unlocked
from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_NO_SEGMENT, _BAD_RANGE, _EXISTS = (600, 12), (600, 8), (600, 24)
_SAVED = 1
_NONE_FOUND = 28
_NO_ACCESS = 20


def _name(call: Call) -> str:
    return call.text("memory_segment_name")


def _existing(call: Call) -> None:
    if _name(call) not in call.system.smapi_files.segments:
        raise Refused(*_NO_SEGMENT)


@serves("Shared_Memory_Create")
def shared_memory_create(call: Call) -> Reply:
    segments, first, last = call.system.smapi_files.segments, call["begin_page"], call["end_page"]
    if not 0 <= first <= last:
        raise Refused(*_BAD_RANGE)
    if _name(call) in segments:
        raise Refused(*_EXISTS)
    segments[_name(call)] = {
        "begin": first,
        "end": last,
        "access": call["page_access_descriptor"],
        "restricted": call["memory_attributes"],
    }
    _give(call)
    return done()


def _give(call: Call) -> None:
    """Let the userid that was named with a segment have it."""
    userid = call.text("memory_access_identifier")
    if not userid:
        return
    call.system.directory.get(userid)
    users = call.system.smapi_files.segment_access.setdefault(_name(call), [])
    if userid not in users:
        users.append(userid)


@serves("Shared_Memory_Replace")
def shared_memory_replace(call: Call) -> Reply:
    _existing(call)
    _give(call)
    return done()


@serves("Shared_Memory_Delete")
def shared_memory_delete(call: Call) -> Reply:
    _existing(call)
    del call.system.smapi_files.segments[_name(call)]
    call.system.smapi_files.segment_access.pop(_name(call), None)
    return done()


@serves("Shared_Memory_Query")
def shared_memory_query(call: Call) -> Reply:
    """Describe a segment, or all with ``*``."""
    found = {
        name: item
        for name, item in sorted(call.system.smapi_files.segments.items())
        if _name(call) in ("*", name)
    }
    if not found:
        return done(_NONE_FOUND)
    return done(
        memorySegmentInfoList=[
            {
                "memorySegmentName": name,
                "memorySegmentStatus": _SAVED,
                "pageRangeList": [
                    {
                        "beginPage": item["begin"],
                        "endPage": item["end"],
                        "pageAccessDescriptor": item["access"],
                    }
                ],
            }
            for name, item in found.items()
        ]
    )


@serves("Shared_Memory_Access_Add_DM")
def shared_memory_access_add(call: Call) -> Reply:
    unlocked(call)
    users = call.system.smapi_files.segment_access.setdefault(_name(call), [])
    if call.target in users:
        raise Refused(424, 4)
    users.append(call.target)
    return done()


@serves("Shared_Memory_Access_Remove_DM")
def shared_memory_access_remove(call: Call) -> Reply:
    unlocked(call)
    users = call.system.smapi_files.segment_access.get(_name(call), [])
    if call.target not in users:
        raise Refused(424, 8)
    users.remove(call.target)
    return done()


@serves("Shared_Memory_Access_Query_DM")
def shared_memory_access_query(call: Call) -> Reply:
    call.system.directory.get(call.target)
    found = [
        name
        for name, users in sorted(call.system.smapi_files.segment_access.items())
        if call.target in users and _name(call) in ("*", name)
    ]
    if not found:
        return done(_NO_ACCESS)
    return done(memorySegmentNameList=found)
