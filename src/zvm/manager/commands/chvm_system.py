# SPDX-License-Identifier: Apache-2.0
"""The options of ``chvm`` about the guest as a whole: reader, console, password, memory, smcli."""

from __future__ import annotations

import re

from zvm.manager import reader_files
from zvm.manager.commands import smcli
from zvm.manager.commands.base import step
from zvm.manager.commands.chvm_option import Change, Option
from zvm.manager.commands.nodeset import READER_CLASS
from zvm.manager.errors import Invalid
from zvm.manager.reader_files import ReaderFile
from zvm.xcat.smcli_text import done


async def _purge_reader(change: Change) -> None:
    with step("Purging reader"):
        await change.zhcp.purge_spool(change.userid)
    change.report.info(done("Purging reader"))


async def _punch_file(change: Change) -> None:
    """``FILE [CLASS [HOST]]``: a file into the reader; see :mod:`zvm.manager.reader_files`."""
    file = await reader_files.find(change.mn, change.guest.node, change.word(0), change.word(2))
    sentence = f"Punching {file.label} to reader"
    with step(sentence):
        await _punched(change, file, change.word(1, READER_CLASS))
    change.report.info(done(sentence))


async def _aemod(change: Change) -> None:
    """``SCRIPT ARGUMENT ...``: a script that xCAT's service in the guest runs; nothing is told."""
    file = await reader_files.script(change.mn, change.word(0), change.words[1:])
    with step(f"Punching {file.label} to reader"):
        await _punched(change, file, READER_CLASS)


async def _punched(change: Change, file: ReaderFile, spool_class: str) -> None:
    await change.zhcp.punch(
        change.userid, file.content, name=file.name, type=file.type, spool_class=spool_class
    )


async def _set_password(change: Change) -> None:
    """``PASSWORD``."""
    password = change.word(0)
    if not re.fullmatch(r"[!-~]{1,200}", password):
        raise Invalid("a password has 1-200 printable characters and no blank")
    await change.smapi(
        f"Setting the password of {change.userid}",
        "Image_Password_Set_DM",
        {"image_password": password.upper()},
    )


async def _set_console(change: Change) -> None:
    """``start|stop``: spooling of the console."""
    how = change.word(0).lower()
    if how not in ("start", "stop"):
        raise Invalid("--setconsole takes start or stop")
    sentence = f"Setting the console of {change.userid} to {how}"
    with step(sentence):
        answer = await change.zhcp.cp(f"SEND CP {change.userid} SPOOL CONSOLE {how.upper()}")
    if answer.rc:
        raise Invalid(f"{sentence}: CP says: {answer.text.strip()}")
    change.report.info(done(sentence))


async def _set_memory(change: Change) -> None:
    """``4G``: at the next logon."""
    size = change.word(0).upper()
    if not re.fullmatch(r"[1-9][0-9]*[MG]", size):
        raise Invalid(f"'{change.word(0)}' is no size of memory, such as 4G")
    await change.smapi(
        f"Updating {change.userid} virtual machine directory entry",
        "Image_Definition_Update_DM",
        {"definitions": [f"STORAGE_INITIAL={size}", f"STORAGE_MAXIMUM={size}"]},
    )


async def _smcli(change: Change) -> None:
    """``FUNCTION -T %userid% ...``."""
    call = smcli.parse(change.words, change.userid)
    with step(call.sentence):
        result = await change.zhcp.smapi(call.function, call.target, call.parameters)
    change.report.lines(smcli.answer(call, result.rs, result.reply))


OPTIONS = {
    "--aemod": Option(_aemod, 1, 60),
    "--purgerdr": Option(_purge_reader),
    "--punchfile": Option(_punch_file, 1, 3),
    "--setpassword": Option(_set_password, 1),
    "--setconsole": Option(_set_console, 1),
    "--setmemory": Option(_set_memory, 1),
    "--smcli": Option(_smcli, 1, 200),
}
