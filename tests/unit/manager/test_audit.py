# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from logging_journald import JournaldTransport

from tests.support.chain import HCP, HOST, USER, Chain, Manager
from tests.support.raw_http import ask, v1
from tests.unit.manager.worlds import World
from zvm.manager.audit import Audit
from zvm.manager.errors import Forbidden
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


@pytest.fixture
def journald(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What journald is to its clients: a socket for datagrams."""
    monkeypatch.setattr(JournaldTransport, "SOCKET_PATH", tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.settimeout(20)
        yield listening


def fields(content: bytes) -> dict[str, str]:
    """Read an entry as journald does: NAME, a line feed, the value's length in 8 octets, the value."""
    found = {}
    while content:
        name, _, rest = content.partition(b"\n")
        length = int.from_bytes(rest[:8], "little")
        found[name.decode()] = rest[8 : 8 + length].decode()
        content = rest[9 + length :]
    return found


def test_the_journal(journald: socket.socket) -> None:
    audit = Audit("journald")
    with (
        pytest.raises(Forbidden),
        audit.command("ops\nZVM_USER=root", "chvm", "x", requestid="r", looks=False),
    ):
        raise Forbidden("no")
    entry = fields(journald.recv(1 << 16))
    assert entry["ZVM_USER"] == "ops\nZVM_USER=root"  # one field, whatever it looks like
    assert (entry["ZVM_OUTCOME"], entry["ZVM_REQUESTID"]) == ("denied", "r")
    assert (entry["SYSLOG_IDENTIFIER"], entry["PRIORITY"]) == ("zvm-manager", "6")
    assert json.loads(entry["MESSAGE"])["command"] == "chvm"


def test_a_journal_that_is_gone_or_full_stops_nobody(
    journald: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    audit = Audit("journald")
    for _ in range(3000):  # nobody reads
        with audit.command("nova", "chvm", "full", looks=False):
            pass
        if caplog.records:
            break
    assert "lost" in caplog.text
    journald.close()
    JournaldTransport.SOCKET_PATH.unlink()
    caplog.clear()
    with audit.command("nova", "chvm", "gone", looks=False):
        pass
    assert "No such file" in caplog.text


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    audit = Audit(str(tmp_path / "nosuch" / "audit.jsonl"))
    with audit.command("nova", "chvm", "x", looks=False):
        pass
    assert "No such file" in caplog.text
