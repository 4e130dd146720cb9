# SPDX-License-Identifier: Apache-2.0
"""SCSI disks of a pool for a guest that is on, and other names for disks in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chain import HOST, Chain
from tests.unit.manager.worlds import World
from zvm.xcat import XcatError, XcatRefused

WWPN, LUN, FCP = "500507630b10c1e0", "4010400100000000", "1fa3"


@pytest.fixture
def running(chain: Chain, world: World) -> Iterator[World]:
    world.spawn(world.upload("zfcp"))
    assert chain.zvm.guest(world.node, wait="reachable").reachable
    url = f"/hypervisor/{HOST}"
    chain.client.request("PUT", url, body=[f"--addzfcp2pool inguest free {WWPN} {LUN} 10G {FCP}"])
    yield world
    chain.client.request("PUT", url, body=[f"--releasezfcp inguest {LUN} {WWPN}"])
    chain.client.request("PUT", url, body=[f"--removezfcpfrompool inguest {LUN} {WWPN}"])


def pool(chain: Chain) -> str:
    query = {"field": ["--zfcppool", "inguest"]}
    return chain.client.request("GET", f"/nodes/{HOST}/inventory", query=query).text.splitlines()[1]


def test_a_disk_of_a_guest_that_is_off(chain: Chain, running: World) -> None:
    running.power("off")
    answer = running.change(f"--addzfcp inguest {FCP} 0 10G root {WWPN} {LUN}")
    assert answer.info[-1].endswith(f"Adding zFCP device 1FA3/{WWPN}/{LUN} to {running.userid}... Done")
    assert f"used,{WWPN},{LUN},10G,1FA3,{running.userid},1FA3,root" in pool(chain)
    assert f"LUN: 0x{LUN}" in running.inventory()
    running.change(f"--addzfcp inguest {FCP} 0 10G root {WWPN} {LUN}")  # again
    running.change(f"--removezfcp {FCP} {WWPN} {LUN} 0")
    assert f"free,{WWPN},{LUN},10G,1FA3,,," in pool(chain)
    with pytest.raises(XcatError, match="has no zFCP device"):
        running.change(f"--removezfcp {FCP} {WWPN} {LUN} 0")


def test_a_disk_that_the_guest_cannot_have_is_free_again(chain: Chain, running: World) -> None:
    chain.fault("Image_Device_Dedicate_DM", target=running.userid, rc=404, rs=12)
    with pytest.raises(XcatRefused) as caught:
        running.change(f"--addzfcp inguest {FCP} 0 10G '' {WWPN} {LUN}")
    assert caught.value.has_codes(404, 12)
    assert f"free,{WWPN},{LUN},10G,1FA3,,," in pool(chain)


@pytest.mark.parametrize(
    "option",
    [
        '--createfilesysnode /dev/disk/by-path/x" /dev/vda',
        "--createfilesysnode /etc/passwd /dev/vda",
        "--createfilesysnode /dev/sda /dev/../etc/x",
        "--removefilesysnode /etc/passwd",
    ],
)
def test_names_of_disks_are_checked(running: World, option: str) -> None:
    with pytest.raises(XcatRefused, match=r"below /dev|name in /dev"):
        running.change(option)
