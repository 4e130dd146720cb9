# SPDX-License-Identifier: Apache-2.0
"""Name lists, and the authorization list: who may call what for whom."""

from __future__ import annotations

from zvm.directory import names
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_NEW_LIST, _LIST_GONE, _NOT_IN_LIST, _IN_LIST = 12, 16, 32, 36
_NO_LIST = (200, 24)
#: The target, which names the list, is too short.
_NO_NAME = (24, 14)
_ANY = ("", "*")


def _members(call: Call) -> list[str]:
    try:
        return call.system.smapi_files.name_lists[call.target]
    except KeyError:
        raise Refused(*_NO_LIST) from None


@serves("Name_List_Add")
def name_list_add(call: Call) -> Reply:
    name = checked(names.userid, call.text("name"), Refused(24, 118))
    if not call.target:
        raise Refused(*_NO_NAME)
    lists = call.system.smapi_files.name_lists
    if call.target not in lists:
        lists[call.target] = [name]
        return done(_NEW_LIST)
    if name in lists[call.target]:
        return done(_IN_LIST)
    lists[call.target].append(name)
    return done()


@serves("Name_List_Remove")
def name_list_remove(call: Call) -> Reply:
    members = _members(call)
    if call.text("name") not in members:
        return done(_NOT_IN_LIST)
    members.remove(call.text("name"))
    if members:
        return done()
    del call.system.smapi_files.name_lists[call.target]
    return done(_LIST_GONE)


@serves("Name_List_Query")
def name_list_query(call: Call) -> Reply:
    """Tell the members of a list, or with ``*`` the names of all lists."""
    if call.target == "*":
        return done(nameList=sorted(call.system.smapi_files.name_lists))
    return done(nameList=_members(call))


@serves("Name_List_Destroy")
def name_list_destroy(call: Call) -> Reply:
    _members(call)
    del call.system.smapi_files.name_lists[call.target]
    return done()


@serves("Authorization_List_Add")
def authorization_list_add(call: Call) -> Reply:
    record = [call.target, call.text("for_id"), call.text("function_id")]
    if record in call.system.smapi_files.authorizations:
        raise Refused(108, 0)
    call.system.smapi_files.authorizations.append(record)
    return done()


@serves("Authorization_List_Remove")
def authorization_list_remove(call: Call) -> Reply:
    record = [call.target, call.text("for_id"), call.text("function_id")]
    if record not in call.system.smapi_files.authorizations:
        raise Refused(112, 0)
    call.system.smapi_files.authorizations.remove(record)
    return done()


@serves("Authorization_List_Query")
def authorization_list_query(call: Call) -> Reply:
    """Tell the records of a requesting user, a target and a function; ``*`` or nothing stands for any."""
    files = call.system.smapi_files
    asked = (call.target, call.text("for_id"), call.text("function_id"))
    found = [
        record
        for record in files.authorizations
        if all(wish in _ANY or wish == has for wish, has in zip(asked, record, strict=True))
    ]
    if not found:
        raise Refused(112, 0)
    return done(
        authorizationRecordList=[
            {
                "requestingUserid": who,
                "requestingListIndicator": int(who in files.name_lists),
                "forUserid": target,
                "forListIndicator": int(target in files.name_lists),
                "functionName": function,
                "functionListIndicator": int(function in files.name_lists),
            }
            for who, target, function in found
        ]
    )
