# SPDX-License-Identifier: Apache-2.0
"""The simulator as a process: a guest from nothing to a login prompt, over every socket, across kill -9."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.support import config_drives
from tests.support.polling import wait_until
from tests.support.simulator import IPL_RECORD, SimulatorProcess
from zvm.simulator import server

ENTRY = [
    "USER LINUX01 SECRET 2G 4G G",
    "INCLUDE LNXDFLT",
    "CPU 00 BASE",
    "CPU 01",
    "IPL 0100",
    "NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1 DEVICES 3 MACID 00AA01",
]
DISK = {
    "vdev": "0100",
    "device_type": "3390",
    "allocation": "AUTOG",
    "area_or_volser": "POOL1",
    "unit": 1,
    "size": 20,
    "mode": "MR",
    "format": 1,
}


def deploy(simulator: SimulatorProcess) -> None:
    """Make a guest with a bootable disk and its config drive in the reader, as a zHCP does it."""
    simulator.smapi.call("Image_Create_DM", "LINUX01", image_record_array=ENTRY)
    simulator.smapi.call("Image_Disk_Create_DM", "LINUX01", **DISK)
    assert simulator.cp("LINK LINUX01 0100 F000 MR") == (0, "")
    status, body = simulator.platform("PUT", "/devices/F000/data?offset=0", IPL_RECORD.ljust(100_000, b"x"))
    assert (status, json.loads(body)) == (200, {"bytes": 100_000})
    assert simulator.cp("DETACH F000")[0] == 0
    drive = config_drives.tgz(config_drives.files())
    status, body = simulator.platform("POST", "/punch?name=cfgdrive&type=tgz", drive)
    spoolid = json.loads(body)["spoolid"]
    assert simulator.cp(f"CHANGE RDR {spoolid} CLASS X")[0] == 0
    code, text = simulator.cp(f"TRANSFER RDR {spoolid} TO LINUX01 RDR")
    assert (code, text.split()[:6]) == (0, ["RDR", "FILE", spoolid, "SENT", "TO", "LINUX01"])


def test_a_guest_from_nothing_to_a_login_prompt_and_away_again(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path / "state", "--instant") as simulator:
        deploy(simulator)
        simulator.smapi.call("Image_Activate", "LINUX01")
        assert simulator.cp("QUERY USER LINUX01") == (0, "LINUX01  - DSC\n")

        console = simulator.control("GET", "/console/LINUX01")
        for text in [
            "Linux version",
            "hostname linux01",
            "enc1000 02:00:06:00:aa:01 10.1.0.5/24",
            "linux01 login:",
        ]:
            assert text in console
        status, body = simulator.platform(
            "POST", "/agent/LINUX01", {"execute": "guest-network-get-interfaces"}
        )
        assert status == 200
        assert json.loads(body)["return"][1]["ip-addresses"][0]["ip-address"] == "10.1.0.5"
        assert simulator.smapi.call("Image_Status_Query", "*").values["imageNameList"][-1] == "LINUX01"

        before = simulator.control("GET", "/inventory")
        assert before["guests"]["LINUX01"]["linux"]["hostname"] == "linux01"
        assert simulator.end(signal.SIGKILL) == -signal.SIGKILL
        simulator.start()
        after = simulator.control("GET", "/inventory")
        assert {**after, "counters": 0} == {**before, "counters": 0}

        simulator.cp("FORCE LINUX01 IMMEDIATE")
        assert simulator.cp("QUERY USER LINUX01") == (45, "HCPCQU045E LINUX01 not logged on\n")
        assert simulator.end() == 0


def test_time_passes_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[timing]\nboot = 0.5\nlogoff = 0.2\n")
    with SimulatorProcess(tmp_path / "state", "--config", str(config)) as simulator:
        deploy(simulator)
        simulator.smapi.call("Image_Activate", "LINUX01")
        assert simulator.platform("POST", "/agent/LINUX01", {"execute": "guest-ping"})[0] == 503
        simulator.end(signal.SIGKILL)
        simulator.start()
        wait_until(lambda: simulator.platform("POST", "/agent/LINUX01", {"execute": "guest-ping"})[0] == 200)

        simulator.smapi.call("Image_Deactivate", "LINUX01", force_time="IMMED")
        assert simulator.cp("QUERY USER LINUX01") == (
            361,
            "HCPCQU361E LOGOFF/FORCE pending for user LINUX01\n",
        )
        wait_until(lambda: simulator.cp("QUERY USER LINUX01")[0] == 45)
        assert simulator.platform("POST", "/agent/LINUX01", {"execute": "guest-ping"})[0] == 404


def test_a_state_folder_whose_path_is_too_long_for_sockets(tmp_path: Path) -> None:
    state = tmp_path / ("a" * 100) / "state"
    with SimulatorProcess(state, "--instant") as simulator:
        folder = Path(simulator.ready["platform_socket"]).parent
        assert folder.stat().st_mode & 0o777 == 0o700
        assert simulator.cp("QUERY USERID")[0] == 0
        simulator.end(signal.SIGKILL)
        simulator.start()
        assert simulator.smapi.call("Query_API_Functional_Level", "MAINT").rc == 0
        assert simulator.end() == 0
    assert not folder.exists()


def test_a_socket_whose_path_is_too_long(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / ("a" * 100)
    assert server.main(["--state", str(tmp_path), "--smapi-socket", str(path)]) == 2
    assert f"at most 107 octets, this one {len(str(path))}" in capsys.readouterr().err


def test_calls_are_counted_and_faults_met(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path / "state", "--instant") as simulator:
        simulator.cp("QUERY USERID")
        simulator.smapi.call("Query_API_Functional_Level", "MAINT")
        kinds = [call["kind"] for call in simulator.control("GET", "/calls")]
        assert kinds == ["cp", "smapi"]
        assert simulator.control("DELETE", "/calls") == []
        simulator.control("POST", "/faults", {"function": "Image_Status_Query", "rc": 596, "rs": 6312})
        assert len(simulator.control("GET", "/faults")) == 1
        assert simulator.control("POST", "/settings", {"boot": 2.5})["boot"] == 2.5
        simulator.control("POST", "/ipl")
        assert "LINUX01" not in simulator.control("GET", "/inventory")["guests"]


def test_disks_are_streamed_and_guarded(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path / "state", "--instant") as simulator:
        simulator.smapi.call("Image_Create_DM", "LINUX01", image_record_array=ENTRY)
        simulator.smapi.call("Image_Disk_Create_DM", "LINUX01", **DISK)
        simulator.cp("LINK LINUX01 0100 F000 MR")
        data = bytes(range(256)) * 20_000
        assert simulator.platform("PUT", "/devices/F000/data?offset=4096", data)[0] == 200
        status, body = simulator.platform("GET", f"/devices/F000/data?offset=4096&length={len(data)}")
        assert (status, body) == (200, data)
        described = json.loads(simulator.platform("GET", "/devices/F000")[1])
        assert described == {
            "vdev": "F000",
            "type": "3390",
            "cylinders": 20,
            "bytes": 20 * 737280,
            "access": "R/W",
        }
        assert simulator.platform("PUT", f"/devices/F000/data?offset={20 * 737280 - 1}", b"ab")[0] == 400
        simulator.cp("DETACH F000")
        assert simulator.platform("GET", "/devices/F000")[0] == 404
        simulator.cp("LINK LINUX01 0100 F000 RR")
        assert simulator.platform("PUT", "/devices/F000/data?offset=0", b"ab")[0] == 403
        digest = simulator.control("GET", "/volumes/ZVM001/sha256?start_cyl=1&bytes=4096")["sha256"]
        assert digest == "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"
