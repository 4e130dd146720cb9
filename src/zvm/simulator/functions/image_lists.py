# SPDX-License-Identifier: Apache-2.0
"""Name lists as targets: power functions for every member, and performance of all members.

What is done to one image stands in ``activation``.
"""

from __future__ import annotations

from dataclasses import replace

from zvm.simulator.functions import activation
from zvm.simulator.functions.registry import Call, Handler, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_SOME_NOT_ACTIVATED, _SOME_NOT_DEACTIVATED, _SOME_NOT_RECYCLED = 28, 32, 24


def _each(call: Call, one: Handler, counters: tuple[str, str], some_failed: int) -> Reply:
    """Do ``one`` to the target, or to each member of the list of that name; tell who failed and why."""
    if call.target not in call.system.smapi_files.name_lists:
        return one(call)
    members = call.system.smapi_files.members(call.target)
    failed = []
    for member in members:
        try:
            one(replace(call, request=replace(call.request, target=member)))
        except Refused as refused:
            failed.append({"imageName": member, "returnCode": refused.rc, "reasonCode": refused.rs})
    values = {
        counters[0]: len(members) - len(failed),
        counters[1]: len(failed),
        "failing_structure_array": failed,
    }
    return Reply(200, some_failed, values) if failed else done(**values)


@serves("Image_Activate")
def image_activate(call: Call) -> Reply:
    counters = ("activated", "notActivated")
    return _each(call, activation.activate, counters, _SOME_NOT_ACTIVATED)


@serves("Image_Deactivate")
def image_deactivate(call: Call) -> Reply:
    counters = ("deactivated", "notDeactivated")
    return _each(call, activation.deactivate, counters, _SOME_NOT_DEACTIVATED)


@serves("Image_Recycle")
def image_recycle(call: Call) -> Reply:
    return _each(call, activation.recycle, ("recycled", "notRecycled"), _SOME_NOT_RECYCLED)


@serves("System_Image_Performance_Query")
def system_image_performance_query(call: Call) -> Reply:
    """As Image_Performance_Query, for the members of a name list."""
    names = call.system.smapi_files.name_lists.get(call.target)
    if names is None:
        raise Refused(4, 4)
    request = replace(call.request, parameters={"userids": list(names)})
    return activation.image_performance_query(replace(call, request=request))
