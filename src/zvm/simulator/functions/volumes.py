# SPDX-License-Identifier: Apache-2.0
"""Disk pools: regions and groups of EXTENT CONTROL, what is free in them and what is used."""

from __future__ import annotations

from dataclasses import replace

from zvm.directory import names
from zvm.simulator.config import RegionSettings
from zvm.simulator.extent_control import Group
from zvm.simulator.functions.registry import Call, checked, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_DEFINITION, _FREE = 1, 2
_QUERIES = {"1": 1, "2": 2, "3": 3, "DEFINITION": 1, "FREE": 2, "USED": 3}
_METHODS = {"": "LINEAR", "1": "LINEAR", "2": "ROTATING", "LINEAR": "LINEAR", "ROTATING": "ROTATING"}
_ENTRIES = {"1": 1, "2": 2, "3": 3, "VOLUME": 1, "REGION": 2, "GROUP": 3}


def _lines(call: Call, query: int, entry_type: int) -> list[str]:
    asked = call.text("entry_names").split() or ["*"]
    extents = call.system.extents
    if query == _DEFINITION:
        return extents.definition_lines(entry_type, asked)
    return extents.free_lines(entry_type, asked) if query == _FREE else extents.used_lines(entry_type, asked)


@serves("Image_Volume_Space_Query_DM")
def image_volume_space_query(call: Call) -> Reply:
    return done(recordList=_lines(call, call["query_type"], call["entry_type"]))


@serves("Image_Volume_Space_Query_Extended_DM")
def image_volume_space_query_extended(call: Call) -> Reply:
    """As the plain query, but system, region and pool stand in this order at the end of a used line."""
    query = _QUERIES[call.text("query_type")]
    lines = _lines(call, query, _ENTRIES[call.text("entry_type")])
    if query not in (_DEFINITION, _FREE):
        words = [line.split() for line in lines]
        lines = [" ".join([*item[:7], item[8], item[7]]) for item in words]
    return done(volumeSpaceList=lines)


@serves("Image_Volume_Space_Define_DM")
def image_volume_space_define(call: Call) -> Reply:
    kind = call["function_type"]
    region, group = _name(call, "region"), _name(call, "group")
    volid, extents = call.text("volid"), call.system.extents
    if kind in (2, 4, 5) and not group:
        raise Refused(24, 624)
    if kind in (1, 2):
        whole = extents.allocatable(volid)
        start = whole.start if call["start"] < 0 else call["start"]
        size = whole.end - start + 1 if call["size"] < 0 else call["size"]
        extents.define_region(RegionSettings(region or volid, volid, start, size))
    elif kind in (3, 4):
        extents.define_region(extents.whole_volume(region or volid, volid))
    else:
        extents.region(region)
    if kind in (2, 4, 5):
        found = extents.groups.setdefault(group, Group(group, []))
        if (region or volid) in found.regions:
            raise Refused(420, 4)
        found.regions.append(region or volid)
    return done()


@serves("Image_Volume_Space_Define_Extended_DM")
def image_volume_space_define_extended(call: Call) -> Reply:
    """As the plain function, and how the regions of a group are filled (``alloc_method`` 1 or 2)."""
    numbers = {}
    for name, unset in (("function_type", "0"), ("start_cylinder", "-1"), ("size", "-1")):
        text = call.text(name) or unset
        if not text.removeprefix("-").isdigit():
            raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={text}")
        numbers[name] = int(text)
    method = _METHODS.get(call.text("alloc_method"))
    if method is None or not 1 <= numbers["function_type"] <= 5:
        raise Refused(8, 3003, f"UNKNOWN_PARAMETER_OPERAND={call['function_type']}")
    parameters = {
        "function_type": numbers["function_type"],
        "region": call.text("region_name"),
        "volid": call.text("image_vol_id"),
        "start": numbers["start_cylinder"],
        "size": numbers["size"],
        "group": call.text("group_name"),
        "device_type": 0,
    }
    reply = image_volume_space_define(replace(call, request=replace(call.request, parameters=parameters)))
    group = call.system.extents.groups.get(call.text("group_name"))
    if group is not None and call.text("alloc_method"):
        group.method = method
    return reply


@serves("Image_Volume_Space_Remove_DM")
def image_volume_space_remove(call: Call) -> Reply:
    kind = call["function_type"]
    region, group, volid = call.text("region"), call.text("group"), call.text("volid")
    extents = call.system.extents
    on_volume = [item.name for item in extents.regions.values() if item.volume == volid]
    if kind in (4, 5, 6) and not on_volume:
        raise Refused(420, 8)
    match kind:
        case 1:
            extents.remove_region(region)
        case 2:
            _take_out(call, extents.group(group), [extents.region(region).name])
        case 3:
            extents.region(region)
            _take_out_everywhere(call, [region])
        case 4:
            for name in on_volume:
                extents.remove_region(name)
        case 5:
            _take_out(call, extents.group(group), on_volume)
        case 6:
            _take_out_everywhere(call, on_volume)
        case _:
            extents.group(group)
            del extents.groups[group]
    return done()


def _take_out(call: Call, group: Group, regions: list[str]) -> None:
    """Remove regions from a group; a group without regions is gone.

    Raises:
        Refused: 420/12, none of them is in it.
    """
    if not set(regions) & set(group.regions):
        raise Refused(420, 12)
    group.regions = [name for name in group.regions if name not in regions]
    if not group.regions:
        del call.system.extents.groups[group.name]


def _take_out_everywhere(call: Call, regions: list[str]) -> None:
    for group in list(call.system.extents.groups.values()):
        if set(regions) & set(group.regions):
            _take_out(call, group, regions)


def _name(call: Call, parameter: str) -> str:
    value = call.text(parameter)
    return checked(names.poolname, value, Refused(420, 8)) if value else ""
