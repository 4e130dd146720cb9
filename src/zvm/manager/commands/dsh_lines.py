# SPDX-License-Identifier: Apache-2.0
"""The command lines that are answered for a zHCP and for this node: ``smcli``, ``vmcp`` and a few fixed ones.

A line is split as a shell would split it and that is all: pipes, lists, redirections and substitutions are
refused, but for the one line by which clients ask since when a machine is up.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zvm.manager.commands import smcli
from zvm.manager.commands.base import one_line
from zvm.manager.errors import Invalid, NotSupported, Refused
from zvm.manager.hosts import Host
from zvm.manager.service import ManagementNode
from zvm.xcat.smcli_text import Failure
from zvm.zhcp.errors import Refused as ZvmRefused


@dataclass(frozen=True, slots=True)
class Output:
    """What a line prints, and its exit code."""

    lines: list[str] = field(default_factory=list)
    rc: int = 0


_SHELL = frozenset("();<>|&")
#: ``date -d "$(awk -F. '{print $1}' /proc/uptime) second ago" +"%Y-%m-%d %H:%M:%S"``
_SINCE = re.compile(
    r"""date\s+-d\s+"\$\(awk\s+-F\.\s+'\{print\s+\$1\}'\s+/proc/uptime\)\s+seconds?\s+ago"\s+"""
    r"""\+"?%Y-%m-%d\s+%H:%M:%S"?"""
)
#: ``echo 'root:secret' | chpasswd``: how the Nova driver for xCAT sets a password.
_PASSWORD = re.compile(
    r"""echo\s+(?P<quote>['"]?)(?P<user>[a-z_][a-z0-9_-]{0,31}):(?P<password>[^\s'"$`\\|;&<>]{1,200})(?P=quote)"""
    r"""\s*\|\s*(?:/usr/sbin/)?chpasswd"""
)
_DATE = "%a %b %e %H:%M:%S UTC %Y"


def words_of(line: str) -> list[str]:
    """Return the words of a line.

    :raises Invalid: quotation marks are unbalanced.
    :raises NotSupported: it is more than one command with its arguments.
    """
    if "`" in line or "$(" in line or "${" in line or not line.isprintable():
        raise NotSupported("substitutions and control characters are refused: nothing is handed to a shell")
    splitter = shlex.shlex(line, posix=True, punctuation_chars=True)
    splitter.whitespace_split = True
    splitter.commenters = ""
    try:
        words = list(splitter)
        whole = shlex.split(line)
    except ValueError as problem:
        raise Invalid(f"the command line: {problem}") from problem
    if words != whole or any(word and set(word) <= _SHELL for word in words):
        raise NotSupported(
            "pipes, lists and redirections are refused: nothing is handed to a shell",
            next_step="send one command with its arguments",
        )
    return words


def password_of(line: str) -> tuple[str, str] | None:
    """Return user and password of a line that sets one, None when it is another line."""
    match = _PASSWORD.fullmatch(line.strip())
    return (match["user"], match["password"]) if match else None


def on_this_node(line: str) -> Output:
    """Answer a line for the management node.

    :raises NotSupported: it is not among those that are answered.
    """
    if _SINCE.fullmatch(line.strip()):
        up = float(Path("/proc/uptime").read_text().split()[0])
        return Output([time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - up))])
    words = words_of(line)
    if words == ["date"]:
        return Output([time.strftime(_DATE, time.gmtime())])
    if words[:1] == ["cat"] and words[-1].endswith(".pub"):
        raise NotSupported("there is no ssh key: this management node reaches nothing by ssh")
    raise _unknown(words, "date")


async def on_zhcp(mn: ManagementNode, host: Host, line: str) -> Output:
    """Answer a line for a zHCP.

    :raises NotSupported: it is not among those that are answered.
    """
    words = words_of(line)
    if words[:1] == ["sudo"]:
        words = words[1:]
    program = words[0].rpartition("/")[2] if words else ""
    if program == "smcli":
        return await _smcli(mn, host, words[1:])
    if program == "vmcp":
        return await _vmcp(mn, host, words[1:])
    if words == ["date"]:
        return Output([time.strftime(_DATE, time.gmtime())])
    if program == "cat" and words[-1].endswith(".pub"):
        raise NotSupported("there is no ssh key: a zHCP reaches nothing by ssh")
    raise _unknown(words, "smcli, vmcp and date")


def _unknown(words: Sequence[str], known: str) -> NotSupported:
    shown = one_line(words[0])[:40] if words else ""
    return NotSupported(
        f"'{shown}' is not among the commands that are answered: nothing is handed to a shell",
        next_step=f"answered are {known}",
    )


async def _smcli(mn: ManagementNode, host: Host, words: Sequence[str]) -> Output:
    """Call the function; a refusal of z/VM is told as the tool prints it, with exit code 1."""
    call = smcli.parsed(words)
    for userid in call.guests:
        mn.check_userid(userid)
    try:
        async with host.zhcp() as zhcp:
            result = await zhcp.smapi(call.function, call.target, call.parameters)
    except ZvmRefused as refusal:
        if refusal.rc is None or refusal.rs is None:
            raise
        text = one_line(refusal.explanation or refusal.message)
        failed = Failure(call.sentence, refusal.rc, refusal.rs, text)
        return Output(str(failed).splitlines(), 1)
    return Output(smcli.answer(call, result.rs, result.reply))


async def _vmcp(mn: ManagementNode, host: Host, words: Sequence[str]) -> Output:
    """Run a CP command that the operator allows."""
    rest = list(words)
    keepcase = False
    while rest and rest[0].startswith("-"):
        switch = rest.pop(0)
        if switch in ("-k", "--keepcase"):
            keepcase = True
        elif switch in ("-b", "--buffer") and rest:
            rest.pop(0)
        elif not switch.startswith("--buffer="):
            raise Invalid(f"vmcp: {switch} is not supported")
    command = " ".join(rest)
    if not command:
        raise Invalid("vmcp needs a CP command")
    if not _allowed(rest[0], mn.config.dsh_cp_commands):
        raise Refused(
            f"vmcp: the CP command {rest[0].upper()[:20]} is not allowed",
            next_step=f"allowed are {', '.join(mn.config.dsh_cp_commands)}; see the option dsh_cp_commands",
        )
    async with host.zhcp() as zhcp:
        answer = await zhcp.cp(command, keepcase=keepcase)
    lines = answer.text.splitlines()
    if answer.rc:
        shown = command if keepcase else command.upper()
        lines.append(f"Error: non-zero CP response for command '{shown}': #{answer.rc}")
    return Output(lines, 1 if answer.rc else 0)


def _allowed(verb: str, commands: Sequence[str]) -> bool:
    """Return whether ``verb`` is one of ``commands``; capitals of an entry are its shortest form."""
    for command in commands:
        least = len(command) - len(command.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        if len(verb) >= least and command.upper().startswith(verb.upper()):
            return True
    return False
