# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.support.chain import Chain
from tests.unit.manager.worlds import World
from zvm.xcat import XcatNotFound, XcatRefused


@pytest.fixture
def guest(world: World) -> World:
    """A guest that is off, without disks."""
    world.define()
    world.create()
    return world


@pytest.fixture
def running(guest: World) -> World:
    """A guest that is on."""
    image = guest.upload("chvm")
    guest.add_disk()
    guest.deploy(image)
    guest.power("on")
    return guest


@pytest.mark.parametrize(
    ("option", "size", "type_"),
    [
        ("--add3390 POOL1 0101 5g", 7282, "3390"),
        ("--add3390 pool1 101 1.5M MR", 3, "3390"),
        ("--add3390 POOL1 0101 100", 100, "3390"),
        ("--add3390 POOL1 0101 10m MR '' '' ''", 15, "3390"),
    ],
)
def test_disks(guest: World, option: str, size: int, type_: str) -> None:
    answer = guest.change(option)
    assert answer.info == [
        f"{guest.node}: Adding 3390 disk to {guest.userid}'s directory entry as 0101 ... Done",
        f"{guest.node}: Adding disk to {guest.userid}'s active configuration... Done",
    ]
    (disk,) = guest.entry().minidisks()
    assert (disk.vdev, disk.devtype, disk.size, disk.mode) == ("0101", type_, size, "MR")
    guest.change("--removedisk 0101")
    assert guest.entry().minidisks() == []


def test_blocks_of_an_fba_disk(guest: World) -> None:
    with pytest.raises(XcatRefused, match="9336 disk"):  # a pool of 3390 volumes has none
        guest.change("--add9336 POOL1 0101 10m")
    assert guest.entry().minidisks() == []


def test_a_free_place_is_found(guest: World) -> None:
    for vdev in ("0100", "0101"):
        guest.change("--add3390 POOL1 auto 1m")
        assert guest.entry().minidisk(vdev) is not None


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("--add3390 NOSUCH 0101 1m", "420"),
        ("--add3390 POOL1 0101 1x", "no size"),
        ("--add3390 POOL1 0101 0", "no size"),
        ("--add3390 POOL1 zzzz 1m", "device number"),
        ("--add3390 TOOLONGPOOL 0101 1m", "pool name"),
        ("--add3390 POOL1 0101 900000g", "408"),
        ("--add3390 POOL1 0101 1m MR '' '' '' ext3", "file system"),
        ("--add3390 POOL1", "Wrong number of parameters"),
        ("--bogus", "Option '--bogus' not supported on chvm"),
    ],
)
def test_refusals(guest: World, option: str, reason: str) -> None:
    with pytest.raises(XcatRefused, match=reason):
        guest.change(option)
    assert guest.entry().minidisks() == []


def test_disks_of_a_guest_that_is_on(chain: Chain, running: World) -> None:
    chain.forget_calls()
    running.change("--add3390 POOL1 0101 1m")
    assert chain.smapi_calls() == ["Image_Disk_Create_DM", "Image_Disk_Create"]
    chain.forget_calls()
    running.change("--removedisk 0101")
    assert chain.smapi_calls() == ["Image_Disk_Delete", "Image_Disk_Delete_DM"]


def test_ipl(guest: World) -> None:
    guest.change("--setipl 0200")
    assert "IPL 0200" in guest.entry().records()
    guest.change("--deleteipl")
    assert not any(record.startswith("IPL") for record in guest.entry().records())
    with pytest.raises(XcatRefused):
        guest.change("--setipl $(id>file)")


def test_cards_of_a_guest_that_is_off(chain: Chain, guest: World) -> None:
    guest.change("--addnic 1000 QDIO 3")
    answer = guest.change("--connectnic2vswitch 1000 XCATVSW1")
    assert (
        answer.info[0] == f"{guest.node}: Granting VSwitch (XCATVSW1  ) access for {guest.userid}... Done\n"
    )
    nic = guest.entry().nic("1000")
    assert nic is not None
    assert nic.lan_name == "XCATVSW1"
    checked = chain.client.request("GET", f"/vms/{guest.node}", query={"checknics": "1000"})
    assert checked.responses[0]["info"] == [None]
    with pytest.raises(XcatRefused, match="not able to find 2000 in user direct"):
        chain.client.request("GET", f"/vms/{guest.node}", query={"checknics": "2000"})
    guest.change("--disconnectnic 1000")
    nic = guest.entry().nic("1000")
    assert nic is not None
    assert nic.lan_name == ""
    guest.change("--removenic 1000")
    assert guest.entry().nics() == []


def test_grants_are_taken_back_with_the_guest(chain: Chain, guest: World) -> None:
    guest.change("--grantvswitch XCATVSW1 ACCESS 10")
    chain.forget_calls()
    guest.remove()
    (call,) = (
        call for call in chain.calls() if call.get("function") == "Virtual_Network_Vswitch_Set_Extended"
    )
    assert call["rc"] == 0
    chain.forget_calls()
    guest.define()
    guest.remove()
    assert "Virtual_Network_Vswitch_Set_Extended" not in chain.smapi_calls()


def test_cards_of_a_guest_that_is_on(chain: Chain, running: World) -> None:
    running.change("--addnic 1000 QDIO 3")
    running.change("--connectnic2vswitch 1000 XCATVSW1")
    (nic,) = (nic for nic in chain.zvm.nics() if nic.node == running.node)
    assert (nic.vdev, nic.vswitch, nic.coupled) == ("1000", "XCATVSW1", True)
    running.change("--disconnectnic 1000")
    assert not any(nic.coupled for nic in chain.zvm.nics() if nic.node == running.node)
    running.change("--removenic 1000")
    running.change("--addnic 1000 QDIO 3")


@pytest.mark.parametrize(
    "option", ["--addnic 1000 TOKENRING 3", "--addnic 1000 QDIO x", "--grantvswitch A-B"]
)
def test_rules_of_cards(guest: World, option: str) -> None:
    with pytest.raises(XcatRefused):
        guest.change(option)


async def test_the_reader(chain: Chain, guest: World) -> None:
    transport = chain.zvm.put_transport(guest.node, b"content", name="hello", type="txt")
    assert guest.change(f"--punchfile {transport}").info == [
        f"{guest.node}: Punching hello.txt to reader... Done"
    ]
    async with chain.zhcp.client() as zhcp:
        (file,) = await zhcp.spool(guest.userid)
        assert (file.name.lower(), file.type.lower(), file.spool_class) == ("hello", "txt", "X")
        guest.change("--purgerdr")
        assert await zhcp.spool(guest.userid) == []
    assert guest.change("--purgerdr").info == [f"{guest.node}: Purging reader... Done"]
    with pytest.raises(XcatNotFound, match="no file"):
        guest.change("--punchfile /etc/passwd")
    with pytest.raises(XcatRefused, match="not fetched"):
        guest.change("--punchfile /nosuch X root@127.0.0.1")


def test_password_and_memory(guest: World) -> None:
    guest.change("--setpassword newpass")
    guest.change("--setmemory 4G")
    assert guest.entry().records()[0].split()[2:5] == ["NEWPASS", "4G", "4G"]
    with pytest.raises(XcatRefused):
        guest.change("--setmemory lots")


def test_console(running: World) -> None:
    assert "start... Done" in running.change("--setconsole start").text
    with pytest.raises(XcatRefused, match="start or stop"):
        running.change("--setconsole maybe")


def test_smcli_is_parsed(guest: World) -> None:
    card = "VDEV=1000 TYPE=QDIO MACID=0000F1 LAN=SYSTEM SWITCHNAME=XCATVSW1"
    line = f"Image_Definition_Update_DM -T %userid% -k 'NICDEF={card}'"
    answer = guest.change("--smcli", line)
    assert answer.info == [f"{guest.node}: Updating {guest.userid} virtual machine directory entry... Done\n"]
    nic = guest.entry().nic("1000")
    assert nic is not None
    assert (nic.lan_name, nic.macid) == ("XCATVSW1", "0000F1")
    guest.change("--setpassword secret")
    text = guest.change("--smcli Image_Query_DM -T %userid%").text
    assert "NICDEF 1000" in text
    assert "SECRET" not in text
    assert "is Unlocked" in guest.change("--smcli Image_Lock_Query_DM -T %userid%").text
    guest.change("--smcli Image_Lock_DM -T %userid%")
    guest.change("--smcli Image_Unlock_DM -T %userid%")


def test_directories_show_no_passwords(chain: Chain, guest: World) -> None:
    guest.change("--setpassword secret")
    text = chain.client.request("GET", f"/vms/{guest.node}").text
    assert text.startswith(f"{guest.node}: USER {guest.userid} XXXXXXXX 512M 512M G\n")
    assert all(line.startswith(f"{guest.node}: ") for line in text.splitlines())
    assert "SECRET" not in text
