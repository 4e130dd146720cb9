# SPDX-License-Identifier: Apache-2.0
"""How quick and how large the simulator is: calls a second, a system of thousands of guests, FLASHCOPY.

The simulator is a process of its own without latency; the client shares the machine with it.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.simulator import IPL_RECORD, SimulatorProcess

from zvm.simulator.config import load_config
from zvm.smapi.aio import AsyncClient
from zvm.smapi.endpoint import UnixEndpoint

DEFINED, LOGGED_ON = 10_000, 2_000
_CYLINDER = 737_280
_DISK = 6
#: 10 GiB and a little, in cylinders.
_TEN_GIB = 14_564
_MB = 1 << 20


def report(what: str, value: float, unit: str, limit: float | None = None) -> None:
    """Print a figure, and fail when it is above its limit."""
    print(f"{what:<58} {value:10.1f} {unit:<8}" + (f" (limit {limit:g})" if limit is not None else ""))
    assert limit is None or value < limit, f"{what}: {value} {unit} is not below {limit}"


def milliseconds(work: Callable[[], object], times: int = 20) -> float:
    """Return how long ``work`` takes, the median of so many times."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def resident(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def cp(simulator: SimulatorProcess, command: str) -> None:
    """Run a CP command that must answer."""
    status, _ = simulator.platform("POST", "/cp", {"command": command})
    assert status == 200


def test_calls_per_second(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path, "--instant") as simulator:
        client = AsyncClient(UnixEndpoint(simulator.ready["smapi_socket"]))

        async def many(count: int, at_once: int, function: str, target: str) -> float:
            async def some() -> None:
                for _ in range(count // at_once):
                    await client.call(function, target)

            start = time.perf_counter()
            await asyncio.gather(*(some() for _ in range(at_once)))
            return count / (time.perf_counter() - start)

        for at_once in (1, 16):
            for function, target in (("Query_API_Functional_Level", "MAINT"), ("Image_Query_DM", "ZHCP")):
                rate = asyncio.run(many(3200, at_once, function, target))
                report(f"{function}, {at_once} connections at once", rate, "calls/s")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a system with thousands of guests, most of the logged-on ones with their Linux up."""
    folder = tmp_path_factory.mktemp("large")
    names = [f"L{number:05}" for number in range(DEFINED)]
    entries = [
        f"USER {name} LBYONLY 1G 2G G\nINCLUDE LNXDFLT\nCPU 00 BASE\nIPL 0100\n"
        f"NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1 MACID {number:06X}\n"
        f"MDISK 0100 3390 {1 + number * _DISK} {_DISK} BIG001 MR\n"
        for number, name in enumerate(names)
    ]
    logon = [*load_config().logon, *names[:LOGGED_ON]]
    text = load_config().directory + "".join(entries)
    tables = f'[ipl]\nlogon = {logon!r}\n[directory]\ntext = """\n{text}"""\n'
    tables += '[[volume]]\nvolser = "M01RES"\ndevtype = "3390"\ncylinders = 10017\nrdev = "1000"\n'
    tables += '[[volume]]\nvolser = "BIG001"\ndevtype = "3390"\ncylinders = 65520\nrdev = "2001"\n'
    tables = tables + '[[pool]]\nname = "POOL1"\nregions = ["BIG001"]\n'
    (folder / "large.toml").write_text(tables)
    (folder / "state" / "volumes").mkdir(parents=True)
    with (folder / "state" / "volumes" / "BIG001.dasd").open("wb") as volume:
        for number in range(LOGGED_ON):
            volume.seek((1 + number * _DISK) * _CYLINDER)
            volume.write(IPL_RECORD)
    start = time.perf_counter()
    with SimulatorProcess(folder / "state", "--instant", "--config", str(folder / "large.toml")) as simulator:
        report(f"installing {DEFINED} guests and booting {LOGGED_ON}", time.perf_counter() - start, "s")
        simulator.end()
    return folder


def test_a_system_of_thousands_of_guests(large: Path) -> None:
    options = ("--instant", "--config", str(large / "large.toml"))
    start = time.perf_counter()
    with SimulatorProcess(large / "state", *options) as simulator:
        report("start on that state", time.perf_counter() - start, "s", 5.0)
        smapi = simulator.smapi
        names = smapi.call("Image_Status_Query", "*").values["imageNameList"]
        assert len(names) > LOGGED_ON
        took = milliseconds(lambda: smapi.call("Image_Status_Query", "*"))
        report(f"Image_Status_Query * with {len(names)} logged on", took, "ms", 50)
        report("QUERY NAMES", milliseconds(lambda: cp(simulator, "QUERY NAMES")), "ms", 50)
        report("QUERY USER of one", milliseconds(lambda: cp(simulator, "QUERY USER L00001")), "ms", 50)
        one = milliseconds(lambda: smapi.call("Image_Query_DM", "L00001"))
        report("Image_Query_DM of one", one, "ms", 50)
        report("resident memory", resident(simulator.pid), "MiB", 600)


def test_flashcopy(tmp_path: Path) -> None:
    tables = "".join(
        f'[[volume]]\nvolser = "{volser}"\ndevtype = "3390"\ncylinders = 30051\nrdev = "{rdev}"\n'
        for volser, rdev in (("M01RES", "1000"), ("BIG001", "2001"))
    )
    (tmp_path / "big.toml").write_text(f'{tables}[[pool]]\nname = "POOL1"\nregions = ["BIG001"]\n')
    options = ("--instant", "--config", str(tmp_path / "big.toml"))
    with SimulatorProcess(tmp_path / "state", *options) as simulator:
        smapi = simulator.smapi
        smapi.call("Image_Create_DM", "LINUX01", image_record_array=["USER LINUX01 LBYONLY 1G 1G G"])
        for vdev in ("0100", "0200"):
            smapi.call(
                "Image_Disk_Create_DM",
                "LINUX01",
                vdev=vdev,
                device_type="3390",
                allocation="AUTOG",
                area_or_volser="POOL1",
                unit=1,
                size=_TEN_GIB,
                mode="MR",
                format=1,
            )
            cp(simulator, f"LINK LINUX01 {vdev} AS F{vdev[1:]} MW")
        assert simulator.platform("PUT", "/devices/F100/data", b"x" * 64 * _MB)[0] == 200
        start = time.perf_counter()
        _, answer = simulator.platform("POST", "/cp", {"command": "FLASHCOPY F100 0 END TO F200 0 END"})
        took = (time.perf_counter() - start) * 1000
        assert b'"rc":0' in answer
        report("FLASHCOPY of 10 GiB", took, "ms", 50)
        assert simulator.platform("GET", f"/devices/F200/data?offset={63 * _MB}&length=1")[1] == b"x"
