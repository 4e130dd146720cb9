# SPDX-License-Identifier: Apache-2.0
"""Live guest relocation: what moves with a guest, what keeps it from moving, and what may come in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.simulator.clusters import NIC, Cluster
from zvm.simulator.vswitch import Vswitch

MOVE = "VMRELOCATE MOVE LINUX01 TO ZVM2"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster in which a relocation takes three passes and a quiesce, with a guest on ZVM1."""
    cluster = Cluster(tmp_path, memory_pass=1.0, quiesce=0.5)
    cluster.define("LINUX01", NIC)
    cluster["ZVM1"].guests.logon("LINUX01")
    cluster.tick()
    yield cluster
    cluster.ssi.close()


def numbers(cluster: Cluster, target: str = "ZVM2", **parameters: str) -> str:
    """Return the message numbers with which a test of LINUX01 is refused, or "" when it is eligible."""
    found = cluster.call("ZVM1", "VMRELOCATE", "LINUX01", destination=target, action="TEST", **parameters)
    assert (found.rc, found.rs) in ((0, 0), (4, 3000)), found
    return str(found.values.get("error", ""))


def test_a_move_in_passes_with_everything_the_guest_has(cluster: Cluster) -> None:
    machine = cluster["ZVM1"].guests.get("LINUX01")
    assert machine
    before = (machine.console.lines, machine.devices, machine.logon_time, machine.booted)
    cluster["ZVM1"].spool.create("LINUX01", b"card", origin="ZHCP")
    mac = cluster["ZVM1"].network.adapters("LINUX01")[0].mac
    assert cluster.cp("ZVM1", MOVE) == (0, "Relocation of LINUX01 from ZVM1 to ZVM2 started\n")
    for status in ("Moving Memory, Pass 1", "Moving Memory, Pass 2", "Moving Memory, Pass 3", "Quiescing"):
        line = cluster.cp("ZVM1", "VMRELOCATE STATUS")[1].splitlines()[1]
        assert line.startswith("LINUX01  ZVM1     ZVM2     ZHCP     ")
        assert line.endswith(f" {status}")
        assert cluster.where("LINUX01") == ["ZVM1"]
        cluster.tick()
    assert cluster.where("LINUX01") == ["ZVM2"]
    assert cluster.cp("ZVM1", "VMRELOCATE STATUS") == (0, "No active relocations found\n")
    assert cluster.cp("ZVM1", "QUERY USER LINUX01") == (0, "LINUX01  - SSI\n")
    moved = cluster["ZVM2"].guests.get("LINUX01")
    assert moved
    assert (moved.console.lines, moved.devices, moved.logon_time, moved.booted) == before
    assert cluster["ZVM2"].guests.linux(moved)
    adapter = cluster["ZVM2"].network.adapters("LINUX01")[0]
    assert (adapter.mac, adapter.lan_name, adapter.port) == (mac, "XCATVSW1", 2)
    assert cluster["ZVM1"].network.adapters("LINUX01") == []
    assert "0001" in cluster.cp("ZVM2", "QUERY RDR LINUX01")[1]
    issuer = cluster["ZVM1"].guests.get("ZHCP")
    assert issuer
    assert issuer.console.lines[-1] == "User LINUX01 has been relocated from ZVM1 to ZVM2"


def test_both_sides_hear_of_it(cluster: Cluster) -> None:
    cluster.cp("ZVM1", MOVE)
    for _ in range(4):
        cluster.tick()
    assert list(cluster["ZVM1"].events.recent)[-2:] == [
        "outbound relocation started LINUX01 ZVM2",
        "outbound relocation ended LINUX01 ZVM2",
    ]
    assert list(cluster["ZVM2"].events.recent)[-1] == "inbound relocation ended LINUX01 ZVM1"


def test_by_smapi(cluster: Cluster) -> None:
    assert numbers(cluster) == ""
    assert cluster.codes("ZVM1", "VMRELOCATE_Status", status_target="ALL") == (4, 3001)
    move = {"destination": "zvm2", "action": "MOVE", "max_total": "NOLIMIT", "max_quiesce": "30"}
    assert cluster.codes("ZVM1", "VMRELOCATE", "LINUX01", **move) == (0, 0)
    status = cluster.call("ZVM1", "VMRELOCATE_Status", status_target="LINUX01").values["relocationStatus"]
    assert status[0].split()[:4] == ["LINUX01", "ZVM1", "ZVM2", "ZHCP"]
    assert cluster.codes("ZVM1", "VMRELOCATE_Modify", "LINUX01", max_total="500") == (0, 0)
    assert cluster.codes("ZVM1", "VMRELOCATE", "LINUX01", action="CANCEL") == (0, 0)
    assert cluster.codes("ZVM1", "VMRELOCATE", "LINUX01", action="CANCEL") == (8, 3000)
    modified = cluster.call("ZVM1", "VMRELOCATE_Modify", "LINUX01", max_total="500", max_quiesce="400")
    assert (modified.rc, modified.rs, modified.values["error"]) == (8, 3010, "1926")
    cluster.tick()
    assert cluster.where("LINUX01") == ["ZVM1"]


def test_cancel_and_modify_by_cp(cluster: Cluster) -> None:
    assert cluster.cp("ZVM1", "VMRELOCATE CANCEL LINUX01")[0] == 1926
    cluster.cp("ZVM1", MOVE)
    assert cluster.cp("ZVM1", "VMRELO MOD LINUX01 MAXT 0 MAXQ NOLIM")[0] == 0
    cluster.tick()
    assert cluster.cp("ZVM1", "VMRELOCATE STATUS")[1] == "No active relocations found\n"
    cluster.cp("ZVM1", MOVE)
    cancelled = (0, "Relocation of LINUX01 from ZVM1 to ZVM2 has been cancelled\n")
    assert cluster.cp("ZVM3", "VMRELOCATE CANCEL USER LINUX01") == cancelled
    assert cluster.where("LINUX01") == ["ZVM1"]
    assert list(cluster["ZVM2"].events.recent)[-1] == "inbound relocation failed LINUX01"


def test_limits(cluster: Cluster) -> None:
    cluster.cp("ZVM1", f"{MOVE} MAXQUIESCE 0")
    for _ in range(4):
        cluster.tick()
    assert cluster.where("LINUX01") == ["ZVM1"]
    assert cluster.cp("ZVM1", f"{MOVE} IMMEDIATE")[0] == 0
    for _ in range(2):
        cluster.tick()
    assert cluster.where("LINUX01") == ["ZVM2"]


def test_one_relocation_at_a_time(cluster: Cluster) -> None:
    cluster.cp("ZVM1", MOVE)
    code, text = cluster.cp("ZVM1", "VMRELOCATE LINUX01 ZVM3")
    assert code == 1940
    assert "it is being relocated already" in text


@pytest.mark.parametrize("steps", [0, 1, 3, 4])
def test_a_restart_in_the_middle(cluster: Cluster, steps: int) -> None:
    cluster.cp("ZVM1", MOVE)
    for _ in range(steps):
        cluster.tick()
    cluster.restart()
    assert len(cluster.where("LINUX01")) == 1
    for _ in range(4 - steps):
        cluster.tick()
    assert cluster.where("LINUX01") == ["ZVM2"]
    assert cluster["ZVM2"].network.adapters("LINUX01")[0].coupled


def test_a_guest_that_ends_ends_its_relocation(cluster: Cluster) -> None:
    cluster.cp("ZVM1", MOVE)
    cluster["ZVM1"].guests.force("LINUX01")
    cluster["ZVM3"].guests.logon("LINUX01")
    for _ in range(4):
        cluster.tick()
    assert cluster.where("LINUX01") == ["ZVM3"]


def test_members_that_go_down_meanwhile(cluster: Cluster) -> None:
    cluster.cp("ZVM1", MOVE)
    cluster.ssi.leave(cluster["ZVM2"])
    for _ in range(4):
        cluster.tick()
    assert cluster.where("LINUX01") == ["ZVM1"]
    cluster.ssi.join(cluster["ZVM2"])
    cluster.cp("ZVM1", MOVE)
    cluster.ssi.leave(cluster["ZVM1"])
    cluster.tick()
    assert cluster.where("LINUX01") == []


def test_why_a_guest_does_not_move(cluster: Cluster) -> None:
    assert numbers(cluster, "ZVM1") == "1940 1981"
    assert numbers(cluster, "ZVM3") == "1940 1981"  # no EQID for its OSA
    machine = cluster["ZVM1"].guests.get("LINUX01")
    assert machine
    cluster["ZVM1"].guests.stop("LINUX01")
    assert numbers(cluster) == ""
    cluster["ZVM1"].guests.restart(machine)
    assert numbers(cluster) == "1940 1996"
    cluster["ZVM1"].guests.reboot(machine)
    cluster.tick()
    cluster["ZVM2"].network.delete_vswitch("XCATVSW1")
    assert numbers(cluster) == "1940 1981"
    cluster["ZVM2"].network.create_vswitch(Vswitch("XCATVSW1", rdevs=["0600"]))
    assert numbers(cluster) == ""
    cluster.ssi.leave(cluster["ZVM2"])
    assert numbers(cluster) == "1940 1981"
    assert cluster.codes("ZVM1", "VMRELOCATE", "LINUX01", destination="ZVM9", action="TEST") == (8, 3000)
    assert cluster.codes("ZVM1", "VMRELOCATE", "LINUX09", destination="ZVM2", action="TEST") == (8, 3000)
    code, text = cluster.cp("ZVM1", "VMRELOCATE TEST MAINT ZVM3")
    assert code == 1940
    assert text.splitlines() == [
        "HCPRLH1940E MAINT is not relocatable for the following reason(s):",
        "HCPRLI1996I MAINT: it is no single-configuration virtual machine",
        "HCPRLI1981I MAINT: it is logged on to ZVM3",
    ]


def test_domains_and_what_is_forced(cluster: Cluster) -> None:
    assert cluster.cp("ZVM1", "SET VMRELOCATE LINUX01 ON DOMAIN ZVM1") == (
        0,
        "Running on member ZVM1; Relocation ON; Domain ZVM1\n",
    )
    assert numbers(cluster) == "1940 1944"
    assert numbers(cluster, force="DOMAIN STORAGE") == ""
    assert cluster.codes("ZVM1", "VMRELOCATE_Image_Attributes", "LINUX01", domain_name="PAIR") == (0, 0)
    assert numbers(cluster) == ""
    assert cluster.cp("ZVM1", "SET VMRELOCATE LINUX01 OFF")[0] == 0
    assert numbers(cluster) == "1940 1996"
    attributes = {"relocation_setting": "ON", "domain_name": "SSI", "archforce": "NO"}
    assert cluster.codes("ZVM1", "VMRELOCATE_Image_Attributes", "LINUX01", **attributes) == (0, 0)
    assert cluster.codes("ZVM1", "VMRELOCATE_Image_Attributes", "LINUX01", domain_name="NONE") == (8, 1821)
    assert cluster.codes("ZVM1", "VMRELOCATE_Image_Attributes", "LINUX01", domain_name="ZVM3") == (8, 1822)
    assert cluster.codes("ZVM1", "VMRELOCATE_Image_Attributes", "LINUX09", domain_name="SSI") == (8, 12)


def test_storage_of_the_destination(cluster: Cluster) -> None:
    cluster.define("LINUX02")
    machine = cluster["ZVM1"].guests.logon("LINUX02")
    machine.storage = 16 << 30
    test = {"destination": "ZVM3", "action": "TEST"}
    refused = cluster.call("ZVM1", "VMRELOCATE", "LINUX02", **test)
    assert (refused.rc, refused.rs, refused.values["error"]) == (4, 3000, "1940 1981")
    assert cluster.codes("ZVM1", "VMRELOCATE", "LINUX02", **test, force="STORAGE") == (0, 0)


def test_dedicated_devices_need_an_equivalent(cluster: Cluster) -> None:
    assert cluster.cp("ZVM1", "ATTACH 1FA0 TO LINUX01 2000")[0] == 0
    assert cluster.cp("ZVM2", "ATTACH 1FA1 TO MAINT 2000")[0] == 0
    assert numbers(cluster) == "1940 1996"
    maint = cluster["ZVM2"].guests.get("MAINT")
    assert maint
    del maint.devices["2000"]
    assert cluster.cp("ZVM2", "VARY OFF 1FA1")[0] == 0
    assert numbers(cluster) == "1940 1996"
    assert cluster.cp("ZVM2", "VARY ON 1FA1")[0] == 0
    cluster["ZVM1"].config.eqids["1FA2"] = "SAN1"
    assert cluster.cp("ZVM1", "ATTACH 1FA2 TO LINUX01 2001")[0] == 0
    assert numbers(cluster) == "1940 1996"  # one device there for two
    assert cluster.cp("ZVM1", "DETACH 1FA2 FROM LINUX01")[0] == 0
    cluster.cp("ZVM1", MOVE)
    for _ in range(4):
        cluster.tick()
    assert cluster["ZVM2"].dedicated_to("1FA1") == "LINUX01"
    assert cluster["ZVM1"].dedicated_to("1FA0") == ""


def test_the_directory_sets_the_attributes(cluster: Cluster) -> None:
    cluster.define("LINUX02", "VMRELOCATE ON DOMAIN PAIR")
    cluster.define("LINUX03", "COMMAND SET VMRELOCATE * OFF")
    cluster["ZVM1"].guests.logon("LINUX02")
    cluster["ZVM1"].guests.logon("LINUX03")
    shown = [
        cluster.cp("ZVM1", f"QUERY VMRELOCATE {userid}")[1] for userid in ("LINUX02", "LINUX03", "MAINT")
    ]
    assert shown == [
        "Running on member ZVM1; Relocation ON; Domain PAIR\n",
        "Running on member ZVM1; Relocation OFF; Domain SSI\n",
        "Running on member ZVM1; Relocation OFF; Domain SSI\n",
    ]
