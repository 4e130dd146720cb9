# SPDX-License-Identifier: Apache-2.0
"""A server's life as the old clients of xCAT live it: Nova of 2017, Neutron's agent, Ceilometer, Feilong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.interop.old_clients import (
    Ceilometer,
    EarlyFeilong,
    ErrorElement,
    NeutronAgent,
    Nova2017,
    RequestFailed,
)
from tests.support.chain import HCP, HOST, Chain, Manager
from tests.support.ssh_server import SshServer
from tests.unit.manager.worlds import image_content
from zvm.manager.images import bundle

COMPUTE = "nova@127.0.0.1"
ZHCP = HCP.partition(".")[0]
PROFILE = "img1_cccc_dddd"
IMAGE = f"rhel7.2-s390x-netboot-{PROFILE}"
TRANSPORT = "/var/lib/nova/transport"


@pytest.fixture(scope="module")
def compute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """The machine of nova-compute."""
    folder = tmp_path_factory.mktemp("compute")
    (folder / "root").mkdir()
    with SshServer(folder / "root", folder) as machine:
        for name in ("cfgdrive.tgz", "adminpwd.sh", "iucvexec.sh"):
            machine.put(f"{TRANSPORT}/{name}", b"content")
        yield machine


@pytest.fixture(scope="module")
def manager(chain: Chain, compute: SshServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    group = {"url": chain.zhcp.url, "hostname": HCP, "host": HOST, "golden_userid": "ZVMGOLD4"}
    folder = tmp_path_factory.mktemp("old")
    running = Manager(folder, {"zhcp": group}, only_xcat=True, **compute.options(COMPUTE))
    for name in ("iucvserv", "iucvserd.service", "setupDisk"):
        (folder / "state" / "files" / name).write_bytes(b"#!/bin/bash\n")
    yield running
    running.stop()


@pytest.fixture
def nova(manager: Manager) -> Nova2017:
    return Nova2017(manager.url)


@pytest.fixture
def agent(manager: Manager) -> NeutronAgent:
    return NeutronAgent(manager.url)


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Poll as the clients do, without their pauses."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline


def spawn(nova: Nova2017, agent: NeutronAgent, node: str, port: str) -> None:
    """Nova's spawn with an image that is known, and the agent's part in between."""
    assert nova.exists(PROFILE) == IMAGE
    nova.ask("POST", f"/nodes/{node}", [f"userid={node}", f"hcp={HCP}", "mgt=zvm", "groups=all"])
    made = ["profile=LNXDFLT", "cpu=2", "memory=512m", "privilege=G", "password=DFLTPASS", "ipl=0100"]
    more = [f"imagename={PROFILE}", f"osimage={IMAGE}"]
    nova.ask("POST", f"/vms/{node}", made + more, query="&requestid=req-1&objectid=uuid-1")
    nova.chvm(node, "--add3390 POOL1 0100 20m")
    nova.tabch("mac", f"mac.node={node} mac.mac=00:00:00:00:00:00 mac.interface=fake")
    nova.tabch("hosts", f"node={node} hosts.ip=127.0.1.9 hosts.hostnames={node}")
    nova.ask("PUT", "/networks/makehosts")
    nova.tabch("mac", f"-d node={node} mac")
    nova.tabch("mac", f"mac.node={node} mac.mac=02:00:06:00:0A:01 mac.interface=1000 mac.comments={ZHCP}")
    nova.tabch(
        "switch", f"switch.node={node} switch.port={port} switch.interface=1000 switch.comments={ZHCP}"
    )
    nova.ask(
        "PUT",
        f"/nodes/{node}",
        [
            *("noderes.netboot=zvm", "nodetype.os=rhel7.2", "nodetype.arch=s390x"),
            *("nodetype.provmethod=netboot", f"nodetype.profile={PROFILE}"),
        ],
    )
    deploy = ["netboot", "device=0100", f"osimage={IMAGE}"]
    nova.ask(
        "PUT",
        f"/nodes/{node}/bootstate",
        [*deploy, f"transport={TRANSPORT}/cfgdrive.tgz", f"remotehost={COMPUTE}"],
    )
    nova.chvm(node, f"--punchfile {TRANSPORT}/adminpwd.sh X {COMPUTE}")
    for name in ("iucvserv", "iucvserd.service"):
        nova.chvm(node, f"--punchfile /opt/zhcp/bin/IUCV/{name} X {HCP}")
    nova.chvm(node, f"--punchfile {TRANSPORT}/iucvexec.sh X {COMPUTE}")
    status = nova.gettab("zvm", f"node={node}", "status")
    nova.tabch("zvm", f"node={node} zvm.status={status + ';' if status else ''}IUCV=1")
    assert nova_waits(nova, node) == ""
    plug(agent, port)
    assert nova_waits(nova, node) == "XCATVSW1"
    nova.ask("GET", f"/vms/{node}", query="&checknics=1000")
    nova.power(node, "on")
    until(lambda: ": reachable" in nova.power(node, "isreachable"))
    nova.tabch("osimage", f"imagename={IMAGE}", "osimage.isdeletable=auto:last_use_date:2026-11-23")


def nova_waits(nova: Nova2017, node: str) -> str:
    """Return the switch that Nova waits for in the table."""
    (row,) = (row for row in nova.tabdump("switch") if row[0] == node)
    assert row[4] == "1000"
    assert row[5] == ZHCP
    return row[1]


def plug(agent: NeutronAgent, port: str) -> None:
    """The agent finds a port that has no switch yet, grants and couples."""
    rows = agent.ask("GET", "/tables/switch")["data"][0][1:]
    assert [row for row in rows if f'"{port}"' in row and row.split(",")[1] == ""]
    node = agent.cell("switch", "port", port, "node")
    userid = agent.cell("zvm", "node", node, "userid")
    grant = "/opt/zhcp/bin/smcli Virtual_Network_Vswitch_Set_Extended"
    agent.dsh(ZHCP, f"{grant} -T {userid} -k switch_name=XCATVSW1 -k grant_userid={userid}")
    agent.dsh(
        ZHCP, f"{grant} -T {userid} -k switch_name=XCATVSW1 -k grant_userid={userid} -k user_vlan_id=10"
    )
    agent.ask("PUT", "/tables/switch", [f"port={port} switch.switch=XCATVSW1 switch.vlan=10"])
    vdev = agent.cell("switch", "port", port, "interface")
    card = f"NICDEF=VDEV={vdev} TYPE=QDIO MACID=000A01 LAN=SYSTEM SWITCHNAME=XCATVSW1"
    agent.ask("PUT", f"/vms/{node}", ["--smcli", f"Image_Definition_Update_DM -T %userid% -k '{card}'"])


def delete(nova: Nova2017, node: str) -> None:
    for table in ("mac", "switch", "hosts"):
        nova.tabch(table, f"-d node={node} {table}")
    nova.ask("DELETE", f"/vms/{node}", query="&requestid=req-1&objectid=uuid-1")
    assert node not in [row[0] for row in nova.tabdump("zvm")]


@pytest.fixture
def image(nova: Nova2017, manager: Manager, compute: SshServer) -> None:
    """Import the image as Nova does when none has the profile."""
    if nova.exists(PROFILE):
        return
    free = nova.ask("GET", "/nodes/xcat/inventory", query="&field=--freerepospace")["info"][0][0]
    assert free.split(" ")[4].strip()[-1] in "GMT"
    disk = manager.config.parent / "disk"
    disk.write_bytes(image_content("old client"))
    told = {"osvers": "rhel7.2", "osarch": "s390x", "provmethod": "netboot", "profile": "other"}
    target = compute.folder / "image.tar"
    bundle.write(target, disk, told)
    nova.ask(
        "POST",
        "/images/import",
        ["osimage=/image.tar", f"profile={PROFILE}", f"remotehost={COMPUTE}", "nozip"],
    )
    assert nova.exists(PROFILE) == IMAGE


def test_both_take_the_version_for_new_enough(nova: Nova2017, agent: NeutronAgent) -> None:
    for client in (nova, agent):
        version = client.ask("GET", "/version")["data"][0][0].split()[1]
        number = 0
        for part in version.split("."):
            number = number * 1000 + int(part)
        assert number >= 2_008_003_016


def test_a_servers_life(
    nova: Nova2017, agent: NeutronAgent, manager: Manager, chain: Chain, image: None, compute: SshServer
) -> None:
    node, port = "inst0901", "11111111-2222-3333-4444-000000000901"
    try:
        spawn(nova, agent, node, port)
        _looked_at(nova, node)
        _watched(manager, node)
        _paused(nova, node)
        _captured(nova, node, compute)
        _copied(nova, node)
    finally:
        delete(nova, node)
    with pytest.raises(RequestFailed, match="Forbidden") as caught:
        nova.ask("DELETE", f"/vms/{node}")
    assert "Invalid nodes and/or groups" in str(caught.value)


def _looked_at(nova: Nova2017, node: str) -> None:
    """Nova's polls: host, pool, guest, console, directory."""
    host = dict(line.removeprefix(f"{HOST}: ").split(":", 1) for line in nova.inventory(HOST) if line)
    words = ("z/VM Host", "zHCP", "CEC Vendor", "CEC Model", "Hypervisor Name", "Architecture", "IPL Time")
    assert all(host[word].strip() for word in words)
    assert [int(part) for part in host["Hypervisor OS"].split()[1].split(".")]
    for word in ("Total", "Used", "Offline"):
        assert host[f"LPAR Memory {word}"].strip()[-1] in "MGT"
        assert float(host[f"LPAR Memory {word}"].strip()[:-1]) >= 0
    assert int(host["LPAR CPU Total"]) >= int(host["LPAR CPU Used"])
    for line in nova.inventory(HOST, "--diskpoolspace", "POOL1")[:3]:
        size = line.split(": ")[2].strip()
        assert ("." in size and size.count(".") == 1) if size.endswith("G") else size[:-1].isdigit()
    devices = [
        line.removeprefix(f"{HOST}: ") for line in nova.inventory(HOST, "--fcpdevices", "free", "details")
    ]
    labels = [line.split(":")[0] for line in devices[:5]]
    assert labels == [
        *("FCP device number", "Status", "NPIV world wide port number"),
        *("Channel path ID", "Physical world wide port number"),
    ]
    guest = dict(
        line.removeprefix(f"{node}: ").split(": ", 1)
        for line in nova.inventory(node, "cpumempowerstat")
        if line
    )
    assert guest["Power state"] == "on"
    assert (guest["Total Memory"], guest["Guest CPUs"], guest["Processors"]) == ("512M", "2", "2")
    assert guest["CPU Used Time"].endswith(" sec")
    older = nova.inventory(node, "cpumem")
    assert len([line for line in older if "CPU 0" in line]) == 2
    assert nova.state(node) == "on"
    status = nova.ask("GET", f"/nodes/{node}/status")["node"][0][0]
    assert "sshd" in status["data"]
    assert node in [row[0] for row in nova.tabdump("zvm") if row[1] == HCP]
    lines = nova.ask("GET", f"/nodes/{node}")["info"][0]
    assert next(line for line in lines if "userid=" in line).split("=")[1] == node
    directory = nova.ask("GET", f"/vms/{node}")["info"][0][0].split("\n")
    (disk,) = (line.split(" ") for line in directory if "MDISK" in line)
    assert (disk[3], disk[5]) == ("3390", "29")
    log = nova.ask("GET", f"/nodes/{node}/inventory", query="&field=--consoleoutput&field=102400")
    assert "LOGON" in log["info"][0][0].upper()
    nova.ask("PUT", f"/nodes/{node}/execcmdonvm", ["echo 'root:newpass' | chpasswd"])
    with pytest.raises(ErrorElement, match="Return Code: 200"):
        nova.power(node, "on")


def _watched(manager: Manager, node: str) -> None:
    """Ceilometer's inspector: load of several guests and counters of cards by bare smcli."""
    inspector = Ceilometer(manager.url)
    lines = inspector.dsh(ZHCP, f'smcli Image_Performance_Query -T "{node} maint" -c 2')
    assert f'Guest name: "{node.upper()}"' in lines
    assert any(line.startswith('Used CPU time: "') and line.endswith(' uS"') for line in lines)
    lines = inspector.dsh(
        ZHCP, "smcli Virtual_Network_Vswitch_Query_IUO_Stats -T maint -k 'switch_name=XCATVSW1'"
    )
    at = lines.index(f"nic_id: {node.upper()} 1000")
    assert lines[at + 1 : at + 9] == [
        f"nic_{name}: 0"
        for name in ("fr_rx", "fr_rx_dsc", "fr_rx_err", "fr_tx", "fr_tx_dsc", "fr_tx_err", "rx", "tx")
    ]
    with pytest.raises(AssertionError):
        inspector.dsh(ZHCP, "smcli Image_Activate -T nosuch")


def _paused(nova: Nova2017, node: str) -> None:
    for action in ("pause", "unpause", "reset", "reboot"):
        nova.power(node, action)
    until(lambda: ": reachable" in nova.power(node, "isreachable"))
    nova.power(node, "softoff")
    assert nova.state(node) == "off"
    assert "already logged off." in nova.power(node, "softoff")
    assert nova.power(node, "isreachable").endswith(": unreachable")
    nova.power(node, "on")


def _captured(nova: Nova2017, node: str, compute: SshServer) -> None:
    """A snapshot: capture, export to the compute node, clean up."""
    info = nova.ask("POST", "/images/capture", [f"nodename={node}", "profile=snap_1", "compress=6"])["info"]
    (line,) = (str(item) for item in info if "Completed capturing the image" in str(item))
    name = line.split("(")[1].split(")")[0]
    assert name == "rhel7.2-s390x-netboot-snap_1"
    nova.tabch("osimage", f"imagename={name}", "osimage.isdeletable=auto:last_use_date:2026-11-23")
    nova.power(node, "on")
    assert nova.gettab("linuximage", f"imagename={name}", "rootimgdir").endswith("/snap_1")
    body = [f"osimage={name}", f"destination=/{name}.tgz", f"remotehost={COMPUTE}"]
    nova.ask("POST", "/images/export", body)
    assert (compute.folder / f"{name}.tgz").stat().st_size > 0
    query = (
        "&criteria=isdeletable=~^auto:last_use_date:&criteria=osarch=s390x"
        "&criteria=provmethod=~netboot|raw|sysclone&field=isdeletable"
    )
    lines = nova.ask("GET", "/images", query=quote_query(query))["info"][0]
    assert f"Object name: {name}" in lines
    nova.ask("DELETE", f"/images/{name}")
    with pytest.raises(ErrorElement, match="Could not find an object"):  # Nova logs it only
        nova.ask("DELETE", f"/objects/osimage/{name}")
    assert not nova.exists("snap_1")


def quote_query(text: str) -> str:
    return text.replace("^", "%5E").replace("|", "%7C")


def _copied(nova: Nova2017, node: str) -> None:
    """A resize keeps the old node under another name while the new guest is made."""
    lines = [line.strip() for line in nova.ask("GET", f"/nodes/{node}")["info"][0][1:]]
    kept = [line for line in lines if not line.startswith(("postscripts", "postbootscripts", "hostnames"))]
    nova.ask("POST", f"/nodes/rsz{node[4:]}", kept)
    nova.ask("PUT", f"/nodes/{node}", [f"zvm.hcp={HCP}", f"zvm.userid=rsz{node[4:]}"])
    assert [row[2] for row in nova.tabdump("zvm") if row[0] == node] == [f"rsz{node[4:]}"]
    nova.ask("PUT", f"/nodes/{node}", [f"zvm.userid={node}"])
    nova.ask("DELETE", f"/nodes/rsz{node[4:]}")


def test_a_volume_of_a_guest_that_is_off(nova: Nova2017) -> None:
    node, wwpn, lun = "inst0902", "5005076800aa0091", "0091000000000000"
    nova.ask("POST", f"/nodes/{node}", [f"userid={node}", f"hcp={HCP}", "mgt=zvm", "groups=all"])
    nova.ask("POST", f"/vms/{node}", ["profile=LNXDFLT", "cpu=1", "memory=512m", "password=DFLTPASS"])
    hypervisor = f"/hypervisor/{HOST}"
    try:
        nova.ask("PUT", hypervisor, [f"--addzfcp2pool xcatzfcp free {wwpn} {lun} 1G 1fa5"])
        nova.ask("PUT", hypervisor, [f"--reservezfcp xcatzfcp used {node} 1fa5 1G {wwpn} {lun}"])
        nova.chvm(node, f"--aemod setupDisk action=addScsiVolume vaddr=1fa5 wwpn={wwpn} lun={lun}")
        for _ in range(2):
            nova.chvm(node, "--dedicatedevice 1fa5 1fa5 0")
        nova.chvm(node, f"--setloaddev {wwpn} {lun} 1 3d726f6f74")
        nova.chvm(node, f"--addzfcp xcatzfcp 1fa5 0 1G '' {wwpn} {lun}")
        nova.chvm(node, f"--removezfcp 1fa5 {wwpn} {lun} 0")
        nova.chvm(node, f"--removeloaddev {wwpn} {lun}")
        for _ in range(2):
            nova.chvm(node, "--undedicatedevice 1fa5")
        nova.ask("PUT", hypervisor, [f"--removezfcpfrompool xcatzfcp {lun} {wwpn}"])
    finally:
        nova.ask("DELETE", f"/vms/{node}")


def test_the_early_feilong_client(manager: Manager, nova: Nova2017, image: None) -> None:
    """It makes network cards by dsh and deletes rows by two keys."""
    sdk, dsh = EarlyFeilong(manager.url), NeutronAgent(manager.url).dsh
    node, port = "inst0903", "11111111-2222-3333-4444-000000000903"
    sdk.ask("POST", f"/nodes/{node}", [f"userid={node}", f"hcp={HCP}", "mgt=zvm", "groups=all"])
    sdk.ask("POST", f"/vms/{node}", ["profile=LNXDFLT", "cpu=1", "memory=512m", "password=DFLTPASS"])
    try:
        card = "-k image_device_number=1000 -k adapter_type=QDIO -k devices=3 -k mac_id=000A03"
        line = f"smcli Virtual_Network_Adapter_Create_Extended_DM -T {node} {card}"
        assert dsh(ZHCP, line)[0].endswith("... Done")
        couple = f"smcli Virtual_Network_Adapter_Connect_Vswitch_DM -T {node} -v 1000 -n XCATVSW1"
        assert dsh(ZHCP, couple)[0].endswith("... Done")
        sdk.ask("GET", f"/vms/{node}", query="&checknics=1000")
        sdk.tabch(
            "switch", f"switch.node={node} switch.port={port} switch.interface=1000 switch.comments={ZHCP}"
        )
        sdk.tabch("switch", f"-d node={node},interface=1000 switch")
        assert node not in [row[0] for row in sdk.tabdump("switch")]
        dsh(ZHCP, f"smcli Virtual_Network_Adapter_Disconnect_DM -T {node} -v 1000")
        with pytest.raises(ErrorElement, match="not able to find 1000"):
            sdk.ask("GET", f"/vms/{node}", query="&checknics=1000")
        assert dsh(ZHCP, f"smcli Image_Lock_Query_DM -T {node}") == [f"{node.upper()} is Unlocked..."]
    finally:
        sdk.ask("DELETE", f"/vms/{node}")
