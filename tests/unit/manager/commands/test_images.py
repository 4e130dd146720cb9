# SPDX-License-Identifier: Apache-2.0
"""imgimport, imgexport, rmimage, and what lsdef shows of images."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.chain import Chain
from tests.support.raw_http import v1
from zvm.xcat import XcatNotFound, XcatRefused


@pytest.fixture
def exchange(chain: Chain) -> Path:
    folder = chain.manager.config.parent / "state" / "exchange"
    folder.mkdir(exist_ok=True)
    return folder


def test_from_a_file_to_a_file(chain: Chain, exchange: Path) -> None:
    (exchange / "disk.raw").write_bytes(b"blocks" * 1000)
    chain.client.request(
        "POST", "/images/import", body=["osimage=disk.raw", "profile=img1_cccc_dddd", "nozip"]
    )
    name = "linux-s390x-netboot-img1_cccc_dddd"
    found = chain.client.request("GET", "/images", query={"criteria": "profile=~cccc_dddd"})
    assert found.info == [f"{name}  (osimage)"]
    chain.client.request(
        "PUT",
        "/tables/osimage",
        body=[f"imagename={name}", "osimage.isdeletable=auto:last_use_date:2026-11-23"],
    )
    criteria = ["isdeletable=~^auto:last_use_date:", "osarch=s390x", "provmethod=~netboot|raw|sysclone"]
    found = chain.client.request("GET", "/images", query={"criteria": criteria, "field": "isdeletable"})
    assert found.info == [f"Object name: {name}", "    isdeletable=auto:last_use_date:2026-11-23"]
    assert chain.client.request("GET", f"/images/{name}").info == [
        f"Object name: {name}",
        "    imagetype=linux",
        "    isdeletable=auto:last_use_date:2026-11-23",
        "    osarch=s390x",
        "    osname=Linux",
        "    osvers=linux",
        "    profile=img1_cccc_dddd",
        "    provmethod=netboot",
        "    rootimgdir=/install/netboot/linux/s390x/img1_cccc_dddd",
    ]
    assert chain.client.request("GET", f"/objects/osimage/{name}").text.startswith(f"Object name: {name}\n")
    chain.client.request("POST", "/images/export", body=[f"osimage={name}", "destination=out/copy.raw"])
    assert (exchange / "out" / "copy.raw").read_bytes() == b"blocks" * 1000
    with pytest.raises(XcatRefused, match="exists"):
        chain.client.request("POST", "/images/export", body=[f"osimage={name}", "destination=out/copy.raw"])
    chain.client.request("DELETE", f"/images/{name}")
    with pytest.raises(XcatNotFound):
        chain.client.request("DELETE", f"/images/{name}")
    with pytest.raises(XcatNotFound):
        chain.client.request("GET", f"/images/{name}")


@pytest.mark.parametrize("name", ["/etc/passwd", "../manager.sqlite", "a/../../images/x"])
def test_other_files_are_out_of_reach(chain: Chain, exchange: Path, name: str) -> None:
    with pytest.raises(XcatRefused, match="is not in the directory"):
        chain.client.request("POST", "/images/import", body=[f"osimage={name}"])
    chain.zvm.put_image("img-reach", b"x" * 512)
    with pytest.raises(XcatRefused, match="is not in the directory"):
        chain.client.request("POST", "/images/export", body=["osimage=img-reach", f"destination={name}"])


def test_files_of_other_machines_are_not_fetched(chain: Chain, exchange: Path) -> None:
    with pytest.raises(XcatRefused, match="not fetched"):
        chain.client.request("POST", "/images/import", body=["osimage=/t.tar", "remotehost=root@h"])
    with pytest.raises(XcatNotFound, match="Unable to find"):
        chain.client.request("POST", "/images/import", body=["osimage=nosuch.tar"])
    assert v1(chain.manager.url, "POST", "/images/import", ["osimage=nosuch.tar"]).status == 201
