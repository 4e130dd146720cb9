# SPDX-License-Identifier: Apache-2.0
"""rmigrate and revacuate, on a cluster of two z/VM systems."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from tests.support.nova_cluster import NovaCluster, nova_cluster
from tests.unit.manager.worlds import image_content
from zvm.xcat import Client, Extension, XcatRefused

__all__ = ["nova_cluster"]
MOVE = ["action=move", "immediate=no", "max_total=nolimit", "max_quiesce=nolimit"]


@pytest.fixture
def client(nova_cluster: NovaCluster) -> Iterator[Client]:
    with nova_cluster.manager.client() as connected:
        yield connected


def spawned(client: Client, node: str) -> None:
    content = image_content("moving")
    Extension(client).put_image("img-moving", content, sha256=hashlib.sha256(content).hexdigest())
    body = [f"userid={node}", "hcp=zhcp-zvmsim1.example.com", "mgt=zvm", "groups=all"]
    client.request("POST", f"/nodes/{node}", body=body)
    made = ["profile=LNXDFLT", "cpu=1", "memory=512m", "password=AUTOONLY", "ipl=0100"]
    client.request("POST", f"/vms/{node}", body=made)
    client.request("PUT", f"/vms/{node}", body=["--add3390 POOL1 0100 10m"])
    body = ["netboot", "device=0100", "osimage=img-moving"]
    client.request("PUT", f"/nodes/{node}/bootstate", body=body)
    client.request("PUT", f"/nodes/{node}/power", body=["on"])


@pytest.fixture
def guest(client: Client) -> Iterator[str]:
    spawned(client, "rmig1")
    yield "rmig1"
    client.request("DELETE", "/vms/rmig1")


def refuse(nova_cluster: NovaCluster, userid: str) -> None:
    fault = {"function": "VMRELOCATE", "target": userid, "rc": 8, "rs": 3000}
    nova_cluster.members["zvmsim1"].control("POST", "/faults", fault)


def test_a_guest_is_moved(client: Client, nova_cluster: NovaCluster, guest: str) -> None:
    url = f"/nodes/{guest}/migrate"
    said = f"{guest}: VMRELOCATE RMIG1... Done\n"
    tested = client.request("PUT", url, body=["destination=ZVMSIM2", "action=test", *MOVE[1:]])
    assert tested.info == [said]
    assert nova_cluster.where("RMIG1") == ["zvmsim1"]
    assert client.request("PUT", url, body=["destination=ZVMSIM2", *MOVE]).info == [said]
    assert nova_cluster.where("RMIG1") == ["zvmsim2"]
    row = client.request("GET", "/tables/zvm").data
    assert any(line.startswith(f'"{guest}","zhcp-zvmsim2.example.com"') for line in row)
    assert client.request("PUT", url, body=["destination=zvmsim1", *MOVE]).info == [said]
    assert nova_cluster.where("RMIG1") == ["zvmsim1"]


def test_what_cp_refuses(client: Client, nova_cluster: NovaCluster, guest: str) -> None:
    refuse(nova_cluster, "RMIG1")
    with pytest.raises(XcatRefused) as caught:
        client.request("PUT", f"/nodes/{guest}/migrate", body=["destination=ZVMSIM2", *MOVE])
    assert f"{guest}: VMRELOCATE RMIG1... Failed\n  Return Code: " in caught.value.errors[0]
    assert caught.value.has_codes(8, 3000)
    assert nova_cluster.where("RMIG1") == ["zvmsim1"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (["action=fly", "destination=ZVMSIM2"], "none of the actions"),
        (["action=move"], "destination= is needed"),
        (["action=move", "destination=NOSUCH"], "no zHCP is configured"),
        (["action=move", "destination=ZVMSIM2", "max_total=soon"], "neither NOLIMIT nor"),
        (["action=move", "destination=ZVMSIM2", "force=everything"], "force= takes"),
    ],
)
def test_what_is_refused(client: Client, nova_cluster: NovaCluster, body: list[str], reason: str) -> None:
    client.request("POST", "/nodes/rmig0", body=["userid=rmig0", "hcp=zhcp-zvmsim1.example.com", "mgt=zvm"])
    try:
        with pytest.raises(Exception, match=reason):
            client.request("PUT", "/nodes/rmig0/migrate", body=body)
    finally:
        client.request("DELETE", "/nodes/rmig0")


def test_a_system_is_evacuated(client: Client, nova_cluster: NovaCluster, guest: str) -> None:
    spawned(client, "rmig2")
    try:
        refuse(nova_cluster, "RMIG2")
        with pytest.raises(XcatRefused) as caught:
            client.request("PUT", "/hypervisor/zvmsim1/revacuate", body=["ZVMSIM2"])
        assert [text.partition(":")[0] for text in caught.value.errors] == ["rmig2"]
        assert nova_cluster.where("RMIG1") == ["zvmsim2"]
        assert nova_cluster.where("RMIG2") == ["zvmsim1"]
        client.request("PUT", "/nodes/rmig1/migrate", body=["destination=ZVMSIM1", *MOVE])
    finally:
        client.request("DELETE", "/vms/rmig2")
