# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.chain import HCP, HOST, USER, Chain, Manager
from tests.support.raw_http import ask, v1
from tests.unit.manager.worlds import World
from zvm.manager.audit import Audit
from zvm.xcat import XcatRefused
from zvm.xcat.urls import path


@pytest.fixture
def audited(chain: Chain, tmp_path: Path) -> Iterator[Manager]:
    """A management node with an audit log."""
    zhcps = {"zhcp": {"url": chain.zhcp.url, "hostname": HCP, "host": HOST}}
    manager = Manager(tmp_path / "manager", zhcps, audit_log=tmp_path / "audit.jsonl")
    yield manager
    manager.stop()


def lines(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]


def test_what_was_done_is_written_down(world: World, audited: Manager, tmp_path: Path) -> None:
    world.define()
    world.create()
    with audited.client() as client:
        body = [f"userid={world.userid}", f"hcp={HCP}", "mgt=zvm", "groups=all"]
        client.request("POST", path("nodes", world.node), body=body)
        query = {"objectid": world.uuid, "requestid": "req-1"}
        url = path("vms", world.node)
        client.request("PUT", url, query=query, body=["--setpassword TOPSECRT"])
        with pytest.raises(XcatRefused):
            client.request("PUT", url, body=["--removedisk 0100"])
        client.request("GET", url)
    defined, changed, failed = lines(tmp_path)
    assert (defined["command"], defined["smapi"]) == ("mkdef", [])
    assert changed["user"] == USER
    assert (changed["requestid"], changed["objectid"]) == ("req-1", world.uuid)
    assert (changed["command"], changed["target"], changed["outcome"]) == ("chvm", world.node, "done")
    call = {"function": "Image_Password_Set_DM", "target": world.userid, "rc": 0, "rs": 0}
    assert changed["smapi"] == [call]
    assert changed["seconds"] >= 0
    assert failed["outcome"] == "failed"
    assert failed["smapi"][-1]["rc"]
    assert "TOPSECRT" not in (tmp_path / "audit.jsonl").read_text()
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o077 == 0
    text = ask(audited.url, "GET", "/metrics").text
    assert 'zvm_manager_commands_total{command="chvm",outcome="done"} 1.0' in text
    assert 'zvm_manager_smapi_calls_total{function="Image_Password_Set_DM",rc="0"} 1.0' in text
    assert f'zvm_manager_zhcp_up{{zhcp="{HCP}"}} 1.0' in text


def test_what_was_denied_is_written_down(audited: Manager, tmp_path: Path) -> None:
    with audited.client() as client:
        client.request("PUT", "/tables/policy", body=[f"-d name={USER} policy"])
    assert v1(audited.url, "GET", "/nodes").status == 401
    assert lines(tmp_path)[-1]["outcome"] == "denied"


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    audit = Audit(str(tmp_path / "nosuch" / "audit.jsonl"))
    with audit.command("nova", "chvm", "x", looks=False):
        pass
    assert "cannot be written" in caplog.text
