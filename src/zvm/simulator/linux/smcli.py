# SPDX-License-Identifier: Apache-2.0
"""``smcli``: SMAPI functions from the command line, with the texts and exit codes of the zHCP's own.

An action prints ``<sentence>... Done``, a query its data, a refusal ``Failed`` with the codes. The SMAPI
socket is named by ``ZVM_SMAPI_SOCKET``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from zvm.simulator.linux.platform import Failed, say
from zvm.simulator.linux.smcli_options import (
    DEVICE_LETTER,
    DEVICE_PARAMETER,
    LETTERS,
    RECORDS,
    SENTENCES,
    TARGETS,
)
from zvm.smapi import codes, functions
from zvm.smapi.client import Client
from zvm.smapi.declaration import FunctionDeclaration, Style
from zvm.smapi.endpoint import UnixEndpoint
from zvm.smapi.errors import InvalidParameter, SmapiError, SmapiFault, UnknownFunction
from zvm.smapi.fields import Integer
from zvm.smapi.frames import Reply

SOCKET = "ZVM_SMAPI_SOCKET"
_USAGE, _NO_ANSWER = 1, 1
_LEVEL = "Query_API_Functional_Level"
#: Reason codes of rc 0 that smcli takes for a failure.
_NOT_ACTIVE = 12


def main(words: Sequence[str]) -> int:
    """Run ``smcli [--addRCheader] FUNCTION -T TARGET [-LETTER VALUE | --NAME VALUE | -k KEY=VALUE] ...``."""
    words = list(words)
    header = "--addRCheader" in words
    words = [word for word in words if word != "--addRCheader"]
    if not words:
        raise Failed("smcli: no function; they are listed by `zvm simulator linux smcli --list`", _USAGE)
    name = words.pop(0)
    if name == "--list":
        say("".join(f"{known}\n" for known in functions.names()))
        return 0
    try:
        declaration = functions.get(name)
        target, parameters = _parameters(declaration, words)
        path = os.environ.get(SOCKET, "")
        if not path:
            raise Failed(f"the environment does not name the SMAPI socket: {SOCKET}")
        reply = Client(UnixEndpoint(path)).call(name, target, **parameters)
    except UnknownFunction:
        raise Failed(f'ERROR: API "{name}" not recognized', _USAGE) from None
    except InvalidParameter as error:
        raise Failed(f"\nERROR: {error}", _USAGE) from error
    except SmapiError as error:
        return _failed(name, target, error.rc, error.rs, error.explanation.text, error.text, header)
    except SmapiFault as error:
        raise Failed(f"\nERROR: {error}", _NO_ANSWER) from error
    if reply.rs == _NOT_ACTIVE and name in ("Image_Status_Query", "Image_Pause"):
        return _failed(name, target, 0, reply.rs, "Image not active", "", header)
    if header:
        say("0 0 0 (details) None\n" if name != _LEVEL else f"0 0 {reply.rs} (details) None\n")
    _print(name, target, reply)
    return 0


def _failed(name: str, target: str, rc: int, rs: int, text: str, details: str, header: bool) -> int:
    if header:
        say(f"8 {rc} {rs} (details) {text}\nAPI issued : {name}\n")
    if sentence := SENTENCES.get(name):
        say(f"{sentence.format(target)}... ")
    say(f"Failed\n  Return Code: {rc}\n  Reason Code: {rs}\n  Description: {text}\n")
    if details:
        say(f"  Details: {details}\n")
    return 1


def _print(name: str, target: str, reply: Reply) -> None:
    if name == _LEVEL:
        level = codes.explain(0, reply.rs, name).text.rpartition(" ")[2].rstrip(".")
        say(f"The API functional level is z/VM V{level.rpartition('.')[0]}\n")
        return
    shown = list(_lines(reply.values)) if _is_query(name) else []
    if shown or _is_query(name):
        say("".join(f"{line}\n" for line in shown))
    else:
        sentence = SENTENCES.get(name)
        say(f"{sentence.format(target)}... Done\n" if sentence else "Done\n")
        if response := reply.values.get("response"):
            say("".join(f"{line}\n" for line in response))


def _is_query(name: str) -> bool:
    return any(word in name for word in ("_Query", "_Get", "_Search", "Check_", "_Status"))


def _lines(value: Any) -> Iterator[str]:
    """Yield what a query found, a line per thing; a structure's fields stand on one line."""
    if isinstance(value, dict):
        plain = [str(item) for item in value.values() if not isinstance(item, list | dict)]
        if plain:
            yield " ".join(plain)
        for item in value.values():
            if isinstance(item, list | dict):
                yield from _lines(item)
    elif isinstance(value, list):
        for item in value:
            yield from _lines(item)
    else:
        yield from str(value).splitlines()


def _parameters(declaration: FunctionDeclaration, words: list[str]) -> tuple[str, dict[str, Any]]:
    """Return target and parameters of the options.

    :raises Failed: an option that is not known, or without its value.
    """
    fields = {field.name: field for field in declaration.parameters}
    letters = {DEVICE_LETTER: DEVICE_PARAMETER} | LETTERS.get(declaration.name, {})
    target, found = TARGETS.get(declaration.name, "MAINT"), dict[str, Any]()
    while words:
        option = words.pop(0)
        if option == "-s" and declaration.name in RECORDS:
            found[RECORDS[declaration.name]] = sys.stdin.read().splitlines()
            continue
        if not words or not option.startswith("-"):
            raise Failed(f"ERROR: {option} is no option, or its value is missing", _USAGE)
        value = words.pop(0)
        parameter = letters.get(option[1:]) or option.removeprefix("--")
        if option == "-T":
            target = value
        elif option == "-f" and declaration.name in RECORDS:
            found[RECORDS[declaration.name]] = _file(value)
        elif option == "-k" and declaration.style is not Style.POSITIONAL:
            _keyword(declaration, fields, found, value)
        elif parameter in fields:
            number = isinstance(fields[parameter], Integer)
            found[parameter] = _number(option, value) if number else value
        else:
            raise Failed(f"ERROR: {declaration.name} has no option {option}", _USAGE)
    return target, found


def _keyword(
    declaration: FunctionDeclaration, fields: dict[str, Any], found: dict[str, Any], text: str
) -> None:
    name, _, value = text.strip("'").partition("=")
    if "definitions" in fields:
        found.setdefault("definitions", []).append(text.strip("'"))
    elif name in fields:
        found[name] = value
    else:
        raise Failed(f"ERROR: {declaration.name} has no keyword {name}", _USAGE)


def _number(option: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise Failed(f"ERROR: {option} takes a number, not {value}", _USAGE) from None


def _file(path: str) -> list[str]:
    try:
        return Path(path).read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"ERROR: {path}: {error}", _USAGE) from error
