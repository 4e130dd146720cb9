# SPDX-License-Identifier: Apache-2.0
"""A cluster as a process: every member's sockets, and kill -9 at any moment of a relocation."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.polling import wait_until
from tests.support.simulator import IPL_RECORD, SimulatorProcess
from zvm.smapi.client import Client
from zvm.smapi.endpoint import UnixEndpoint
from zvm.smapi.errors import OutcomeUnknown, Unreachable

CONFIG = """
[timing]
boot = 0.0
logoff = 0.0
shutdown = 0.0
memory_pass = 0.12
quiesce = 0.1

[ssi]
name = "PLEX"

[[member]]
name = "ZVM1"

[[member]]
name = "ZVM2"
"""
ENTRY = ["USER LINUX01 LBYONLY 1G 1G G", "INCLUDE LNXDFLT", "IPL 0100"]
ENTRY += ["NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1"]
DISK = {"vdev": "0100", "device_type": "3390", "allocation": "AUTOG", "area_or_volser": "POOL1", "unit": 1}


def member(simulator: SimulatorProcess, at: int) -> SimulatorProcess:
    """Return a way to talk to a member through the helpers for one system."""
    return simulator.member(simulator.ready["members"][at]["system"])


def smapi(simulator: SimulatorProcess, at: int) -> Client:
    """Return a SMAPI client of a member."""
    return Client(UnixEndpoint(simulator.ready["members"][at]["smapi_socket"]))


def deploy(simulator: SimulatorProcess) -> None:
    smapi(simulator, 0).call("Image_Create_DM", "LINUX01", image_record_array=ENTRY)
    smapi(simulator, 1).call("Image_Disk_Create_DM", "LINUX01", size=5, mode="MR", format=1, **DISK)
    first = member(simulator, 0)
    assert first.cp("LINK LINUX01 0100 F000 MR")[0] == 0
    assert first.platform("PUT", "/devices/F000/data?offset=0", IPL_RECORD)[0] == 200
    assert first.cp("DETACH F000")[0] == 0


def guests(simulator: SimulatorProcess) -> dict[str, str]:
    """Return where LINUX01 runs, by what each member says."""
    said = {}
    for at in (0, 1):
        code, text = member(simulator, at).cp("QUERY USER LINUX01")
        said[simulator.ready["members"][at]["system"]] = text.split()[-1] if code == 0 else str(code)
    return said


@pytest.fixture
def options(tmp_path: Path) -> tuple[str, str]:
    path = tmp_path / "cluster.toml"
    path.write_text(CONFIG)
    return "--config", str(path)


def test_the_members_answer_each_on_its_own_sockets(tmp_path: Path, options: tuple[str, str]) -> None:
    with SimulatorProcess(tmp_path / "state", *options) as simulator:
        assert simulator.ready["ssi"] == "PLEX"
        assert [item["system"] for item in simulator.ready["members"]] == ["ZVM1", "ZVM2"]
        deploy(simulator)
        smapi(simulator, 1).call("Image_Activate", "LINUX01")
        assert guests(simulator) == {"ZVM1": "SSI", "ZVM2": "DSC"}
        body = {"execute": "guest-ping"}
        assert member(simulator, 0).platform("POST", "/agent/LINUX01", body)[0] == 404
        assert member(simulator, 1).platform("POST", "/agent/LINUX01", body)[0] == 200

        assert simulator.control("GET", "/members")["members"][1]["state"] == "Joined"
        assert simulator.control("PUT", "/members/ZVM2", {"state": "down"})["guests"] == []
        with pytest.raises((Unreachable, OutcomeUnknown)):
            smapi(simulator, 1).call("Image_Status_Query", "*")
        assert member(simulator, 1).platform("POST", "/cp", {"command": "QUERY USERID"})[0] >= 400
        assert guests_of(simulator, "ZVM1").isdisjoint({"LINUX01"})
        smapi(simulator, 0).call("Image_Activate", "LINUX01")
        assert simulator.control("PUT", "/members/ZVM2", {"state": "Joined"})["state"] == "Joined"
        assert guests(simulator) == {"ZVM1": "DSC", "ZVM2": "SSI"}
        assert simulator.end() == 0


def guests_of(simulator: SimulatorProcess, name: str) -> set[str]:
    return set(simulator.control("GET", f"/members/{name}/inventory")["guests"])


@pytest.mark.parametrize("step", [1, 2, 3, 4, None])
def test_a_guest_runs_once_when_its_relocation_is_killed(
    tmp_path: Path, options: tuple[str, str], step: int | None
) -> None:
    """In each pass over its memory, in the quiesce, and when it has just arrived."""
    simulator = SimulatorProcess(tmp_path / "state", *options)
    with simulator:
        deploy(simulator)
        smapi(simulator, 0).call("Image_Activate", "LINUX01")
        smapi(simulator, 0).call("VMRELOCATE", "LINUX01", destination="ZVM2", action="MOVE")

        def so_far() -> bool:
            under_way = simulator.control("GET", "/members")["relocations"]
            return not under_way or (step is not None and under_way[0]["step"] >= step)

        wait_until(so_far)
        simulator.end(signal.SIGKILL)
    with simulator:
        said = guests(simulator)
        assert said in ({"ZVM1": "DSC", "ZVM2": "SSI"}, {"ZVM1": "SSI", "ZVM2": "DSC"})
        wait_until(lambda: guests(simulator) == {"ZVM1": "SSI", "ZVM2": "DSC"})
        here, there = guests_of(simulator, "ZVM1"), guests_of(simulator, "ZVM2")
        assert ("LINUX01" in here, "LINUX01" in there) == (False, True)
        assert member(simulator, 1).platform("POST", "/agent/LINUX01", {"execute": "guest-ping"})[0] == 200
        status = simulator.control("GET", "/members")
        assert status["relocations"] == []
