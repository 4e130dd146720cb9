# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from sqlalchemy import Connection

from zvm.manager import noderange
from zvm.manager.errors import Invalid, UnknownNodes
from zvm.manager.tables import rows


@pytest.fixture
def connection(connection: Connection) -> Connection:
    for node, groups in (("a", "all"), ("b", "all,web"), ("c", "web")):
        rows.upsert(connection, "nodelist", {"node": node}, {"groups": groups})
    return connection


def test_names_and_groups(connection: Connection) -> None:
    assert noderange.resolve(connection, "b") == ["b"]
    assert noderange.resolve(connection, "c,a,c") == ["c", "a"]
    assert noderange.resolve(connection, "web,a") == ["b", "c", "a"]
    with pytest.raises(UnknownNodes, match=r"noderange: x,y\Z"):
        noderange.resolve(connection, "a,x,y")


@pytest.mark.parametrize("name", ["a", "instance-00000001", "z.example.com", "9_x"])
def test_node_names(name: str) -> None:
    assert noderange.checked(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "a,b", "ä", "a" * 256, "a\n", "$(id)"])
def test_what_is_no_node_name(name: str) -> None:
    with pytest.raises(Invalid):
        noderange.checked(name)


def test_flags(connection: Connection) -> None:
    noderange.set_flag(connection, "a", "PAUSED", "1")
    assert rows.select_row(connection, "zvm", {"node": "a"}) is None
    rows.upsert(connection, "zvm", {"node": "a"}, {"status": "IUCV=1;SSH=1"})
    noderange.set_flag(connection, "a", "PAUSED", "1")
    row = rows.select_row(connection, "zvm", {"node": "a"})
    assert row is not None
    assert noderange.status_flags(row) == {"IUCV": "1", "SSH": "1", "PAUSED": "1"}
    noderange.set_flag(connection, "a", "PAUSED", None)
    assert rows.select_rows(connection, "zvm")[0]["status"] == "IUCV=1;SSH=1"


def test_uuids() -> None:
    uuid = "11111111-2222-3333-4444-555555555555"
    assert noderange.uuid_of({"comments": noderange.comment(uuid.upper())}) == uuid
    assert noderange.uuid_of({"comments": "somebody's note"}) == ""
