# SPDX-License-Identifier: Apache-2.0
"""SMAPI about itself: level, work in progress, lost replies; and xCAT's pass-through to CP."""

from __future__ import annotations

import re

from zvm.directory import Extent
from zvm.simulator.dasd import DasdError
from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_FLASHCOPY = re.compile(r"FLASHCOPY (\S+) (\w{1,4}) 0 END (?:TO )?(\S+) (\w{1,4}) 0 END( SYNC\w*)?\Z")
_PURGE = re.compile(r"PURGE (\S+) (?:RDR|READER) ALL\Z")
_SEND = re.compile(r"SEND CP (\S+) (.+)\Z")


@serves("Query_API_Functional_Level")
def query_api_functional_level(call: Call) -> Reply:
    return done(call.system.config.system.level)


@serves("Check_Authentication")
def nothing_to_do(call: Call) -> Reply:
    """Who gets here is authenticated."""
    return done()


@serves("Query_Asynchronous_Operation_DM")
def query_asynchronous_operation(call: Call) -> Reply:
    state = call.system.operations.poll(call["operation_id"], call.target)
    if state is None:
        raise Refused(452, 4)
    return done(state)


@serves("Response_Recovery")
def response_recovery(call: Call) -> Reply:
    kept = call.system.operations.reply(call["failed_request_id"])
    if kept is None:
        raise Refused(4, 4)
    return done(response_data=kept.decode("latin-1"))


@serves("xCAT_Commands_IUO")
def xcat_commands(call: Call) -> Reply:
    """Run one of the three commands xCAT's worker knows, with the SMAPI server's privileges."""
    keyword, _, text = str(call["command"]).partition("=")
    if keyword.strip().upper() != "CMD" or not text.strip():
        raise Refused(8, 3002)
    command = " ".join(text.split())
    folded = command.upper()
    if found := _PURGE.match(folded):
        return done(response=[_purge(call, found[1])])
    if found := _FLASHCOPY.match(folded):
        return done(response=[_flashcopy(call, *found.group(1, 2, 3, 4))])
    if found := _SEND.match(folded):
        machine = call.system.guests.get(found[1])
        if machine is None:
            raise Refused(396, 45, f"HCPCFX045E {found[1]} not logged on")
        call.system.guests.console_input(machine, f"#CP {command[found.start(2) :]}")
        return done(response=[""])
    raise Refused(8, 3003)


def _purge(call: Call, userid: str) -> str:
    files = call.system.spool.files(userid)
    for file in files:
        call.system.spool.purge(file)
    return f"{len(files):07} FILE{'' if len(files) == 1 else 'S'} PURGED" if files else "NO FILES PURGED"


def _flashcopy(call: Call, source: str, source_vdev: str, target: str, target_vdev: str) -> str:
    try:
        call.system.dasd.flashcopy(_place(call, source, source_vdev), _place(call, target, target_vdev))
    except DasdError as error:
        raise Refused(396, 332, f"HCPCMM332E FLASHCOPY failed: {error}") from error
    return f"Command complete: FLASHCOPY {source} {source_vdev} 0 END TO {target} {target_vdev} 0 END"


def _place(call: Call, userid: str, vdev: str) -> Extent:
    entry = call.system.directory.find(userid)
    disk = entry.minidisk(vdev) if entry else None
    place = call.system.extents.place_of(disk) if disk else None
    if place is None:
        raise Refused(396, 40, f"HCPFCP040E Device {userid} {vdev} does not exist")
    return place
