# SPDX-License-Identifier: Apache-2.0
"""Endurance of the simulator: malformed frames and CP lines by the million, kill -9 by the hundred.

``python -m benchmarks.soak [--frames N] [--lines N] [--kills N] [--seed N]``. It fails on a traceback, on an
answer that is not documented, on memory that grows, and on a state that differs after a kill from that of
a twin which was not killed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.soak_kills import kills
from zvm.simulator.config import load_config
from zvm.simulator.cp.command import COMMANDS, QUERIES
from zvm.simulator.smapi_dispatch import Dispatcher, Dropped, Peer, Subscribed
from zvm.simulator.system import System
from zvm.smapi import functions
from zvm.smapi.errors import InvalidParameter
from zvm.smapi.frames import Request, encode_request

_LOG = logging.getLogger(__name__)
#: Most MiB that memory may grow by after the first tenth.
_GROWTH = 48.0
_VOCABULARY = """
LINUX01 LINUX02 MAINT ZHCP OPERATOR NOSUCH * ALL 0100 190 F190 1FA0 6000 0009 C R RR MW TO AS SYSTEM XCATVSW1
NOSUCHSW GRANT REVOKE VLAN 1-4094 99999 -1 0 END USER RDR CLASS X CONSOLE START STOP NIC QDIO TYPE CPU STORAGE
STANDBY 1G 99T SHUTDOWN WITHIN IMMED LOGOFF RESTART CP MOVE TEST ZVMSIM2 = - . ' " \u00e4
"""
_WORDS = tuple(_VOCABULARY.split())
_NAMES = ("LINUX01", "LINUX02", "LINUX03", "MAINT", "ZHCP", "NOSUCH", "*", "ALL", "XCATVSW1")
#: Lengths that no field has.
_LENGTHS = tuple(bytes.fromhex(digits) for digits in ("ffffffff", "7fffffff", "00000000", "00000001"))
#: What the server says of its own mistakes; never a right answer.
_BROKEN = (900, 28)


class Findings(logging.Handler):
    """Collects what the simulator logs as an error: each is a finding, by where it comes from."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        where = [line for line in text.splitlines() if line.startswith("  File")][-1:]
        self.texts.setdefault("".join(where), text)


def resident() -> float:
    """Return this process's resident memory in MiB."""
    gc.collect()
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def valid_frames(chance: random.Random) -> list[bytes]:
    """Return request bodies of every function, with the values that are most likely to reach its handler."""
    frames = []
    for name in functions.names():
        declaration = functions.get(name)
        for target in _NAMES:
            values = {}
            for field in declaration.parameters:
                choices = getattr(field, "choices", ())
                values[field.name] = (
                    chance.choice(choices) if choices else chance.choice(("0100", "1", "LINUX02"))
                )
            for given in (values, {}):
                try:
                    frames.append(encode_request(Request(name, target, parameters=given))[4:])
                except (InvalidParameter, TypeError):
                    continue
    return frames


def mutated(chance: random.Random, frames: list[bytes]) -> bytes:
    """Return a request body that is more or less wrong."""
    body = bytearray(chance.choice(frames))
    if chance.random() < 0.15:
        return chance.randbytes(chance.randrange(80))
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(body)) if body else 0
        match chance.randrange(5):
            case 0 if body:
                body[at] = chance.randrange(256)
            case 1:
                del body[at : at + chance.randrange(1, 9)]
            case 2:
                body[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 3:
                body[at : at + 4] = chance.choice(_LENGTHS)
            case _:
                del body[at:]
    return bytes(body)


def line(chance: random.Random) -> str:
    """Return something like a CP command."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(40)).decode("latin-1")
    name = chance.choice(COMMANDS).name
    words = [name[: chance.randrange(1, len(name) + 1)]]
    if name == "Query" and chance.random() < 0.9:
        words = ["Q", chance.choice(QUERIES).name]
    words += chance.choices(_WORDS, k=chance.randrange(6))
    return " ".join(words)


def alive(system: System) -> None:
    """Bring back whom the calls deleted or logged off and without whom nothing goes on."""
    for userid in ("ZHCP", "DIRMAINT", "OPERATOR"):
        if system.directory.find(userid) is None:
            system.directory.create(userid, [f"USER {userid} AUTOONLY 64M 1G ABCDEFG"])
        if system.guests.get(userid) is None:
            system.guests.logon(userid)


async def frames(system: System, chance: random.Random, count: int) -> None:
    """Answer so many requests, all by the unnamed peer of a UNIX socket."""
    dispatcher, peer, known = Dispatcher(system), Peer("ZHCP"), valid_frames(chance)
    for number in range(count):
        body = mutated(chance, known)
        try:
            answer = await dispatcher.answer(number + 1, body, peer)
        except (Subscribed, Dropped):
            continue
        codes = tuple(int.from_bytes(answer[at : at + 4], "big", signed=True) for at in (8, 12))
        if codes == _BROKEN:
            _LOG.error("900/28 for %s", body.hex())
        if number % 1000 == 0:
            alive(system)


def lines(system: System, chance: random.Random, count: int) -> None:
    """Run so many CP commands of the zHCP."""
    for number in range(count):
        alive(system)
        machine = system.guests.get("ZHCP")
        assert machine
        text = line(chance)
        try:
            system.cp.run(machine, text)
        except Exception:
            _LOG.exception("the CP command %r", text)
        if number % 100 == 0:
            system.commit()


def fuzz(folder: Path, seed: int, wanted_frames: int, wanted_lines: int) -> None:
    """Do both, a tenth first to fill what is kept on purpose, and tell how memory grew after it."""
    findings, chance = Findings(), random.Random(seed)
    logging.getLogger().addHandler(findings)
    system = System(load_config().instant(), folder)
    for userid in ("LINUX01", "LINUX02"):
        system.directory.create(userid, [f"USER {userid} LBYONLY 64M 1G G", "INCLUDE LNXDFLT"])
    for part, share in (("first", 0.1), ("rest", 0.9)):
        start, before = time.perf_counter(), resident()
        asyncio.run(frames(system, chance, int(wanted_frames * share)))
        between = time.perf_counter()
        lines(system, chance, int(wanted_lines * share))
        end = time.perf_counter()
        growth = resident() - before
        print(
            f"{part}: {int(wanted_frames * share)} frames in {between - start:.0f} s, "
            f"{int(wanted_lines * share)} CP lines in {end - between:.0f} s, memory {growth:+.1f} MiB",
            flush=True,
        )
        for text in findings.texts.values():
            print(text)
        assert not findings.texts, f"{len(findings.texts)} findings"
    assert growth < _GROWTH, f"memory grew by {growth:.1f} MiB"
    system.close()


def main() -> int:
    """Run what the command line wants."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--frames", type=int, default=900_000)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.kills:
            kills(Path(folder) / "kills", options.seed, options.kills)
        if options.frames or options.lines:
            fuzz(Path(folder) / "fuzz", options.seed, options.frames, options.lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
