# SPDX-License-Identifier: Apache-2.0
"""A z/VM system on which the directory does not authorise networks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chain import HCP, HOST, Chain, Manager
from tests.unit.manager.commands.test_mkvm import absent
from tests.unit.manager.worlds import World
from zvm.xcat import Client, XcatRefused
from zvm.xcat.urls import path

BODY = ["profile=LNXDFLT", "memory=512m", "nic=1000,vswitch=XCATVSW1,vlan=10", "nic=1003,vswitch=XCATVSW1"]


@pytest.fixture
def client(chain: Chain, world: World, tmp_path: Path) -> Iterator[Client]:
    group = {"url": chain.zhcp.url, "hostname": HCP, "host": HOST, "grants": "true"}
    manager = Manager(tmp_path / "manager", {"zhcp": group})
    with manager.client() as client:
        body = [f"userid={world.userid}", f"hcp={HCP}", "groups=all"]
        client.request("POST", path("nodes", world.node), body=body)
        yield client
    manager.stop()


def test_grants_come_and_go_with_the_guest(chain: Chain, world: World, client: Client) -> None:
    query = {"objectid": world.uuid}
    chain.forget_calls()
    answer = client.request("POST", path("vms", world.node), query=query, body=BODY)
    assert answer.info == [
        f"{world.node}: Defining {world.userid} in the directory... Done\n\n",
        f"{world.node}: Granting VSwitch (XCATVSW1) access for {world.userid}... Done\n\n",
    ]
    assert chain.smapi_calls() == ["Image_Create_DM", "Virtual_Network_Vswitch_Set_Extended"]
    chain.forget_calls()
    client.request("DELETE", path("vms", world.node), query=query)
    assert "Virtual_Network_Vswitch_Set_Extended" in chain.smapi_calls()
    assert absent(world)


def test_a_refused_grant_leaves_no_entry(chain: Chain, world: World, client: Client) -> None:
    chain.fault("Virtual_Network_Vswitch_Set_Extended", rc=212, rs=40)
    with pytest.raises(XcatRefused) as caught:
        client.request("POST", path("vms", world.node), query={"objectid": world.uuid}, body=BODY)
    assert caught.value.has_codes(212, 40)
    assert "Granting VSwitch (XCATVSW1)" in caught.value.errors[0]
    assert absent(world)
    row = next(line for line in client.request("GET", "/tables/zvm").data if world.node in line)
    assert world.uuid not in row
    assert world.node not in client.request("GET", "/tables/switch").text
