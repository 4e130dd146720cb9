# SPDX-License-Identifier: Apache-2.0
"""getmacs, rscan, rnetboot, reventlog, mkvm after a pattern, more of chvm, makehosts and makedhcp."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.chain import HCP, Chain
from tests.unit.manager.commands.test_mkvm import NIC, absent
from tests.unit.manager.worlds import World, image_content
from zvm.directory import marked_uuid
from zvm.xcat import XcatRefused
from zvm.xcat.urls import path


@pytest.fixture
def exchange(chain: Chain) -> Path:
    return chain.manager.config.parent / "state" / "exchange"


def test_mac_addresses(chain: Chain, world: World) -> None:
    world.define()
    world.create(NIC.format(21, 21, 21))
    chain.client.request("PUT", "/tables/mac", body=[f"-d node={world.node} mac"])
    url = path("nodes", world.node, "getmacs")
    answer = chain.client.request("PUT", url, body=["-j"])
    card = world.entry().nics()[0]
    mac = "02:00:06:" + ":".join(card.macid[at : at + 2] for at in (0, 2, 4)).lower()
    assert answer.info == [f"{world.node}: {mac}"]
    assert f'"{card.vdev}","{mac}"' in world.rows("mac")[0]
    world.change(f"--removenic {card.vdev}")
    with pytest.raises(XcatRefused, match="no network card"):
        chain.client.request("PUT", url, body=["-j"])


def test_scan(chain: Chain, world: World) -> None:
    world.define()
    zhcp = HCP.partition(".")[0]
    text = chain.client.request("GET", path("nodes", zhcp, "scan")).info[0]
    stanza = (
        f"{world.node}:\n  objtype=node\n  arch=s390x\n  os=unknown\n  hcp={HCP}\n"
        f"  userid={world.userid.lower()}\n  nodetype=vm\n  parent=ZVMSIM1\n  groups=all\n  mgt=zvm\n\n"
    )
    assert stanza in text
    assert ',"vm",' not in world.rows("zvm")[0]
    chain.client.request("GET", path("nodes", zhcp, "scan"), query={"field": "-w"})
    assert f'"{world.userid.lower()}","vm","ZVMSIM1",' in world.rows("zvm")[0]
    with pytest.raises(XcatRefused, match=f"{world.node} is not a hardware control point"):
        chain.client.request("GET", path("nodes", world.node, "scan"))


def test_boot_of_another_device(chain: Chain, world: World) -> None:
    world.define()
    world.create()
    world.change("--add3390 POOL1 0101 10m")
    image = world.upload("netboot")
    body = ["netboot", "device=0101", f"osimage={image}"]
    chain.client.request("PUT", path("nodes", world.node, "bootstate"), body=body)
    url = path("nodes", world.node, "rnetboot")
    answer = chain.client.request("PUT", url, body=["ipl=0101"])
    assert answer.info == [
        f"{world.node}: Activating {world.userid}... Done",
        f"{world.node}: Booting from 0101... Done",
    ]
    assert chain.zvm.guest(world.node, wait="reachable").reachable
    chain.client.request("PUT", url, body=["ipl=0101"])  # one that is on boots anew
    for body in ([], ["ipl=$(id)"]):
        with pytest.raises(XcatRefused):
            chain.client.request("PUT", url, body=body)


def test_logs_of_guests_stay_there_unless_allowed(chain: Chain, world: World) -> None:
    world.define()
    url = path("nodes", world.node, "eventlog")
    with pytest.raises(XcatRefused, match="files of guests are not read"):
        chain.client.request("GET", url, query={"field": ["-s", "/var/log/messages"]})
    for wrong in ("/etc/shadow", "/var/log/../../etc/shadow", "/var/log/a b"):
        with pytest.raises(XcatRefused):
            chain.client.request("GET", url, query={"field": ["-s", wrong]})


def test_a_clone(chain: Chain, make_world: Callable[..., World]) -> None:
    pattern, copy, other = make_world(), make_world(), make_world()
    image = pattern.upload("pattern")
    pattern.define()
    pattern.create(NIC.format(22, 22, 22))
    pattern.add_disk()
    pattern.deploy(image)
    copy.define()
    url = path("vms", copy.node)
    query = {"objectid": copy.uuid}
    answer = chain.client.request("POST", url, query=query, body=[pattern.node, "pool=POOL1", "pw=AUTOONLY"])
    assert answer.info[-1] == f"{copy.node}: Cloning {pattern.userid} to {copy.userid}... Done"
    entry = copy.entry()
    assert marked_uuid(entry) == copy.uuid
    assert [card.macid for card in entry.nics()] == [""]
    assert [disk.vdev for disk in entry.minidisks()] == ["0100"]
    content = image_content("pattern")
    assert b"".join(chain.zvm.read_disk(copy.node, "0100", len(content))) == content
    copy.power("on")
    other.define()
    with pytest.raises(XcatRefused, match="is logged on"):
        chain.client.request("POST", path("vms", other.node), body=[f"clone={copy.node}", "pool=POOL1"])
    chain.fault("Image_Disk_Create_DM", target=other.userid, rc=408, rs=24)
    with pytest.raises(XcatRefused) as caught:
        chain.client.request("POST", path("vms", other.node), body=[f"clone={pattern.node}", "pool=POOL1"])
    assert caught.value.has_codes(408, 24)
    assert absent(other)


def test_after_a_file(chain: Chain, exchange: Path, make_world: Callable[..., World]) -> None:
    world, other = make_world(), make_world()
    text = f"USER {world.userid} AUTOONLY 512M 1G G\nINCLUDE LNXDFLT\nIPL CMS\n"
    (exchange / "guest.direct").write_text(text)
    world.define()
    chain.client.request("POST", path("vms", world.node), body=["./guest.direct"])
    assert "IPL CMS" in world.entry().records()
    other.define()
    with pytest.raises(XcatRefused, match=f"is not one of {other.userid}"):
        chain.client.request("POST", path("vms", other.node), body=["file=guest.direct"])
    with pytest.raises(XcatRefused, match="is not in the directory"):
        chain.client.request("POST", path("vms", other.node), body=["/etc/passwd"])
    (exchange / "disk.direct").write_text(
        f"USER {other.userid} AUTOONLY 512M 1G G\nMDISK 0100 3390 1 9 ZVM001 MR\n"
    )
    with pytest.raises(XcatRefused, match="fixed places"):
        chain.client.request("POST", path("vms", other.node), body=["file=disk.direct"])
    assert absent(other)
    # And a whole entry in place of the old one.
    (exchange / "new.direct").write_text(text.replace("1G", "2G"))
    world.change("--replacevs new.direct")
    assert world.entry().records()[0].split()[4] == "2G"
    with pytest.raises(XcatRefused, match="not one of"):
        world.change("--replacevs disk.direct")


def test_of_the_running_guest_alone(chain: Chain, world: World) -> None:
    world.spawn(world.upload("active"))
    world.change(
        "--smcli Image_Disk_Create_DM -T %userid% -v 0101 -t 3390 -a AUTOG -r POOL1 -u 1 -z 2 -m MR -f 1"
    )
    assert "active configuration... Done" in world.change("--add3390active 0101 MR").text
    with pytest.raises(XcatRefused):
        world.change("--add3390active 0101 XX")
    with pytest.raises(XcatRefused, match="logged on"):
        world.change("--formatdisk 0101")
    with pytest.raises(XcatRefused, match="address from 00 to 3F"):
        world.change("--addprocessoractive 99 CP")


def test_a_disk_is_copied(chain: Chain, make_world: Callable[..., World]) -> None:
    source, target = make_world(), make_world()
    image = source.upload("copied")
    for world in (source, target):
        world.define()
        world.create()
        world.add_disk()
    source.deploy(image)
    answer = target.change(f"--copydisk 0100 {source.node} 0100")
    assert answer.info == [f"{target.node}: Copying {source.userid} 0100 to {target.userid} 0100... Done"]
    content = image_content("copied")
    assert b"".join(chain.zvm.read_disk(target.node, "0100", len(content))) == content
    source.power("on")
    with pytest.raises(XcatRefused, match="logged on"):
        target.change(f"--copydisk 0100 {source.node} 0100")


def test_names_and_addresses_as_files(chain: Chain, world: World) -> None:
    world.define()
    row = f"node={world.node} hosts.ip=10.1.2.3 hosts.hostnames={world.node}.example.com"
    chain.client.request("PUT", "/tables/hosts", body=[row])
    chain.client.request(
        "PUT", "/tables/mac", body=[f"mac.node={world.node} mac.mac=02:00:00:AA:BB:CC mac.interface=1000"]
    )
    for command in ("makehosts", "makedns", "makedhcp"):
        assert chain.client.request("PUT", f"/networks/{command}").responses == ()
    names = chain.manager.config.parent / "state" / "names"
    assert f"10.1.2.3 {world.node} {world.node}.example.com" in (names / "hosts").read_text().splitlines()
    assert f"02:00:00:aa:bb:cc,10.1.2.3,{world.node}" in (names / "dhcp-hosts").read_text().splitlines()
    chain.client.request(
        "PUT", "/tables/hosts", body=[f"node={world.node} hosts.ip=1.1.1.1;rm hosts.hostnames=x"]
    )
    chain.client.request("PUT", "/networks/makehosts")
    assert world.node not in (names / "hosts").read_text()


def test_node_ranges_and_groups(chain: Chain, make_world: Callable[..., World]) -> None:
    worlds = [make_world(node=f"rg{number}") for number in (1, 2, 3)]
    for world in worlds:
        world.define()
        chain.client.request("PUT", "/tables/nodelist", body=[f"node={world.node} nodelist.groups=rgall"])
    for asked in ("rg1-rg3", "rg[1-3]", "rgall", "/rg.*", "rg1+2"):
        answer = chain.client.request("GET", path("nodes", asked, "power"))
        assert answer.info == [f"rg{number}: off\n" for number in (1, 2, 3)]
    assert chain.client.request("GET", path("nodes", "rgall,-rg2", "power")).info == [
        "rg1: off\n",
        "rg3: off\n",
    ]


def test_a_userid_that_z_vm_cannot_have_is_not_stored(chain: Chain, world: World) -> None:
    node = path("nodes", world.node)
    for userid in ("toolongname", "$(id)", "a;b"):
        with pytest.raises(XcatRefused, match="attribute 'userid' is not valid"):
            chain.client.request("POST", node, body=[f"userid={userid}", f"hcp={HCP}", "groups=all"])
    assert world.rows("zvm") == []
    world.define()
    with pytest.raises(XcatRefused, match="attribute 'userid' is not valid"):
        chain.client.request("PUT", node, body=["zvm.userid=$(id)"])
    with pytest.raises(XcatRefused, match="attribute 'userid' is not valid"):
        chain.client.request("PUT", "/tables/zvm", body=[f"node={world.node} zvm.userid=a/b"])
    with pytest.raises(XcatRefused, match="attribute 'userid' is not valid"):
        chain.client.request("PUT", path("objects", "node", world.node), body=["userid=12345678a"])
    assert f'"{world.userid.lower()}"' in world.rows("zvm")[0]
    chain.client.request("PUT", node, body=["zvm.userid="])  # none at all is a node too
