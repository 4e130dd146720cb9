# SPDX-License-Identifier: Apache-2.0
"""The script that a guest runs at each start, in a folder that looks like a guest's /sys and /dev."""

from __future__ import annotations

import json
import os
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from zvm.nova import configdrive

SCRIPT = resources.files("zvm.nova").joinpath("prepare_disks.sh").read_text("ascii")
_TOOLS = ("chzdev", "dasdfmt", "mkswap", "swapon", "mkfs.ext4", "mount", "blkid", "fdasd")


class Guest:
    """Disks in ``folder``, and tools that write down how they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        (folder / "dev").mkdir()
        for tool in _TOOLS:
            (folder / "bin" / tool).write_text(f'#!/bin/sh\necho {tool} "$@" >>"$0".calls\n')
        self._extend("blkid", 'for word in "$@"; do :; done; cat "$word.type" 2>/dev/null')
        self._extend("fdasd", 'for word in "$@"; do :; done; : >"${word}1"')
        for tool in _TOOLS:
            (folder / "bin" / tool).chmod(0o755)

    def _extend(self, tool: str, line: str) -> None:
        with (self.folder / "bin" / tool).open("a") as file:
            file.write(line + "\n")

    def disk(self, vdev: str, name: str, discipline: str = "ECKD", status: str = "unformatted") -> Path:
        device = self.folder / "sys" / f"0.0.{vdev}"
        (device / "block" / name).mkdir(parents=True)
        (device / "discipline").write_text(discipline + "\n")
        (device / "status").write_text(status + "\n")
        node = self.folder / "dev" / name
        node.touch()
        return node

    def run(self) -> list[str]:
        environment = {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "ZVM_CCW_DEVICES": f"{self.folder}/sys",
            "ZVM_DEV": f"{self.folder}/dev",
            "ZVM_MOUNT": f"{self.folder}/mnt",
        }
        subprocess.run(["/bin/sh", "-c", SCRIPT], env=environment, check=True, timeout=60)
        return self.calls()

    def calls(self, but: tuple[str, ...] = ("chzdev", "blkid")) -> list[str]:
        found = []
        for tool in _TOOLS:
            file = self.folder / "bin" / f"{tool}.calls"
            if tool not in but and file.exists():
                found += file.read_text().replace(f"{self.folder}/", "").splitlines()
        return found


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    return Guest(tmp_path)


def test_blank_disks(guest: Guest) -> None:
    guest.disk("0101", "dasdb")
    guest.disk("0102", "dasdc", "FBA", "online")
    guest.disk("0110", "dasdd")
    assert guest.run() == [
        "dasdfmt -y -q -b 4096 -d cdl dev/dasdb",
        "dasdfmt -y -q -b 4096 -d cdl dev/dasdd",
        "mkswap -L swap dev/dasdd1",
        "swapon dev/dasdd1",
        "mkfs.ext4 -q -F -L ephemeral0 dev/dasdb1",
        "mkfs.ext4 -q -F -L ephemeral1 dev/dasdc",
        "mount dev/dasdb1 mnt",
        "mount dev/dasdc mnt/ephemeral1",
        "fdasd -s -a dev/dasdb",
        "fdasd -s -a dev/dasdd",
    ]


def test_what_is_on_a_disk_stays(guest: Guest) -> None:
    for vdev, name, kind in (("0101", "dasdb", "ext4"), ("0110", "dasdd", "swap")):
        disk = guest.disk(vdev, name, status="online")
        disk.with_name(f"{name}1").touch()
        disk.with_name(f"{name}1.type").write_text(kind)
    assert guest.run() == ["swapon dev/dasdd1", "mount dev/dasdb1 mnt"]


def test_a_guest_without_them(guest: Guest) -> None:
    guest.disk("0100", "dasda")
    assert guest.run() == []


@pytest.mark.parametrize("given", [{}, {"cloud-init": "#!/bin/sh\n"}, {"cloud-init": ["a", "b"], "x": 1}])
def test_the_operators_vendor_data_stay(given: dict) -> None:
    found = configdrive.vendor_data(given)
    parts = found["cloud-init"] if isinstance(found["cloud-init"], list) else [found["cloud-init"]]
    theirs = given.get("cloud-init", [])
    assert parts[:-1] == ([theirs] if isinstance(theirs, str) else theirs)
    assert found.get("x") == given.get("x")
    first, _, text = parts[-1].partition("\n")
    assert (first, json.loads(text)["bootcmd"]) == (
        "#cloud-config",
        [["sh", "-c", SCRIPT, configdrive.PREPARE_DISKS]],
    )
