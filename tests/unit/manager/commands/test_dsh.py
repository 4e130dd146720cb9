# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chain import HCP, HOST, Chain, Manager
from tests.unit.manager.worlds import World
from zvm.xcat import Envelope, XcatRefused
from zvm.xcat.urls import path

ZHCP = HCP.partition(".")[0]


def dsh(chain: Chain, node: str, line: str) -> Envelope:
    return chain.client.request("PUT", path("nodes", node, "dsh"), body=[f"command={line}", "options=-q"])


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("smcli Query_API_Functional_Level -T X", f"{ZHCP}: The API functional level is z/VM V7.4"),
        ("smcli Image_Lock_Query_DM -T MAINT", f"{ZHCP}: MAINT is Unlocked..."),
        ("smcli Image_Status_Query -T '*'", f"{ZHCP}: "),
        ("smcli Virtual_Network_Vswitch_Query -T SYSTEM -s XCATVSW1", f"{ZHCP}: VSWITCH:  Name: XCATVSW1"),
        ("/sbin/vmcp q userid", f"{ZHCP}: ZHCP     AT "),
    ],
)
def test_queries(chain: Chain, line: str, start: str) -> None:
    answer = dsh(chain, ZHCP, line)
    assert answer.data[0].startswith(start)
    assert all(text.startswith(f"{ZHCP}: ") for text in answer.data[0].splitlines())
    assert answer.errorcode == ["0"]


def test_since_when_the_system_is_up(chain: Chain) -> None:
    (text,) = dsh(chain, ZHCP, "smcli System_Info_Query -T X").data
    assert text.splitlines()[4].split(": ", 2)[2]


def test_failures_are_data(chain: Chain) -> None:
    answer = dsh(chain, ZHCP, "vmcp q user nosuch")
    assert "HCPCQU003E" in answer.data[0] or "NOSUCH" in answer.data[0]
    assert "Error: non-zero CP response for command 'Q USER NOSUCH': #" in answer.data[0]
    assert answer.errorcode == ["1"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("smcli Image_Deactivate -T MAINT", "protected"),
        ("smcli Image_Deactivate -T MAINT*", "MAINT"),
        ("smcli Virtual_Network_Vswitch_Set_Extended -T SYSTEM -k grant_userid=TCPIP", "protected"),
        ("smcli Image_Delete_DM -T A", "not supported"),
        ("vmcp shutdown", "SHUTDOWN is not allowed"),
        ("vmcp q userid; id", "shell"),
        ("vmcp --bad q userid", "--bad"),
        ("vmcp", "needs a CP command"),
        ("bash /tmp/grant.sh", "'bash' is not among"),
        ("cat /root/.ssh/id_rsa.pub", "no ssh key"),
    ],
)
def test_what_is_refused(chain: Chain, line: str, reason: str) -> None:
    chain.forget_calls()
    with pytest.raises(XcatRefused, match=reason.replace("*", r"\*")):
        dsh(chain, ZHCP, line)
    assert [call for call in chain.calls() if call["kind"] == "smapi"] == []


def test_a_guest_is_changed(chain: Chain, world: World) -> None:
    world.define()
    world.create()
    definition = "NICDEF=VDEV=1000 TYPE=QDIO MACID=0A0B0C LAN=SYSTEM SWITCHNAME=XCATVSW1"
    line = f"/opt/zhcp/bin/smcli Image_Definition_Update_DM -T {world.userid} -k '{definition}'"
    answer = dsh(chain, ZHCP, line)
    assert answer.data == [f"{ZHCP}: Updating {world.userid} virtual machine directory entry... Done"]
    assert [nic.vdev for nic in world.entry().nics()] == ["1000"]
    shown = dsh(chain, ZHCP, f"smcli Image_Definition_Query_DM -T {world.userid} -k NICDEF").data[0]
    assert "SWITCHNAME=XCATVSW1" in shown
    grant = "smcli Virtual_Network_Vswitch_Set_Extended -T SYSTEM -k switch_name=XCATVSW1"
    grant += f" -k grant_userid={world.userid}"
    assert dsh(chain, ZHCP, grant).errorcode == ["0"]


def test_performance(chain: Chain, world: World) -> None:
    world.spawn(world.upload("dsh"))
    (text,) = dsh(chain, ZHCP, f'smcli Image_Performance_Query -T "{world.userid}" -c 1').data
    assert f'Guest name: "{world.userid}"' in text
    assert 'Guest CPUs: "1"' in text


def test_guests_are_left_alone_unless_the_operator_allows_it(chain: Chain, world: World) -> None:
    world.define()
    with pytest.raises(XcatRefused, match="shell"):
        dsh(chain, world.node, "hostname")
    with pytest.raises(XcatRefused, match="shell"):
        chain.client.request("PUT", path("nodes", world.node, "execcmdonvm"), body=["hostname"])


@pytest.fixture
def allowing(chain: Chain, tmp_path: Path) -> Iterator[Manager]:
    """A management node that lets programs run in guests."""
    zhcps = {"zhcp": {"url": chain.zhcp.url, "hostname": HCP, "host": HOST}}
    manager = Manager(tmp_path / "manager", zhcps, guest_execution=True)
    yield manager
    manager.stop()


def test_programs_in_a_guest(chain: Chain, world: World, allowing: Manager) -> None:
    world.spawn(world.upload("dsh-guest"))
    chain.zvm.guest(world.node, wait="reachable", timeout=30)
    with allowing.client() as client:
        body = [f"userid={world.userid}", f"hcp={HCP}", "mgt=zvm", "groups=all"]
        client.request("POST", path("nodes", world.node), body=body)
        url = path("nodes", world.node, "dsh")
        answer = client.request("PUT", url, body=["command=echo a  'b  c'"])
        assert (answer.data, answer.errorcode) == ([f"{world.node}: a b  c"], ["0"])
        assert client.request("PUT", url, body=["command=false"]).errorcode == ["1"]
        with pytest.raises(XcatRefused, match="shell"):
            client.request("PUT", url, body=["command=echo a; id"])
        url = path("nodes", world.node, "execcmdonvm")
        assert client.request("PUT", url, body=["echo x"]).text == f"{world.node}: x\n"
        with pytest.raises(XcatRefused, match="exit code 1"):
            client.request("PUT", url, body=["false"])
