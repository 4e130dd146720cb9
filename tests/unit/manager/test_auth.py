# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from zvm.manager import auth
from zvm.manager.auth import Authenticator, User
from zvm.manager.database import Database
from zvm.manager.errors import Forbidden, Unauthenticated
from zvm.manager.tables import rows


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path / 'manager.sqlite'}")
    database.migrate()
    with database.engine.connect() as connection:
        yield connection
    database.close()


def test_hashes() -> None:
    stored = auth.hashed("geheim")
    assert stored.startswith("scrypt$16384$8$1$")
    assert "geheim" not in stored
    assert auth.hashed("geheim") != stored
    assert auth.matches("geheim", stored)
    assert not auth.matches("falsch", stored)
    assert auth.matches("clear", "clear")
    assert not auth.matches("", "")
    assert not auth.matches("$1$x", "$1$x")  # a hash of crypt(3) is no password


def test_users(connection: Connection) -> None:
    auth.add_user(connection, "nova", "one")
    checker = Authenticator()
    checker.authenticate(connection, "nova", "one").check("mkvm", ["a"])
    checker.authenticate(connection, "nova", "one")
    for name, password in (("nova", "two"), ("nobody", "one"), ("nova", ""), ("", "")):
        with pytest.raises(Unauthenticated):
            checker.authenticate(connection, name, password)
    auth.add_user(connection, "nova", "two")
    with pytest.raises(Unauthenticated):
        checker.authenticate(connection, "nova", "one")
    checker.authenticate(connection, "nova", "two")
    assert len(rows.select_rows(connection, "policy")) == 1
    rows.upsert(connection, "passwd", {"username": "nova"}, {"disable": "1"})
    with pytest.raises(Unauthenticated):
        checker.authenticate(connection, "nova", "two")


def rule(**columns: str) -> rows.Row:
    names = ("priority", "name", "host", "commands", "noderange", "parameters", "time", "rule")
    return {column: columns.get(column, "") for column in names}


@pytest.mark.parametrize(
    ("rules", "command", "nodes", "allowed"),
    [
        ([], "lsdef", [], False),
        ([rule(rule="allow")], "lsdef", [], True),
        ([rule(name="nova", rule="allow")], "lsdef", [], True),
        ([rule(name="other", rule="allow")], "lsdef", [], False),
        ([rule(commands="lsdef,rpower", rule="allow")], "rpower", ["a"], True),
        ([rule(commands="lsdef,rpower", rule="allow")], "rmvm", ["a"], False),
        ([rule(commands="rmvm", rule="deny"), rule(rule="allow")], "rmvm", ["a"], False),
        ([rule(commands="rmvm", rule="deny"), rule(rule="allow")], "mkvm", ["a"], True),
        ([rule(noderange="a,b", rule="allow")], "mkvm", ["a"], True),
        ([rule(noderange="a,b", rule="allow")], "mkvm", ["a", "c"], False),
        ([rule(noderange="a", rule="deny"), rule(rule="allow")], "mkvm", ["a", "c"], False),
        ([rule(noderange="a", rule="deny"), rule(rule="allow")], "mkvm", ["c"], True),
        ([rule(host="h", rule="allow")], "mkvm", ["a"], False),
        ([rule(parameters="x", rule="deny"), rule(rule="allow")], "mkvm", ["a"], False),
        ([rule(rule="trusted")], "mkvm", ["a"], True),
        ([rule(rule="nonsense")], "mkvm", ["a"], False),
    ],
)
def test_policy(rules: list[rows.Row], command: str, nodes: list[str], allowed: bool) -> None:
    user = User("nova", tuple(rules))
    if allowed:
        user.check(command, nodes)
    else:
        with pytest.raises(Forbidden, match=command):
            user.check(command, nodes)


def test_priorities_are_numbers(connection: Connection) -> None:
    auth.add_user(connection, "nova", "one")
    rows.upsert(connection, "policy", {"priority": "10"}, {"rule": "allow"})
    rows.upsert(connection, "policy", {"priority": "9"}, {"rule": "deny", "commands": "rmvm"})
    rows.upsert(connection, "policy", {"name": "nova"}, {"disable": "yes"})
    user = Authenticator().authenticate(connection, "nova", "one")
    user.check("mkvm")
    with pytest.raises(Forbidden):
        user.check("rmvm")
