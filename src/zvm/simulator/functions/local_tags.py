# SPDX-License-Identifier: Apache-2.0
"""DirMaint's local tags: names an installation defines, with a value in each entry that has one."""

from __future__ import annotations

from zvm.simulator.functions.entries import unlocked
from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_CREATE = 1
_EXISTS, _UNDEFINED, _ORDINAL_TAKEN, _IN_USE = (432, 4), (432, 8), (432, 12), (432, 16)
_NO_VALUE = 28


@serves("Directory_Manager_Local_Tag_Define_DM")
def local_tag_define(call: Call) -> Reply:
    tags, name, ordinal = call.system.smapi_files.tags, call.text("tag_name"), call["tag_ordinal"]
    if call["define_action"] == _CREATE and name in tags:
        raise Refused(*_EXISTS)
    if call["define_action"] != _CREATE and name not in tags:
        raise Refused(*_UNDEFINED)
    if any(taken == ordinal for other, taken in tags.items() if other != name):
        raise Refused(*_ORDINAL_TAKEN)
    tags[name] = ordinal
    return done()


@serves("Directory_Manager_Local_Tag_Delete_DM")
def local_tag_delete(call: Call) -> Reply:
    files, name = call.system.smapi_files, call.text("tag_name")
    if name not in files.tags:
        raise Refused(*_UNDEFINED)
    entries = call.system.directory.entries()
    if any(name in files.tag_values.get(entry.userid, ()) for entry in entries):
        raise Refused(*_IN_USE)
    del files.tags[name]
    return done()


@serves("Directory_Manager_Local_Tag_Set_DM")
def local_tag_set(call: Call) -> Reply:
    unlocked(call)
    files, name = call.system.smapi_files, call.text("tag_name")
    if name not in files.tags:
        raise Refused(*_UNDEFINED)
    files.tag_values.setdefault(call.target, {})[name] = str(call["tag_value"])
    return done()


@serves("Directory_Manager_Local_Tag_Query_DM")
def local_tag_query(call: Call) -> Reply:
    call.system.directory.get(call.target)
    value = call.system.smapi_files.tag_values.get(call.target, {}).get(call.text("tag_name"))
    return done(_NO_VALUE) if value is None else done(tagValue=value)


@serves("Directory_Manager_Task_Cancel_DM")
def task_cancel(call: Call) -> Reply:
    """End work that was answered 592; who polls for it is told that it failed."""
    if not call.system.operations.cancel(call["operation_id"]):
        raise Refused(452, 4)
    return done()
