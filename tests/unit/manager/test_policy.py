# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import http.client
import json
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Connection

from tests.support.chain import Manager
from zvm.manager import policy
from zvm.manager.policy import Attempt
from zvm.manager.range_grammar import Known
from zvm.manager.tables import rows

NODES = dict.fromkeys(("a", "b", "c", "web1", "web2"))
KNOWN = Known(NODES, {"web": ["web1", "web2"]}, lambda name: {"a": "zvm"} if name == "mgt" else {})
HOSTS = [{"node": "admin", "ip": "10.1.0.7", "hostnames": "admin.example.com,desk"}]


def rule(**columns: str) -> rows.Row:
    names = ("priority", "name", "host", "commands", "noderange", "parameters", "time", "rule", "disable")
    return {column: columns.get(column, "") for column in names}


def allowed(found: list[rows.Row], attempt: Attempt) -> bool:
    return policy.allows(policy.rules(found, KNOWN, HOSTS), attempt)


ALL = rule(rule="allow")


@pytest.mark.parametrize(
    ("rules", "command", "nodes", "expected"),
    [
        ([], "lsdef", "", False),
        ([ALL], "lsdef", "", True),
        ([rule(name="*", commands="*", noderange="*", rule="allow")], "lsdef", "", True),
        ([rule(commands="lsdef,rpower", rule="allow")], "rpower", "a", True),
        ([rule(commands="lsdef,rpower", rule="allow")], "rmvm", "a", False),
        ([rule(commands="rmvm", rule="deny"), ALL], "rmvm", "a", False),
        ([rule(commands="rmvm", rule="deny"), ALL], "mkvm", "a", True),
        ([rule(noderange="a,b", rule="allow")], "mkvm", "a", True),
        ([rule(noderange="a,b", rule="allow")], "mkvm", "a c", False),
        ([rule(noderange="a,b", rule="allow")], "mkvm", "", False),
        ([rule(noderange="a", rule="deny"), ALL], "mkvm", "a c", False),
        ([rule(noderange="a", rule="deny"), ALL], "mkvm", "c", True),
        ([rule(noderange="web", rule="allow")], "rpower", "web1 web2", True),
        ([rule(noderange="web,-web2", rule="allow")], "rpower", "web2", False),
        ([rule(noderange="web[1-3]", rule="allow")], "mkdef", "web3", True),  # one that is to be made
        ([rule(noderange="/web.*", rule="allow")], "mkdef", "web3", True),
        ([rule(noderange="mgt==zvm", rule="allow")], "rpower", "a", True),
        ([rule(noderange="mgt==zvm", rule="allow")], "rpower", "b", False),
        ([rule(noderange="/(", rule="allow")], "rpower", "a", False),  # unreadable lets nobody in
        ([rule(noderange="/(", rule="deny"), ALL], "rpower", "a", False),
        ([rule(rule="trusted")], "mkvm", "a", True),
        ([rule(rule="nonsense"), ALL], "mkvm", "a", False),
    ],
)
def test_commands_and_nodes(rules: list[rows.Row], command: str, nodes: str, expected: bool) -> None:
    assert allowed(rules, Attempt(command, tuple(nodes.split()))) is expected


@pytest.mark.parametrize(
    ("cell", "args", "fits"),
    [
        ("stat", ("stat",), True),
        ("^stat$", ("on",), False),
        ("--set(ipl|loaddev)", ("--setipl", "0100"), True),
        ("^$", (), True),
        ("*", ("anything",), True),
    ],
)
def test_parameters(cell: str, args: tuple[str, ...], fits: bool) -> None:
    attempt = Attempt("rpower", ("a",), args)
    assert allowed([rule(parameters=cell, rule="allow")], attempt) is fits
    assert allowed([rule(parameters=cell, rule="deny"), ALL], attempt) is not fits


@pytest.mark.parametrize(
    ("cell", "host", "fits"),
    [
        ("10.1.0.7", "10.1.0.7", True),
        ("10.1.0.7", "10.1.0.8", False),
        ("10.1.0.0/16,192.168.1.1", "192.168.1.1", True),
        ("10.1.0.0/16", "::ffff:10.1.200.1", True),
        ("admin", "10.1.0.7", True),
        ("desk", "10.1.0.9", False),
        ("localhost", "::1", True),
        ("2001:db8::/32", "10.1.0.7", False),
    ],
)
def test_hosts(cell: str, host: str, fits: bool) -> None:
    attempt = Attempt("lsdef", host=host)
    assert allowed([rule(host=cell, rule="allow")], attempt) is fits
    assert allowed([rule(host=cell, rule="deny"), ALL], attempt) is not fits


@pytest.mark.parametrize("column", ["host", "parameters", "time"])
def test_a_cell_that_cannot_be_read_lets_nobody_in(column: str) -> None:
    attempt = Attempt("lsdef", host="10.1.0.7")
    assert not allowed([rule(**{column: "no such (thing", "rule": "allow"})], attempt)
    assert not allowed([rule(**{column: "no such (thing", "rule": "deny"}), ALL], attempt)
    assert not allowed([rule(host="10.1.0.7", rule="deny"), ALL], Attempt("lsdef", host=""))


@pytest.mark.parametrize(
    ("cell", "moment", "fits"),
    [
        ("08:00-18:00", "2026-11-25 08:00", True),
        ("08:00-18:00", "2026-11-25 18:00", False),
        ("Mon-Fri 08:00-18:00", "2026-11-28 10:00", False),  # a Saturday
        ("Mon-Fri 08:00-18:00, Sat 09:00-12:00", "2026-11-28 10:00", True),
        ("22:00-06:00", "2026-11-26 05:59", True),
        ("22:00-06:00", "2026-11-26 06:00", False),
        ("Sun 22:00-06:00", "2026-11-23 01:00", True),  # Monday after
        ("Fri-Mon 00:00-24:00", "2026-11-29 12:00", True),
        ("00:00-24:00", "2026-11-29 12:00", True),
        ("25:00-26:00", "2026-11-29 12:00", False),
    ],
)
def test_times(monkeypatch: pytest.MonkeyPatch, cell: str, moment: str, fits: bool) -> None:
    monkeypatch.setattr(policy, "now", lambda: datetime.fromisoformat(moment))
    assert allowed([rule(time=cell, rule="allow")], Attempt("lsdef")) is fits


def test_the_order_is_that_of_numbers(connection: Connection) -> None:
    for columns in (
        {"priority": "10", "rule": "allow"},
        {"priority": "9", "rule": "deny", "commands": "rmvm"},
        {"priority": "1", "rule": "allow", "disable": "yes"},
        {"priority": "2", "rule": "allow", "name": "other"},
    ):
        rows.upsert(connection, "policy", {}, columns)
    rules = policy.of_user(connection, "nova")
    assert policy.allows(rules, Attempt("mkvm"))
    assert not policy.allows(rules, Attempt("rmvm"))
    assert policy.allows(policy.of_user(connection, "other"), Attempt("rmvm"))


class Caller:
    """The user ``ops``, who asks in each of the three dialects; True where the policy lets it."""

    def __init__(self, url: str) -> None:
        self.parts = urlsplit(url)

    def ask(self, method: str, path: str, body: object = None, *, of: str = "127.0.0.1") -> int:
        connection = http.client.HTTPConnection(
            self.parts.hostname or "", self.parts.port, timeout=120, source_address=(of, 0)
        )
        headers = {"userName": "ops", "password": "geheim", "Content-Type": "text/plain"}
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, headers)
        status = connection.getresponse().status
        connection.close()
        return status

    def v1(self, method: str, path: str, body: object = None, **more: str) -> bool:
        return self.ask(method, f"/xcatws{path}?format=json", body, **more) not in (401, 403)

    def v2(self, method: str, path: str, **more: str) -> bool:
        return self.ask(method, f"/xcatwsv2{path}?userName=ops&userPW=geheim", **more) != 401

    def extension(self, method: str, path: str, **more: str) -> bool:
        return self.ask(method, f"/zvm/v1{path}", **more) not in (401, 403)


def test_as_a_user_meets_it(tmp_path: Path) -> None:
    manager = Manager(tmp_path / "manager", {})
    try:
        _meet(manager)
    finally:
        manager.stop()


def _meet(manager: Manager) -> None:
    ops = Caller(manager.url)
    with manager.client() as client:
        put = lambda table, *words: client.request("PUT", f"/tables/{table}", body=[" ".join(words)])  # noqa: E731
        put("passwd", "passwd.key=xcat passwd.username=ops passwd.password=geheim")
        for node, group in (("web1", "web"), ("db1", "db")):
            client.request("POST", f"/nodes/{node}", body=[f"groups={group}"])

        def only(**cells: str) -> None:
            """Let ops do this and nothing else."""
            put("policy", "-d name=ops policy")
            put("policy", "policy.priority=5 policy.name=ops", *(f"policy.{k}={v}" for k, v in cells.items()))

        assert not ops.v1("GET", "/nodes")  # no rule: no
        only(noderange="web", rule="allow")
        assert ops.v1("GET", "/nodes/web1")
        assert ops.v1("PUT", "/nodes/web/power", ["stat"])  # the group as a range
        assert not ops.v1("PUT", "/nodes/all/power", ["stat"])
        assert not ops.v1("GET", "/nodes/db1")
        assert not ops.v1("PUT", "/tables/zvm", ["node=db1 zvm.userid=X"])
        assert ops.v2("GET", "/nodes/web1")
        assert not ops.v2("GET", "/nodes/db1")
        assert not ops.v2("GET", "/nodes/db1/power")
        assert ops.extension("GET", "/guests/web1")
        assert not ops.extension("GET", "/guests/db1")
        assert not ops.extension("GET", "/guests")

        only(commands="rpower,zvm.images", parameters="^(stat|GET)", rule="allow")
        assert ops.v1("PUT", "/nodes/web1/power", ["stat"])
        assert not ops.v1("PUT", "/nodes/web1/power", ["off"])
        assert ops.v2("GET", "/nodes/web1/power")
        assert ops.extension("GET", "/images")
        assert not ops.extension("DELETE", "/images/x")

        only(host="127.0.0.2", rule="allow")
        for dialect, path in ((ops.v1, "/nodes"), (ops.v2, "/nodes"), (ops.extension, "/guests")):
            assert not dialect("GET", path)
            assert dialect("GET", path, of="127.0.0.2")

        later = datetime.now() + timedelta(hours=6)
        only(time=f"{later:%H:%M}-{later + timedelta(hours=1):%H:%M}", rule="allow")
        assert not ops.v1("GET", "/nodes")
        put("policy", "priority=5 policy.rule=deny")
        put("policy", "policy.priority=6 policy.name=ops policy.rule=trusted")
        for dialect, path in ((ops.v1, "/nodes"), (ops.v2, "/nodes"), (ops.extension, "/guests")):
            assert dialect("GET", path)
