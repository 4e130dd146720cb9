# SPDX-License-Identifier: Apache-2.0
"""The stand-ins for a zHCP's commands, as processes, against a simulator that is a process too."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.simulator import IPL_RECORD
from zvm.simulator.linux.__main__ import COMMANDS, main

RUN = [sys.executable, "-m", "zvm.cli.main", "simulator", "run", "--instant", "--state"]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("simulator")
    with subprocess.Popen([*RUN, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@pytest.fixture(autouse=True)
def sockets(ready: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZVM_PLATFORM_SOCKET", ready["platform_socket"])
    monkeypatch.setenv("ZVM_SMAPI_SOCKET", ready["smapi_socket"])


class Ran:
    """Runs stand-ins in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.error = ""

    def __call__(self, line: str) -> tuple[int, str]:
        code = main(line.split())
        out, self.error = self._capsys.readouterr()
        return code, out


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Ran:
    return Ran(capsys)


def test_vmcp_prints_cps_answer_also_when_cp_refuses(run: Ran) -> None:
    assert run("vmcp q userid") == (0, "ZHCP     AT ZVMSIM1\n")
    assert run("vmcp q user linux99") == (1, "HCPCQU045E LINUX99 not logged on\n")
    assert run.error == "Error: non-zero CP response for command 'Q USER LINUX99': #45\n"
    assert run("vmcp") == (1, "")
    assert run("vmcp --wrong x")[0] == 1


def test_vmur(run: Ran, tmp_path: Path) -> None:
    source = tmp_path / "cfgdrive.tgz"
    source.write_bytes(b"\0\1binary")
    code, out = run(f"vmur punch -r {source} -N cfgdrive.tgz")
    assert (code, out.split()[:4]) == (0, ["Reader", "file", "with", "spoolid"])
    spoolid = out.split()[4]
    header, line = run("vmur li")[1].splitlines()
    assert header.startswith("ORIGINID FILE CLASS")
    assert (len(line.split()), line.split()[1]) == (12, spoolid)
    target = tmp_path / "out"
    assert run(f"vmur re -H {spoolid} {target}")[0] == 0
    assert target.read_bytes().rstrip(b"\0") == b"\0\1binary"
    assert run(f"vmur re {spoolid} {target}")[0] == 1
    assert "already exists" in run.error
    assert run(f"vmur re -f {spoolid} {target}")[0] == 0
    assert run(f"vmur re {spoolid}")[0] == 1
    run(f"vmur punch -r {source}")
    assert run("vmur pu -f")[0] == 0
    assert run("vmur shred") == (1, "")


def test_disks_come_online_by_hand(run: Ran) -> None:
    assert run("vmcp link maint 190 as 0f90 rr")[0] == 0
    assert "0.0.0f90" not in run("lsdasd")[1]
    assert "0.0.0f90  offline" in run("lsdasd -a")[1]
    assert run("cio_ignore -r 0.0.0f90") == (0, "")
    assert run("chccwdev -e 0.0.0f90") == (0, "Setting device 0.0.0f90 online\nDone\n")
    line = next(line for line in run("lsdasd 0f90")[1].splitlines() if line.startswith("0.0.0f90"))
    assert line.split()[1:3] == ["active(ro)", "dasda"]
    assert line.split()[-1] == str(214 * 180)
    assert run("chccwdev -d f90")[0] == 0
    assert run("chccwdev -e 0.0.1234") == (1, "Device 0.0.1234 not found\n")
    assert run("chccwdev -e nonsense")[0] == 1
    assert run("chccwdev nonsense")[0] == 1
    assert run("cio_ignore -x")[0] == 1
    assert run("cio_ignore -l")[1].startswith("Ignored devices")
    run("vmcp detach 0f90")
    assert "0f90" not in run("lsdasd -a")[1]


def test_lszfcp(run: Ran) -> None:
    assert run("lszfcp")[0] == 1
    run("vmcp attach 1fa0 to zhcp")
    run("chccwdev -e 1fa0")
    assert run("lszfcp -H") == (0, "0.0.1fa0 host0\n")
    assert run("lszfcp -P")[1].splitlines()[0] == "0.0.1fa0/0x500507630b10c1e0 rport-0:0-0"
    assert len(run("lszfcp -D")[1].splitlines()) == 6
    assert run("lszfcp --wrong")[0] == 1
    run("vmcp detach 1fa0")


def test_smcli(run: Ran, tmp_path: Path) -> None:
    assert run("smcli Query_API_Functional_Level -T MAINT") == (0, "The API functional level is z/VM V7.4\n")
    assert "ZHCP\n" in run("smcli Image_Status_Query -T *")[1]
    assert run("smcli Image_Status_Query -T NOSUCH") == (
        1,
        "Failed\n  Return Code: 0\n  Reason Code: 12\n  Description: Image not active\n",
    )
    records = tmp_path / "records"
    records.write_text("USER LINUX01 LBYONLY 512M 1G G\nINCLUDE LNXDFLT\n")
    create = f"smcli Image_Create_DM -T LINUX01 -f {records}"
    assert run(create) == (0, "Defining LINUX01 in the directory... Done\n")
    code, out = run(create)
    assert code == 1
    assert out.startswith(
        "Defining LINUX01 in the directory... Failed\n  Return Code: 400\n  Reason Code: 8\n"
    )
    disk = "-v 0100 -t 3390 -a AUTOG -r POOL1 -u 1 -z 10 -m MR -f 1"
    assert run(f"smcli Image_Disk_Create_DM -T LINUX01 {disk}") == (
        0,
        "Adding a disk to LINUX01's directory entry... Done\n",
    )
    assert "MDISK 0100 3390" in run("smcli Image_Query_DM -T LINUX01")[1]
    assert run("smcli --addRCheader Image_Query_DM -T LINUX01")[1].startswith("0 0 0 (details) None\n")
    assert run("smcli --addRCheader Image_Query_DM -T NOSUCH")[1].startswith("8 400 4 (details) ")
    assert run("smcli System_WWPN_Query -k owner=YES")[1].splitlines()[0].split()[0] == "1FA0"
    assert run("smcli Image_Delete_DM -T LINUX01 -e 0")[0] == 0
    assert "Image_Create_DM\n" in run("smcli --list")[1]
    for wrong in ("", "Nonsense", "Image_Query_DM -T", "Image_Query_DM -x 1", "Image_Delete_DM -T A -e x"):
        assert run(f"smcli {wrong}")[0] == 1


def test_iucvclnt(run: Ran, tmp_path: Path) -> None:
    records = tmp_path / "records"
    records.write_text("USER LINUX02 LBYONLY 512M 1G G\nINCLUDE LNXDFLT\nIPL 0100\n")
    run(f"smcli Image_Create_DM -T LINUX02 -f {records}")
    run("smcli Image_Disk_Create_DM -T LINUX02 -v 0100 -t 3390 -a AUTOG -r POOL1 -u 1 -z 10 -m MR -f 1")
    run("vmcp link linux02 100 as 0f00 w")
    from zvm.simulator.linux.platform import ask

    assert ask("PUT", "/devices/0F00/data", IPL_RECORD)[0] == 200
    run("vmcp detach 0f00")
    assert run("iucvclnt LINUX02 hostname")[0] == 4
    run("smcli Image_Activate -T LINUX02")
    assert run("iucvclnt LINUX02 hostname") == (0, "localhost\n")
    assert run("iucvclnt LINUX02 false") == (8, "")
    assert run("iucvclnt LINUX02 reboot") == (8, "sh: reboot: command not found\n")
    source = tmp_path / "big"
    source.write_bytes(os.urandom(5000))
    assert run(f"iucvclnt LINUX02 iucv_file_transport {source} /root/big")[0] == 0
    opened = {"execute": "guest-file-open", "arguments": {"path": "/root/big"}}
    handle = json.loads(ask("POST", "/agent/LINUX02", json.dumps(opened).encode())[1])["return"]
    read = {"execute": "guest-file-read", "arguments": {"handle": handle, "count": 9999}}
    kept = json.loads(ask("POST", "/agent/LINUX02", json.dumps(read).encode())[1])["return"]["buf-b64"]
    assert base64.b64decode(kept) == source.read_bytes()
    other = tmp_path / "allowed"
    other.write_text("SOMEBODY")
    assert run(f"iucvclnt LINUX02 iucv_file_transport {other} /etc/iucv_authorized_userid")[0] == 0
    assert run("iucvclnt LINUX02 hostname")[0] == 1
    assert run.error.startswith("UNAUTHORIZED_ERROR")
    assert run("iucvclnt")[0] == 2


def test_scripts_for_the_path_of_a_foreign_tool(tmp_path: Path, run: Ran) -> None:
    assert run(f"--install {tmp_path / 'bin'}")[0] == 0
    done = subprocess.run([tmp_path / "bin" / "vmcp", "q", "userid"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "ZHCP     AT ZVMSIM1\n")
    assert {path.name for path in (tmp_path / "bin").iterdir()} == set(COMMANDS)
    by_command = [sys.executable, "-m", "zvm.cli.main", "simulator", "linux", "vmcp", "q", "userid"]
    assert subprocess.run(by_command, capture_output=True, text=True).stdout == "ZHCP     AT ZVMSIM1\n"
    assert run("nonsense")[0] == 2


def test_without_a_socket(run: Ran, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZVM_PLATFORM_SOCKET", str(tmp_path / "none"))
    assert run("vmcp q userid")[0] == 1
    assert "does not answer" in run.error
    monkeypatch.delenv("ZVM_PLATFORM_SOCKET")
    assert run("vmcp q userid")[0] == 1
    monkeypatch.delenv("ZVM_SMAPI_SOCKET")
    assert run("smcli Image_Query_DM")[0] == 1
