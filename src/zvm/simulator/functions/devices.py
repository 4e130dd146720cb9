# SPDX-License-Identifier: Apache-2.0
"""Dedicated devices, the IPL statement, and what a SCSI disk is IPLed with (LOADDEV)."""

from __future__ import annotations

import re

from zvm.directory import Dedicate, Entry, Ipl, Loaddev, names
from zvm.simulator import dedicate
from zvm.simulator.cp_error import CpError
from zvm.simulator.functions.activation import active
from zvm.simulator.functions.entries import unlocked
from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.simulator.virtual_devices import Dedicated
from zvm.smapi.cursor import NOT_DIGITS, NOT_HEXADECIMAL, NOT_RECOGNISED
from zvm.smapi.frames import Reply

_NONE_FOUND = 28
#: SMAPI's reason codes for what ATTACH refuses, by message number.
_VDEV_TAKEN = 123
_ATTACH_REASONS = {40: 8, 46: 16, 122: 16, _VDEV_TAKEN: 4}
_DELETE = "DELETE"
_SCP_DELETE, _SCP_EBCDIC, _SCP_HEX = 1, 2, 3
_EBCDIC = "cp037"


@serves("Image_Device_Dedicate_DM")
def image_device_dedicate_dm(call: Call) -> Reply:
    vdev = call.vdev("vdev")
    entry = unlocked(call, vdev)
    if call.system.directory.resolved(entry.userid).devices(vdev):
        raise Refused(404, 4)
    more = ("R/O",) if call["readonly"] else ()
    call.system.directory.update(entry.with_statement(Dedicate(vdev, call.text("rdev"), more)))
    return done()


@serves("Image_Device_Undedicate_DM")
def image_device_undedicate_dm(call: Call) -> Reply:
    vdev = call.vdev()
    entry = unlocked(call, vdev)
    for statement in entry.find(Dedicate):
        if statement.vdev == vdev:
            call.system.directory.update(entry.without(statement))
            return done()
    raise Refused(404, 8)


@serves("Image_Device_Dedicate")
def image_device_dedicate(call: Call) -> Reply:
    machine, vdev, rdev = active(call), call.vdev("vdev"), names.vdev(call.text("rdev"))
    if vdev in machine.devices:
        raise Refused(204, _ATTACH_REASONS[_VDEV_TAKEN])
    try:
        dedicate.attach(call.system, machine, rdev, vdev, bool(call["readonly"]))
    except CpError as error:
        raise Refused(204, _ATTACH_REASONS[error.number]) from error
    return done()


@serves("Image_Device_Undedicate")
def image_device_undedicate(call: Call) -> Reply:
    machine, vdev = active(call), call.vdev()
    if not isinstance(machine.devices.get(vdev), Dedicated):
        raise Refused(204, 8)
    del machine.devices[vdev]
    return done()


@serves("Image_IPL_Set_DM")
def image_ipl_set(call: Call) -> Reply:
    parameters = str(call["parameter_string"]).strip()
    for number, name in enumerate(("saved_system", "load_parameter"), 1):
        if len(call.text(name).split()) > 1:
            raise Refused(24, number * 100 + NOT_RECOGNISED)
    ipl = Ipl(call.text("saved_system"), call.text("load_parameter"), parameters)
    entry = unlocked(call)
    call.system.directory.update(entry.with_statement(ipl, instead_of=_ipl(entry)))
    return done()


@serves("Image_IPL_Delete_DM")
def image_ipl_delete(call: Call) -> Reply:
    entry = unlocked(call)
    ipl = _ipl(entry)
    if ipl is None:
        raise Refused(460, 4)
    call.system.directory.update(entry.without(ipl))
    return done()


@serves("Image_IPL_Query_DM")
def image_ipl_query(call: Call) -> Reply:
    ipl = _ipl(call.system.directory.get(call.target))
    if ipl is None:
        return done(_NONE_FOUND)
    return done(savedSystem=ipl.system, loadParameter=ipl.load_parameter, parameters=ipl.parameters)


@serves("Image_IPL_Device_Query")
def image_ipl_device_query(call: Call) -> Reply:
    return done(iplDevice=active(call).ipl_device)


def _ipl(entry: Entry) -> Ipl | None:
    return next(iter(entry.find(Ipl)), None)


@serves("Image_SCSI_Characteristics_Define_DM")
def image_scsi_characteristics_define(call: Call) -> Reply:
    wanted = {
        "BOOTPROG": _number(call, 1, "boot_program", "[0-9]*", NOT_DIGITS),
        "BR_LBA": _number(call, 2, "br_lba", "[0-9A-F]*", NOT_HEXADECIMAL),
        "LUN": _number(call, 3, "lun", "[0-9A-F]*", NOT_HEXADECIMAL),
        "PORTNAME": _number(call, 4, "port_name", "[0-9A-F]*", NOT_HEXADECIMAL),
        "SCPDATA": _scp_data(call),
    }
    entry = unlocked(call)
    for what, value in wanted.items():
        old = _loaddev(entry, what)
        if value == _DELETE:
            if old is None:
                raise Refused(456, 4)
            entry = entry.without(old)
        elif value:
            entry = entry.with_statement(Loaddev(what, value), instead_of=old)
    call.system.directory.update(entry)
    return done()


def _number(call: Call, parameter: int, name: str, digits: str, fault: int) -> str:
    """Return a number of LOADDEV as it was written, or DELETE.

    Raises:
        Refused: 24/pprr, it is no number.
    """
    text = call.text(name)
    if text != _DELETE and not re.fullmatch(digits, text):
        raise Refused(24, parameter * 100 + fault)
    return text


def _scp_data(call: Call) -> str:
    """Return the operand of LOADDEV SCPDATA, DELETE, or ""."""
    data = str(call["scp_data"])
    match call["scp_data_type"]:
        case kind if kind == _SCP_DELETE:
            return _DELETE
        case kind if kind == _SCP_EBCDIC:
            return f"'{data.encode('latin-1').decode(_EBCDIC)}'"
        case kind if kind == _SCP_HEX:
            digits = data.encode("latin-1").decode(_EBCDIC)
            if not re.fullmatch("[0-9A-Fa-f]*", digits):
                digits = data.encode("latin-1").hex()
            return f"HEX '{digits.upper()}'"
    return ""


@serves("Image_SCSI_Characteristics_Query_DM")
def image_scsi_characteristics_query(call: Call) -> Reply:
    entry = call.system.directory.get(call.target)
    if not entry.find(Loaddev):
        return done(_NONE_FOUND)
    values = {what: item.value if (item := _loaddev(entry, what)) else "" for what in _SCSI}
    data = values["SCPDATA"]
    kind = 0 if not data else _SCP_HEX if data.startswith("HEX ") else _SCP_EBCDIC
    text = data.removeprefix("HEX ").strip().removeprefix("'").removesuffix("'")
    return done(
        bootProgramNumber=values["BOOTPROG"],
        br_LBA=values["BR_LBA"],
        lun=values["LUN"],
        port=values["PORTNAME"],
        scpDataType=kind,
        scpData=text.encode(_EBCDIC).decode("latin-1"),
    )


_SCSI = ("BOOTPROG", "BR_LBA", "LUN", "PORTNAME", "SCPDATA")


def _loaddev(entry: Entry, what: str) -> Loaddev | None:
    return next((item for item in entry.find(Loaddev) if item.what == what), None)
