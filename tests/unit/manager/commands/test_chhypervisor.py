# SPDX-License-Identifier: Apache-2.0
"""chhypervisor, and what rinv and lsvm tell of a z/VM system."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.chain import HOST, POOL, Chain
from tests.unit.manager.worlds import World
from zvm.xcat import Envelope, XcatRefused

WWPN, LUN = "5005076800aa0001", "0001000000000000"
Change = Callable[[str], Envelope]


@pytest.fixture
def change(chain: Chain) -> Change:
    return lambda text: chain.client.request("PUT", f"/hypervisor/{HOST}", body=[text])


@pytest.fixture
def ask(chain: Chain) -> Callable[..., str]:
    def asker(*fields: str) -> str:
        url = f"/nodes/{HOST}/inventory"
        return chain.client.request("GET", url, query={"field": list(fields)}).text

    return asker


@pytest.fixture
def pool(change: Change) -> Iterator[str]:
    first = change(f"--addzfcp2pool tests free {WWPN} {LUN} 10G 1fa0-1faf")
    assert first.info == [
        f"{HOST}: New zFCP device pool tests created",
        f"{HOST}: Adding zFCP device to tests pool... Done",
    ]
    change("--addzfcp2pool tests free 5005076800aa0002;5005076800aa0003 0002000000000000 20G")
    yield "tests"
    for lun in (LUN, "0002000000000000"):
        change(f"--releasezfcp tests {lun}")
        change(f"--removezfcpfrompool tests {lun}")


def test_a_pool_of_scsi_disks(change: Change, ask: Callable[..., str], pool: str) -> None:
    assert f"{HOST}: tests" in ask("--zfcppoolnames")
    lines = ask("--zfcppool", "tests").splitlines()
    assert lines[1] == f"{HOST}: free,{WWPN},{LUN},10G,1FA0-1FAF,,,"
    change("--reservezfcp tests reserved linux1 1fa1 15G")
    assert "reserved,5005076800aa0002;5005076800aa0003,0002000000000000,20G,,LINUX1,1FA1," in ask(
        "--zfcppool", "tests"
    )
    with pytest.raises(XcatRefused, match="no free zFCP device that fits"):
        change("--reservezfcp tests reserved linux2 1fa1 15G")
    change(f"--reservezfcp tests used linux2 1fa1 '' {WWPN} {LUN}")
    with pytest.raises(XcatRefused, match="is used by LINUX2"):
        change(f"--removezfcpfrompool tests {LUN} {WWPN}")
    with pytest.raises(XcatRefused, match="that is free"):
        change(f"--reservezfcp tests used linux3 1fa1 '' {WWPN} {LUN}")
    change(f"--reservezfcp tests used linux2 1fa1 '' {WWPN} {LUN}")  # again, for the same guest


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("--addzfcp2pool", "Wrong number of parameters"),
        ("--addzfcp2pool p free 50 1 1G", "is no WWPN"),
        (f"--addzfcp2pool p free {WWPN} {LUN} huge", "is no size"),
        (f"--addzfcp2pool p maybe {WWPN} {LUN} 1G", "is none of free"),
        (f"--addzfcp2pool $(id) free {WWPN} {LUN} 1G", "is no name of a zFCP pool"),
        (f"--reservezfcp nosuch used linux1 1fa1 1G {WWPN} {LUN}", "no zFCP pool nosuch"),
        (f"--reservezfcp nosuch used maint 1fa1 1G {WWPN} {LUN}", "protected"),
        ("--copyzfcp 1fa0 x y z", "no FCP device of its own"),
        ("--resetsmapi", "not supported"),
        ("--addvlan LAN1 SYSTEM 9 9", "type from 1 to 4"),
        ("--adddisk2pool 9 R V G", "none of the functions 4, 5"),
        ("--addscsi 6000 1fa0,1,2 1 YES", "is no path"),
        ("--removeeckd 1000", "Option not supported"),
    ],
)
def test_what_is_refused(change: Change, text: str, reason: str) -> None:
    with pytest.raises(Exception, match=reason.replace("$", r"\$")):
        change(text)


def test_a_virtual_switch(change: Change, ask: Callable[..., str]) -> None:
    change("--addvswitch XCTEST NONE '' '' 1 8 NONROUTER ETHERNET UNAWARE")
    try:
        assert f"{HOST}: VSWITCH SYSTEM XCTEST" in ask("--networknames").splitlines()
        assert "XCTEST" in ask("--network", "XCTEST")
        with pytest.raises(XcatRefused) as caught:
            change("--addvswitch XCTEST NONE '' '' 1 8 NONROUTER ETHERNET UNAWARE")
        assert caught.value.rc == 212
    finally:
        change("--removevswitch XCTEST")
    assert "XCTEST" not in ask("--networknames")


def test_a_guest_lan(chain: Chain, change: Change, ask: Callable[..., str], world: World) -> None:
    change("--addvlan XCLAN SYSTEM 2 0")
    try:
        assert "LAN SYSTEM XCLAN" in ask("--networknames")
        world.define()
        world.create()
        world.change("--addnic 1000 QDIO 3")
        world.change("--connectnic2guestlan 1000 XCLAN SYSTEM")
        nic = world.entry().nic("1000")
        assert nic is not None
        assert (nic.lan_owner, nic.lan_name) == ("SYSTEM", "XCLAN")
    finally:
        change("--removevlan XCLAN SYSTEM")


def test_a_disk_of_a_pool(change: Change, ask: Callable[..., str]) -> None:
    change("--adddisk2pool 4 M01RES M01RES XCPOOL")
    try:
        assert f"{HOST}: XCPOOL" in ask("--diskpoolnames").splitlines()
        lines = ask("--diskpool", "XCPOOL", "all").splitlines()
        assert lines[0] == f"{HOST}: #VolID DevType StartAddr Size"
        assert any("M01RES 3390" in line for line in lines[1:])
    finally:
        change("--removediskfrompool 7 M01RES XCPOOL")
        change("--removediskfrompool 1 M01RES")
    assert "XCPOOL" not in ask("--diskpoolnames")


def test_what_is_asked_of_the_system(chain: Chain, ask: Callable[..., str]) -> None:
    assert ask("--smapilevel") == f"{HOST}: The API functional level is z/VM V7.4\n"
    assert "2001" in ask("--systemdisk", "2001")
    assert "M01RES" in ask("--systemdisk")
    assert "accessible" in ask("--systemdiskaccessibility", "2001")
    assert "LNXDFLT" in ask("--userprofilenames")
    assert "C05076E0F3001FA0" in ask("--fcpdevices", "free", "details")
    assert len(ask("--vswitchstats").splitlines()) > 1
    for field in ("--diskpool", "--luns", "--vlanstats"):
        with pytest.raises(XcatRefused, match="Wrong number of parameters"):
            ask(field)
    with pytest.raises(XcatRefused):
        ask("--systemdisk", "$(id)")


def test_lsvm_tells_of_the_system_too(chain: Chain, world: World) -> None:
    world.define()
    world.create()
    url = f"/vms/{world.node}"
    asked = chain.client.request("GET", url, query={"diskpoolnames": "1"})
    assert f"{world.node}: POOL1" in asked.text.splitlines()
    asked = chain.client.request("GET", url, query={"field": ["--querydisk", "2001"]})
    assert "2001" in asked.text
    with pytest.raises(XcatRefused, match="not supported on lsvm"):
        chain.client.request("GET", url, query={"field": ["--bogus"]})


def test_options_of_the_system_are_handed_on(chain: Chain, world: World) -> None:
    world.define()
    world.create()
    answer = world.change("--addzfcp2pool handed free 5005076800aa0009 0009000000000000 1G")
    assert answer.info[0] == f"{world.node}: New zFCP device pool handed created"
    world.change("--removezfcpfrompool handed 0009000000000000 5005076800aa0009")


@pytest.fixture
def parm_disks(chain: Chain) -> Iterator[None]:
    """The disks with SYSTEM CONFIG, which z/VM installs."""
    smapi = chain.simulator.smapi
    smapi.call("Image_Create_DM", "PMAINT", image_record_array=["USER PMAINT NOLOG 32M 32M G"])
    disk = {"device_type": "3390", "allocation": "AUTOG", "area_or_volser": POOL, "unit": 1, "size": 1}
    for vdev in ("0CF0", "0CF2"):
        smapi.call("Image_Disk_Create_DM", "PMAINT", vdev=vdev, mode="MR", format=0, **disk)
    yield
    smapi.call("Image_Delete_DM", "PMAINT", data_security_erase=0)


@pytest.mark.usefixtures("parm_disks")
def test_volumes_of_the_system(change: Change, ask: Callable[..., str], world: World) -> None:
    world.define()
    world.create()
    assert change("--addeckd 2003").info == [
        f"{HOST}: Adding ECKD disk 2003 to the running z/VM system... Done"
    ]
    with pytest.raises(XcatRefused, match=r"Return Code: 8\n  Reason Code: 8"):
        change("--addeckd 9999")
    with pytest.raises(XcatRefused, match=r"Return Code: 300\n  Reason Code: 20"):
        change("--addvolume 2003 ZVM003")  # the system has it
    change("--removevolume 2003 ZVM003")
    assert "2003 3390-09 FREE ZVM003" in ask("--systemdisk")
    change("--addvolume 2003 ZVM003")
    assert "2003 3390-09 SYSTEM ZVM003" in ask("--systemdisk")
    with pytest.raises(XcatRefused, match=r"as SPOOL... Failed\n  Return Code: 8\n  Reason Code: 10"):
        world.change("--addpagespool 2003 ZVM003 SPOOL")  # guests have minidisks on it
    with pytest.raises(XcatRefused, match="PAGE or SPOOL"):
        world.change("--addpagespool 2003 ZVM003 ALL")


def test_a_scsi_disk_that_is_not_there(change: Change) -> None:
    with pytest.raises(XcatRefused, match="Deleting SCSI disk 6FFF from the system"):
        change("--removescsi 6fff NO")
