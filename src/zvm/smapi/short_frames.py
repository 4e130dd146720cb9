# SPDX-License-Identifier: Apache-2.0
"""The undocumented short request of the C client: 0xFF, function name NUL, each argument NUL.

It has no userid and no password: the transport proves who asks. The reply is the ordinary one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zvm.smapi import functions
from zvm.smapi.cursor import EXTRANEOUS, MISSING
from zvm.smapi.declaration import Frame, FunctionDeclaration
from zvm.smapi.errors import FrameError
from zvm.smapi.fields import zero_terminated

MARK = b"\xff"


def is_short(body: bytes) -> bool:
    """Tell a short request from a normal one whose first length is a small negative number (0xFFFF...)."""
    return body.startswith(MARK) and not body.startswith(MARK * 2)


def encode(declaration: FunctionDeclaration, target: str, parameters: Mapping[str, Any]) -> bytes:
    """Return the body of a short request.

    :raises InvalidParameter: the argument has a NUL inside.
    """
    body = MARK + zero_terminated("function", declaration.sent_name)
    if declaration.short_argument:
        argument = (
            target if declaration.short_argument == "target" else parameters.get(declaration.short_argument)
        )
        body += zero_terminated(declaration.short_argument, argument)
    return body


def decode(body: bytes) -> tuple[str, str, dict[str, Any]]:
    """Return function, target and parameters of the body of a short request.

    :raises FrameError: 900/12 no such function in short frames, 24/pprr wrong number of arguments.
    """
    name, *arguments = body[1:].removesuffix(b"\0").decode("latin-1").split("\0")
    declaration = functions.by_sent_name(name)
    if declaration is None or declaration.frame is Frame.NORMAL:
        raise FrameError(900, 12, f"no function {name!r} in short frames")
    wanted = 1 if declaration.short_argument else 0
    if len(arguments) != wanted:
        rr = MISSING if len(arguments) < wanted else EXTRANEOUS
        raise FrameError(
            24, (wanted if rr == MISSING else wanted + 1) * 100 + rr, "wrong number of arguments"
        )
    if not wanted:
        return declaration.name, "", {}
    if declaration.short_argument == "target":
        return declaration.name, arguments[0], {}
    return declaration.name, "", {declaration.short_argument: arguments[0]}
