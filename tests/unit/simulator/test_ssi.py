# SPDX-License-Identifier: Apache-2.0
"""A cluster: one directory and one logon for all members, their states, and what is said about them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.simulator.clusters import NIC, SSI, Cluster
from tests.unit.simulator.worlds import SMALL, config
from zvm.simulator.config import ConfigError


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.ssi.close()


def test_every_member_has_its_own_system_userids(cluster: Cluster) -> None:
    for name in ("ZVM1", "ZVM2", "ZVM3"):
        assert cluster.cp(name, "QUERY USERID") == (0, f"ZHCP     AT {name}\n")
        assert cluster.cp(name, "QUERY USER MAINT") == (0, "MAINT    - DSC\n")
        assert "- SSI" not in cluster.cp(name, "QUERY NAMES")[1]
    assert cluster.where("OPERATOR") == ["ZVM1", "ZVM2", "ZVM3"]


def test_a_user_is_logged_on_once_in_the_cluster(cluster: Cluster) -> None:
    cluster.define()
    assert cluster.cp("ZVM2", "XAUTOLOG LINUX01") == (0, "Command accepted\n")
    refused = "HCPAUT054E LINUX01 already logged on at ZVM2\n"
    assert cluster.cp("ZVM1", "XAUTOLOG LINUX01") == (54, refused)
    assert cluster.codes("ZVM3", "Image_Activate", "LINUX01") == (200, 8)
    assert cluster.cp("ZVM1", "QUERY USER LINUX01") == (0, "LINUX01  - SSI\n")
    assert cluster.cp("ZVM2", "QUERY USER LINUX01") == (0, "LINUX01  - DSC\n")
    assert "LINUX01  - SSI" in cluster.cp("ZVM1", "QUERY NAMES")[1]
    assert "LINUX01" not in cluster.call("ZVM1", "Image_Status_Query", "*").values["imageNameList"]
    assert cluster.cp("ZVM2", "FORCE LINUX01 IMMEDIATE")[0] == 0
    assert cluster.cp("ZVM1", "XAUTOLOG LINUX01")[0] == 0
    assert cluster.where("LINUX01") == ["ZVM1"]


def test_directory_and_disks_are_the_same_everywhere(cluster: Cluster) -> None:
    cluster.define()
    assert cluster.cp("ZVM1", "LINK LINUX01 0100 F000 W") == (0, "")
    code, text = cluster.cp("ZVM3", "LINK LINUX01 0100 F000 W")
    assert (code, text) == (104, "HCPLNM104E LINUX01 0100 not linked; R/W by ZHCP\n")
    links = cluster.call("ZVM2", "Image_MDISK_Link_Query", "LINUX01", vdev="0100").values["mdiskLinkList"]
    assert [line.split() for line in links] == [["ZVM1", "ZHCP", "F000", "WRITE"]]


def test_what_linux_was_installed_is_found_by_another_member(cluster: Cluster) -> None:
    cluster.define("LINUX01", NIC)
    cluster["ZVM1"].guests.logon("LINUX01")
    machine = cluster["ZVM1"].guests.get("LINUX01")
    assert machine
    linux = cluster["ZVM1"].guests.linux(machine)
    assert linux
    linux.hostname = "kept"
    cluster["ZVM1"].guests.force("LINUX01")
    cluster.restart()
    machine = cluster["ZVM3"].guests.logon("LINUX01")
    assert "kept login:" in machine.console.lines[-1]


def test_virtual_disks_are_each_members_own(cluster: Cluster) -> None:
    records = ["IDENTITY TWICE LBYONLY 64M 64M G", "MDISK 0300 FB-512 V-DISK 2048 MR"]
    assert cluster.codes("ZVM1", "Image_Create_DM", "TWICE", image_record_array=records) == (0, 0)
    for name in ("ZVM1", "ZVM2"):
        assert cluster.cp(name, "XAUTOLOG TWICE")[0] == 0
    first, second = (cluster[name].guests.get("TWICE") for name in ("ZVM1", "ZVM2"))
    assert first
    assert second
    cluster["ZVM1"].dasd.write(first.disks[0].extent, 0, b"first")
    assert cluster["ZVM2"].dasd.read(second.disks[0].extent, 0, 5) == bytes(5)
    assert cluster.cp("ZVM1", "FORCE TWICE IMMEDIATE")[0] == 0
    assert cluster["ZVM2"].dasd.read(second.disks[0].extent, 0, 5) == bytes(5)
    assert cluster.cp("ZVM2", "FORCE TWICE IMMEDIATE")[0] == 0


def test_a_member_that_goes_down_loses_its_guests(cluster: Cluster) -> None:
    cluster.define("LINUX01")
    cluster.define("LINUX02")
    cluster["ZVM1"].guests.logon("LINUX01")
    cluster["ZVM2"].guests.logon("LINUX02")
    heard = cluster["ZVM1"].events.subscribe("")
    cluster.ssi.leave(cluster["ZVM2"])
    assert heard.queue.qsize() == 1
    assert cluster["ZVM2"].down
    assert cluster["ZVM2"].guests.logged_on() == []
    assert cluster.where("LINUX01") == ["ZVM1"]
    cluster.restart()
    assert cluster["ZVM2"].down
    assert "   2 ZVM2     Down\n" in cluster.cp("ZVM1", "QUERY SSI")[1]
    assert cluster.cp("ZVM3", "XAUTOLOG LINUX02")[0] == 0
    cluster.ssi.join(cluster["ZVM2"])
    assert cluster.cp("ZVM2", "QUERY USER LINUX02") == (0, "LINUX02  - SSI\n")
    assert cluster.cp("ZVM2", "QUERY USER OPERATOR")[0] == 0


def test_the_cluster_describes_itself(cluster: Cluster) -> None:
    text = cluster.cp("ZVM1", "QUERY SSI")[1].splitlines()
    assert text[:4] == [
        "SSI Name: PLEX",
        "SSI Mode: Stable",
        "Cross-System Timeouts: Enabled",
        "SSI Persistent Data Record (PDR) device: M01RES on 1000",
    ]
    assert [line.split()[:3] for line in text[5:]] == [
        [str(slot), f"ZVM{slot}", "Joined"] for slot in (1, 2, 3)
    ]
    cluster.ssi.leave(cluster["ZVM3"])
    values = cluster.call("ZVM1", "SSI_Query", "ALL").values
    assert (values["ssi_name"], values["ssi_mode"], values["ssi_pdr"]) == ("PLEX", "Stable", "M01RES on 1000")
    assert [len(line.split()) for line in values["ssiInfo"]] == [5, 5, 3]


def test_a_command_for_another_member(cluster: Cluster) -> None:
    cluster.define()
    assert cluster.cp("ZVM1", "AT ZVM3 CMD XAUTOLOG LINUX01") == (0, "Command accepted\n")
    assert cluster.where("LINUX01") == ["ZVM3"]
    assert cluster.cp("ZVM1", "AT ZVM2 CMD FORCE LINUX01 IMMED")[0] == 45
    assert cluster.cp("ZVM1", "AT ZVM9 CMD QUERY USERID")[0] == 3


def test_equivalency_ids(cluster: Cluster) -> None:
    def asked(member: str, **parameters: str) -> list[str]:
        found = cluster.call(member, "System_EQID_Query", **parameters)
        assert (found.rc, found.rs) == (0, 0)
        lines: list[str] = found.values["eqidInfoStructureArray"]
        return lines

    assert asked("ZVM1", eqid_for="ALL") == ["00600 NET1", "01FA0 SAN1"]
    assert asked("ZVM2", eqid_for="RDEV", eqid_target="01FA1") == ["01FA1 SAN1"]
    assert asked("ZVM2", eqid_for="EQID", eqid_target="SAN1") == ["SAN1 01FA1"]
    assert cluster.codes("ZVM3", "System_EQID_Query", eqid_for="ALL") == (4, 8)
    bad = cluster.call("ZVM1", "System_EQID_Query", eqid_for="RDEV", eqid_target="00600,9999")
    assert (bad.rc, bad.rs, bad.values["error"]) == (8, 3003, "UNKNOWN_PARAMETER_OPERAND=00600,9999")


@pytest.mark.parametrize(
    "text",
    [
        '[ssi]\nname = "PLEX"\n',
        '[[member]]\nname = "ZVM1"\n',
        SSI.replace('"ZVM2"', '"ZVM1"', 1),
        SSI.replace('members = ["ZVM1", "ZVM2"]', 'members = ["ZVM9"]'),
        SSI.replace('storage = "8G"', 'colour = "blue"'),
        SSI.replace('name = "ZVM3"', 'name = "zvm3"'),
        SSI.replace('name = "ZVM3"', 'name = "../../ZVM3"'),
        '[ssi]\nname = "PLEX"\n' + "".join(f'[[member]]\nname = "ZVM{n}"\n' for n in range(9)),
    ],
)
def test_clusters_that_cannot_be(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        config(tmp_path, SMALL + text)
