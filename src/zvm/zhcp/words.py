# SPDX-License-Identifier: Apache-2.0
"""The words that CP commands are built from: checked before they go anywhere near a command line."""

from __future__ import annotations

import re
from typing import Final

from zvm.directory import names
from zvm.zhcp import errors

#: Words that are operands of CP's spool and query commands, so that a guest cannot be meant by them.
_OPERANDS: Final = frozenset(
    {"ALL", "CLASS", "CONSOLE", "FORM", "NAMES", "P", "PRINTER", "PRT", "PU", "PUN", "PUNCH"}
    | {"R", "RDR", "READER", "SYSTEM", "USER"}
)
_FILENAME: Final = re.compile(r"[A-Z0-9@#$+\-:_]{1,8}\Z", re.ASCII)
_SPOOL_CLASS: Final = re.compile(r"[A-Z0-9]\Z", re.ASCII)
_SPOOLID: Final = re.compile(r"[0-9]{1,4}\Z", re.ASCII)
_PRINTABLE: Final = re.compile(r"[ -~]{1,240}\Z", re.ASCII)


def userid(value: str) -> str:
    """Return ``value`` as a userid that can stand in a CP command.

    :raises errors.Invalid: it breaks the grammar of userids, or CP would read it as a keyword.
    """
    try:
        word = names.userid(value)
    except names.InvalidName as error:
        raise errors.Invalid(str(error)) from error
    if word in _OPERANDS:
        raise errors.Invalid(f"{word} is an operand of CP commands and cannot name a guest", target=word)
    return word


def vdev(value: str) -> str:
    """Return ``value`` as a device number of four hex digits; else :class:`errors.Invalid`."""
    try:
        return names.vdev(value)
    except names.InvalidName as error:
        raise errors.Invalid(str(error)) from error


def filename(value: str) -> str:
    """Return ``value`` as the name or type of a spool file, in its own case; else :class:`errors.Invalid`."""
    if not value.isascii() or not _FILENAME.match(value.upper()):
        raise errors.Invalid(f"{value!r} is no name of a spool file: 1-8 characters of A-Z 0-9 @ # $ + - : _")
    return value


def spool_class(value: str) -> str:
    """Return ``value`` as a spool class, one letter or digit; else :class:`errors.Invalid`."""
    word = value.upper() if value.isascii() else value
    if not _SPOOL_CLASS.match(word):
        raise errors.Invalid(f"{value!r} is no spool class: one letter or digit")
    return word


def spoolid(value: str) -> str:
    """Return ``value`` as a spool id of four digits; else :class:`errors.Invalid`."""
    if not _SPOOLID.match(value):
        raise errors.Invalid(f"{value!r} is no spool id: up to four digits")
    return value.zfill(4)


def command(value: str) -> str:
    """Return ``value`` as a CP command line: up to 240 printable characters; else :class:`errors.Invalid`.

    240 is the limit of DIAGNOSE X'08'. A line end would start a second command.
    """
    line = value.strip()
    if not _PRINTABLE.match(line):
        raise errors.Invalid("a CP command is 1-240 printable ASCII characters")
    return line
