# SPDX-License-Identifier: Apache-2.0
"""Networks, site, chhypervisor and commands that are refused."""

from __future__ import annotations

import pytest

from tests.support.chain import HOST, Chain
from zvm.xcat import XcatNotFound, XcatRefused


def test_networks(chain: Chain) -> None:
    body = ["net=10.0.0.0", "mask=255.255.255.0", "mgtifname=eth0"]
    chain.client.request("POST", "/networks/net1", body=body)
    shown = chain.client.request("GET", "/networks/net1")
    assert shown.info == [
        "Object name: net1",
        "    mask=255.255.255.0",
        "    mgtifname=eth0",
        "    net=10.0.0.0",
    ]
    chain.client.request("PUT", "/networks/net1", body=["gateway=10.0.0.1"])
    assert "    gateway=10.0.0.1" in chain.client.request("GET", "/networks/net1").info
    chain.client.request("DELETE", "/networks/net1")
    for name in ("makehosts", "makedns"):
        assert chain.client.request("PUT", f"/networks/{name}").responses == ()


def test_site(chain: Chain) -> None:
    chain.client.request("PUT", "/site", body=["domain=example.com", "master=127.0.0.1"])
    assert chain.client.request("GET", "/site", query={"field": ["domain"]}).info == [
        "Object name: clustersite",
        "    domain=example.com",
    ]
    found = chain.client.request(
        "GET", "/tables/site", query={"col": "key", "value": "master", "attribute": "value"}
    )
    assert found.data == ["127.0.0.1"]


def test_objects(chain: Chain) -> None:
    chain.client.request("POST", "/objects/group/web", body=["members=a"])
    assert chain.client.request("GET", "/objects/group/web").info == ["Object name: web", "    members=a"]
    chain.client.request("DELETE", "/objects/group/web")
    with pytest.raises(XcatRefused, match="no type of object"):
        chain.client.request("GET", "/objects/nosuch")
    with pytest.raises(XcatNotFound):
        chain.client.request("DELETE", "/objects/group/web")


def test_chhypervisor(chain: Chain) -> None:
    url = f"/hypervisor/{HOST}"
    answer = chain.client.request("PUT", url, body=["--smcli Query_API_Functional_Level -T ZHCP"])
    assert answer.info == [f"{HOST}: The API functional level is z/VM V7.4\n"]
    with pytest.raises(XcatRefused, match="about a guest"):
        chain.client.request("PUT", url, body=["--smcli Image_Query_DM -T MAINT"])
    answer = chain.client.request("PUT", f"{url}/rinv", body=["--diskpoolspace POOL1"])
    assert answer.text.startswith(f"{HOST}: POOL1 Total: ")
