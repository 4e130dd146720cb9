# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

import pytest

from tests.support.chain import HCP, HOST, Chain
from tests.unit.manager.worlds import World
from zvm.manager.commands import rinv_host
from zvm.manager.commands.rinv_guest import uptime
from zvm.xcat import XcatRefused


def host(chain: Chain, *fields: str) -> list[str]:
    query = {"field": list(fields)} if fields else None
    text = chain.client.request("GET", f"/nodes/{HOST}/inventory", query=query).text
    lines = text.splitlines()
    assert all(line.startswith(f"{HOST}: ") for line in lines)
    return [line.removeprefix(f"{HOST}: ") for line in lines]


def test_a_system(chain: Chain) -> None:
    facts = dict(line.split(": ", 1) for line in host(chain))
    assert facts["z/VM Host"] == facts["Hypervisor Name"] == "ZVMSIM1"
    assert facts["zHCP"] == HCP
    assert facts["xCAT Hypervisor Node"] == HOST
    assert re.fullmatch(r"z/VM \d\.\d\.\d", facts["Hypervisor OS"])
    assert facts["IPL Time"].startswith("IPL at ")
    for name in ("LPAR Memory Total", "LPAR Memory Used", "LPAR Memory Offline"):
        assert re.fullmatch(r"\d+[MG]", facts[name])
    assert host(chain, "all") == host(chain, "config")


def test_pools(chain: Chain) -> None:
    lines = host(chain, "--diskpoolspace", "POOL1")
    names = [line.split()[:2] for line in lines]
    assert names == [["POOL1", "Total:"], ["POOL1", "Used:"], ["POOL1", "Free:"]]
    for line in lines:
        assert re.fullmatch(r"\d+\.\dG|\d+M", line.split()[2])
    assert host(chain, "--diskpoolspace") == lines
    assert "POOL1" in host(chain, "--diskpoolnames")
    assert "LNXDFLT" in host(chain, "--userprofilenames")
    with pytest.raises(XcatRefused, match="NOSUCH"):
        host(chain, "--diskpoolspace", "NOSUCH")


def test_sizes() -> None:
    assert rinv_host.shown(2109 << 20) == "2109M"
    assert rinv_host.shown(9_556_302_234) == "8.9G"
    assert rinv_host.memory(16 << 30) == "16G"
    assert rinv_host.memory(4095 << 20) == "4095M"
    assert rinv_host.memory(0) == "0M"


def test_fcp_devices(chain: Chain) -> None:
    with pytest.raises(XcatRefused, match="Option not supported"):
        host(chain, "--fcpdevices", "all")
    for status in ("free", "active"):
        lines = host(chain, "--fcpdevices", status, "details")
        assert len(lines) % 5 == 0
        assert len(host(chain, "--fcpdevices", status)) == len(lines) // 5


def test_this_node(chain: Chain) -> None:
    answer = chain.client.request("GET", "/nodes/xcat/inventory", query={"field": "--freerepospace"})
    assert re.fullmatch(r"xcat: Free Image Repository: [\d.]+[MG]\n", answer.text)
    assert answer.text.split()[4][:-1].replace(".", "").isdigit()


def test_a_guest(chain: Chain, world: World) -> None:
    world.define()
    world.create("cpu=2", "nic=1000,vswitch=XCATVSW1")
    off = world.inventory("cpumempowerstat").splitlines()
    assert off == [
        f"{world.node}: Power state: off",
        f"{world.node}: Total Memory: 512M",
        f"{world.node}: Guest CPUs: 2",
        f"{world.node}: Processors: 2",
        f"{world.node}: CPU Used Time: 0.000000 sec",
    ]
    with pytest.raises(XcatRefused, match="No console log avaiable"):
        world.inventory("--consoleoutput", "100")
    image = world.upload("rinv")
    world.add_disk()
    world.deploy(image)
    world.power("on")
    chain.zvm.guest(world.node, wait="reachable", timeout=20)
    chain.forget_calls()
    on = world.inventory("cpumempowerstat").splitlines()
    assert on[:4] == [off[0].replace("off", "on"), *off[1:4]]
    assert len(chain.smapi_calls()) == 2
    full = world.inventory()
    assert f"{world.node}: z/VM UserID: {world.userid}\n" in full
    assert f"{world.node}:     0100 3390 " in full
    assert f"{world.node}:     1000 QDIO SYSTEM XCATVSW1\n" in full
    assert f"{world.node}: Uptime: 0 days 0 min\n" in full
    assert "login:" in world.inventory("--consoleoutput", "2000")
    assert "login:" in chain.zvm.console(world.node)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 days 0 min"),
        (3599, "0 days 59 min"),
        (3600, "0 days 1 hr 0 min"),
        (90_061, "1 days 1 hr 1 min"),
    ],
)
def test_how_long_a_guest_is_on(seconds: int, text: str) -> None:
    assert uptime(seconds) == text
