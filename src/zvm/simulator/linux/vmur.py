# SPDX-License-Identifier: Apache-2.0
"""``vmur``: the reader and punch of the zHCP: list, receive, purge, punch. Source: s390-tools, vmur(8)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from zvm.simulator.linux.platform import Failed, ask, ask_json, cp, say

_COMMANDS = {"li": "list", "re": "receive", "pu": "purge", "pun": "punch"}


def main(words: Sequence[str]) -> int:
    """Run ``vmur list|receive|purge|punch`` and their abbreviations."""
    words = list(words)
    if not words:
        raise Failed("vmur: no command specified")
    given = words.pop(0)
    name = _COMMANDS.get(given, given)
    command = {"list": _list, "receive": _receive, "purge": _purge, "punch": _punch}.get(name)
    if command is None:
        raise Failed(f"vmur: Unknown command '{given}'")
    return command(words)


def _parser(name: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"vmur {name}")


def _list(words: list[str]) -> int:
    parser = _parser("list")
    parser.add_argument("-q", "--queue", choices=("rdr", "pun", "prt"), default="rdr")
    parser.add_argument("spoolid", nargs="?", default="ALL")
    options = parser.parse_args(words)
    rc, text = cp(f"QUERY {options.queue.upper()} * {options.spoolid}")
    say(text)
    return int(bool(rc))


def _receive(words: list[str]) -> int:
    parser = _parser("receive")
    for letter in "fOHtbc":
        parser.add_argument(f"-{letter}", action="store_true")
    parser.add_argument("-d", "--device")
    parser.add_argument("spoolid")
    parser.add_argument("outfile", nargs="?")
    options = parser.parse_args(words)
    files = {file["spoolid"]: file for file in ask_json("GET", "/reader")}
    spoolid = options.spoolid.zfill(4)
    if spoolid not in files:
        raise Failed(f"vmur: Reader file with spoolid {spoolid} not found.")
    status, data = ask("GET", f"/reader/{spoolid}")
    if status != 200:
        raise Failed(f"vmur: Reader file with spoolid {spoolid} could not be read.")
    if options.O:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    else:
        named = ".".join(filter(None, (files[spoolid]["name"], files[spoolid]["type"])))
        target = Path(options.outfile or named or spoolid)
        if target.exists() and not options.f:
            raise Failed(f"vmur: File {target} already exists, specify --force to overwrite.")
        target.write_bytes(data)
    if not options.H:
        ask("DELETE", f"/reader/{spoolid}")
    return 0


def _purge(words: list[str]) -> int:
    parser = _parser("purge")
    parser.add_argument("-f", "--force", action="store_true")
    parser.add_argument("-q", "--queue", choices=("rdr", "pun", "prt"), default="rdr")
    parser.add_argument("spoolid", nargs="?", default="ALL")
    options = parser.parse_args(words)
    rc, text = cp(f"PURGE {options.queue.upper()} {options.spoolid}")
    if rc:
        raise Failed(f"vmur: {text.strip()}")
    return 0


def _punch(words: list[str]) -> int:
    parser = _parser("punch")
    for letter in "rfbt":
        parser.add_argument(f"-{letter}", action="store_true")
    parser.add_argument("-u", "--user")
    parser.add_argument("-d", "--device")
    parser.add_argument("-C", "--class", dest="cls", default="A")
    parser.add_argument("-N", "--name", default="")
    parser.add_argument("file", nargs="?")
    options = parser.parse_args(words)
    try:
        data = Path(options.file).read_bytes() if options.file else sys.stdin.buffer.read()
    except OSError as error:
        raise Failed(f"vmur: Unable to open file {options.file}: {error.strerror}") from error
    name, _, kind = (options.name or (Path(options.file).name if options.file else "")).partition(".")
    query = f"name={quote(name)}&type={quote(kind)}&class={quote(options.cls)}"
    spoolid = ask_json_bytes(f"/punch?{query}", data)["spoolid"]
    if options.user:
        rc, text = cp(f"TRANSFER * RDR {spoolid} TO {options.user} RDR")
        if rc:
            raise Failed(f"vmur: {text.strip()}")
    if options.r:
        say(f"Reader file with spoolid {spoolid} created.\n")
    return 0


def ask_json_bytes(path: str, data: bytes) -> dict[str, str]:
    """Post octets and return the decoded answer."""
    import json

    status, answer = ask("POST", path, data)
    if status >= 400:
        raise Failed(f"vmur: {answer.decode('utf-8', 'replace').strip()}")
    decoded: dict[str, str] = json.loads(answer)
    return decoded
