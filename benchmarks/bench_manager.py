# SPDX-License-Identifier: Apache-2.0
"""What xCAT's clients see of the management node, beside the figures of a genuine xCAT for z/VM.

``python -m benchmarks.bench_manager [NODES]``. Simulator (without latency), zHCP and management node are
processes of their own, as in that measurement. A goal that is missed is told and fails.
"""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.support.chain import HCP, PASSWORD, USER, Chain
from tests.unit.manager.worlds import World

from zvm.xcat.urls import path

#: A genuine one: requests a second with one client and with eight, seconds, calls.
GENUINE = {
    "version, 1 client": "6.7/s",
    "version, 8 clients": "7.7/s",
    "power of one node, 1 client": "1.5/s",
    "power of one node, 8 clients": "2.5/s",
    "spawn, image known": "32-61 s, 32 REST, 10 SMAPI, 78 ssh",
    "4 spawns at once": "103 s",
    "delete": "7 REST, 5 SMAPI, 8 ssh",
}
GOAL_TIMES, GOAL_SECONDS = 100, 0.3
_HEADERS = {"userName": USER, "password": PASSWORD.encode()}


def rate(url: str, target: str, clients: int, *, kept: bool = True, seconds: float = 3.0) -> float:
    """Return how many requests a second ``clients`` get answered.

    The clients are plain sockets, for their processor time is the server's loss here.

    :param kept: each over one connection, else over a new one for each request.
    """
    parts, until, counts = urlsplit(url), time.perf_counter() + seconds, [0] * clients
    address = parts.hostname or "", parts.port or 0
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", f"userName: {USER}", f"password: {PASSWORD}"]
    request = "\r\n".join([*lines, *([] if kept else ["Connection: close"]), "", ""]).encode()

    def client(number: int) -> None:
        connection = socket.create_connection(address, timeout=60)
        while time.perf_counter() < until:
            connection.sendall(request)
            _read_answer(connection)
            counts[number] += 1
            if not kept:
                connection.close()
                connection = socket.create_connection(address, timeout=60)
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - begin)


def _read_answer(connection: socket.socket) -> None:
    """Read one answer, which must be a 200 with a length."""
    content = b""
    while (end := content.find(b"\r\n\r\n")) < 0:
        content += connection.recv(65536)
    head = content[:end].decode().lower()
    assert head.startswith("http/1.1 200 "), head
    left = int(head.partition("content-length:")[2].split()[0]) - (len(content) - end - 4)
    while left > 0:
        left -= len(connection.recv(65536))


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process: on a busy machine it says more than the rate."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def took(work: Callable[[], object]) -> float:
    """Return the seconds of ``work``."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def row(what: str, ours: str) -> None:
    """Print a line of the table."""
    print(f"{what:<34}{ours:<36}{GENUINE.get(what, '')}", flush=True)


def measure(nodes: int = 1000) -> list[str]:
    """Measure and print; return what goals were missed."""
    missed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="zvm-bench-", ignore_cleanup_errors=True) as folder:
        chain = Chain(Path(folder))
        try:
            print(f"\n{_machine()}\n{'':<34}{'ours':<36}a genuine xCAT")
            _rates(chain, missed)
            _power_of_many(chain, nodes, missed)
            _lives(chain)
        finally:
            chain.stop()
    for text in missed:
        print(f"missed: {text}")
    return missed


def _machine() -> str:
    """Return what the figures are of: they say little without it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    return (
        f"{os.cpu_count()} processors {model}, load {os.getloadavg()[0]:.0f}, Python {sys.version.split()[0]}"
    )


def main(nodes: int = 1000) -> int:
    """Measure; return the exit status."""
    return 1 if measure(nodes) else 0


def _rates(chain: Chain, missed: list[str]) -> None:
    world = World(chain, "bench1", "BENCH1")
    world.spawn(world.upload("bench"))
    for what, target, genuine in (
        ("version", "/xcatws/version?format=json", (6.7, 7.7)),
        ("power of one node", "/xcatws/nodes/bench1/power?format=json", (1.5, 2.5)),
    ):
        for clients, theirs in zip((1, 8), genuine, strict=True):
            for kept in (True, False):
                name = f"{what}, {clients} client{'s' if clients > 1 else ''}"
                before = cpu_seconds(chain.manager.process.pid)
                begin = time.perf_counter()
                ours = rate(chain.manager.url, target, clients, kept=kept)
                count = ours * (time.perf_counter() - begin)
                cpu = 1000 * (cpu_seconds(chain.manager.process.pid) - before) / count
                shown = f"{ours:.0f}/s, {ours / theirs:.0f} times, {cpu:.1f} ms CPU"
                row(name if kept else "  a connection each", shown)
                if kept and ours < GOAL_TIMES * theirs:
                    missed.append(f"{name}: {ours:.0f}/s are not {GOAL_TIMES} times {theirs}/s")
    world.remove()


def _power_of_many(chain: Chain, nodes: int, missed: list[str]) -> None:
    names = [f"many{number:04d}" for number in range(nodes)]

    def define(name: str) -> None:
        body = [f"userid={name}", f"hcp={HCP}", "mgt=zvm", "groups=all,many"]
        chain.client.request("POST", path("nodes", name), body=body)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(define, names))
    for name in names:
        chain.simulator.smapi.call(
            "Image_Create_DM", name.upper(), image_record_array=[f"USER {name.upper()} NOLOG 64M 64M G"]
        )
    chain.forget_calls()
    target = f"/xcatws/nodes/{quote('many')}/power?format=json"
    answers = [took(lambda: _get(chain, target, nodes)) for _ in range(7)]
    calls = len(chain.calls()) / len(answers)
    median = statistics.median(answers)
    row(f"power of {nodes} nodes in one answer", f"{1000 * median:.0f} ms, {calls:.0f} CP or SMAPI calls")
    if median > GOAL_SECONDS:
        missed.append(f"power of {nodes} nodes took {1000 * median:.0f} ms, not {1000 * GOAL_SECONDS:.0f}")


def _get(chain: Chain, target: str, nodes: int) -> None:
    parts = urlsplit(chain.manager.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("GET", target, headers=_HEADERS)
    content = connection.getresponse().read()
    connection.close()
    assert content.count(b": off") == nodes, content[:300]


def _lives(chain: Chain) -> None:
    """Spawn and delete as a driver of xCAT's API does: define, create, disk, deploy, on."""
    first = World(chain, "life0", "LIFE0")
    image = first.upload("life")
    first.spawn(image)  # from here on the image is known
    world = World(chain, "life1", "LIFE1")
    chain.forget_calls()
    seconds = took(lambda: world.spawn(image))
    row("spawn, image known", f"{1000 * seconds:.0f} ms, 5 REST, {len(chain.smapi_calls())} SMAPI, 0 ssh")
    chain.forget_calls()
    seconds = took(world.remove)
    row("delete", f"{1000 * seconds:.0f} ms, 1 REST, {len(chain.smapi_calls())} SMAPI, 0 ssh")
    for count in (4, 50):
        worlds = [World(chain, f"p{count}n{number}", f"P{count}N{number}") for number in range(count)]
        with ThreadPoolExecutor(count) as threads:
            seconds = took(
                lambda threads=threads, worlds=worlds: list(threads.map(lambda w: w.spawn(image), worlds))
            )
            row(f"{count} spawns at once", f"{seconds:.1f} s")
            seconds = took(lambda threads=threads, worlds=worlds: list(threads.map(World.remove, worlds)))
            row(f"{count} deletes at once", f"{seconds:.1f} s")


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
