# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.support.chain import Chain
from tests.unit.manager.worlds import World
from zvm.directory import Cpu, Dedicate, Loaddev
from zvm.xcat import XcatRefused

WWPN, LUN = "5005076800AA0001", "0001000000000000"


@pytest.fixture
def guest(world: World) -> World:
    """A guest that is off, without disks."""
    world.define()
    world.create()
    return world


def processors(guest: World) -> list[str]:
    return sorted(cpu.address for cpu in guest.entry().find(Cpu))


def test_a_device_of_its_own(guest: World) -> None:
    for _ in range(2):  # the second finds it done
        answer = guest.change("--dedicatedevice 1fa0 1fa0 0")
        sentence = f"Dedicating device 1FA0 to {guest.userid}'s directory entry... Done"
        assert answer.info == [f"{guest.node}: {sentence}"]
        assert [(item.vdev, item.rdev) for item in guest.entry().find(Dedicate)] == [("1FA0", "1FA0")]
    for _ in range(2):
        guest.change("--undedicatedevice 1fa0")
        assert list(guest.entry().find(Dedicate)) == []


def test_a_device_of_its_own_while_it_runs(guest: World) -> None:
    image = guest.upload("devices")
    guest.add_disk()
    guest.deploy(image)
    guest.power("on")
    assert len(guest.change("--dedicatedevice 1fb0 1fb0 0").info) == 2
    assert len(guest.change("--undedicatedevice 1fb0").info) == 2


def test_where_a_scsi_disk_is_ipled_from(guest: World) -> None:
    guest.change(f"--setloaddev {WWPN.lower()} 0x{LUN}")
    found = {item.what: item.value for item in guest.entry().find(Loaddev)}
    assert found == {"PORTNAME": WWPN, "LUN": LUN}
    answer = guest.change(f"--setloaddev {WWPN} {LUN} 1 3d726f6f74")
    assert answer.info == [f"{guest.node}: Setting LOADDEV directory statements"]
    (data,) = (item.value for item in guest.entry().find(Loaddev) if item.what == "SCPDATA")
    assert "3D726F6F74" in data.upper()
    for _ in range(2):
        guest.change(f"--removeloaddev {WWPN} {LUN}")
        assert list(guest.entry().find(Loaddev)) == []


def test_processors(guest: World) -> None:
    assert processors(guest) == ["00"]
    guest.change("--setprocessor 4")
    assert processors(guest) == ["00", "01", "02", "03"]
    guest.change("--setprocessor 2")
    assert processors(guest) == ["00", "01"]
    guest.change("--removeprocessor 1")
    guest.change("--addprocessor 01")
    assert processors(guest) == ["00", "01"]
    guest.change("--setprocessor 1")
    assert processors(guest) == ["00"]


def test_a_disk_in_memory(guest: World) -> None:
    guest.change("--addvdisk 0200 1m MR")
    assert any("0200" in record and "V-DISK 2048" in record for record in guest.entry().records())


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("--dedicatedevice 1fa0", "Wrong number of parameters"),
        ("--dedicatedevice 1fa0 1fa0 2", "mode"),
        ("--dedicatedevice xyz 1fa0 0", "XYZ|xyz"),
        ("--setloaddev 1 2", "16 hexadecimal digits"),
        (f"--setloaddev {WWPN} {LUN} 2 3d", "0 \\(characters\\) or 1"),
        ("--addprocessor 99", "00 to 3F"),
        ("--setprocessor 0", "1 to 64"),
        ("--setprocessor 65", "1 to 64"),
        ("--addvdisk 0200 big", "no size"),
    ],
)
def test_what_is_refused(guest: World, option: str, reason: str) -> None:
    before = guest.entry().records()
    with pytest.raises(XcatRefused, match=reason):
        guest.change(option)
    assert guest.entry().records() == before


def test_a_disk_that_other_systems_may_use(chain: Chain, guest: World) -> None:
    sentence = f"{guest.node}: Setting sharing of disk 2001 to"
    for share in ("YES", "NO"):
        chain.forget_calls()
        assert guest.change(f"--sharevolume 2001 {share}").info == [f"{sentence} {share}... Done"]
        (call,) = chain.calls()
        assert call["function"] == "Image_Volume_Share"
    with pytest.raises(XcatRefused, match="YES or NO"):
        guest.change("--sharevolume 2001 ON")
