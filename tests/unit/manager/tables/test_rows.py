# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from zvm.manager.errors import Invalid, UnknownColumn, UnknownTable
from zvm.manager.tables import rows


def test_upsert_updates_what_it_finds_and_makes_what_it_does_not(connection: Connection) -> None:
    rows.upsert(connection, "zvm", {"node": "a"}, {"hcp": "h"})
    rows.upsert(connection, "zvm", {"node": "a"}, {"userid": "A"})
    rows.upsert(connection, "zvm", {}, {"node": "b", "hcp": "h"})
    rows.upsert(connection, "zvm", {}, {"node": "b", "hcp": "h2"})
    found = rows.select_rows(connection, "zvm")
    assert [(row["node"], row["hcp"], row["userid"]) for row in found] == [("a", "h", "A"), ("b", "h2", "")]
    assert rows.select_row(connection, "zvm", {"node": "c"}) is None
    assert rows.select_in(connection, "zvm", "node", ["b", "x"]) == found[1:]
    assert rows.delete_rows(connection, "zvm", {"hcp": "h2"}) == 1
    assert rows.delete_rows(connection, "zvm", {}) == 1


def test_a_row_found_by_another_column_keeps_its_key(connection: Connection) -> None:
    rows.upsert(connection, "switch", {}, {"node": "a", "port": "p", "interface": "1000"})
    rows.upsert(connection, "switch", {"port": "p"}, {"switch": "V", "vlan": "-1"})
    (row,) = rows.select_rows(connection, "switch")
    assert (row["node"], row["switch"], row["vlan"]) == ("a", "V", "-1")


def test_names_are_checked_before_they_reach_sql(connection: Connection) -> None:
    with pytest.raises(UnknownTable, match="No such table: x; drop"):
        rows.select_rows(connection, "x; drop")
    with pytest.raises(UnknownColumn):
        rows.select_rows(connection, "zvm", {"node; drop": ""})
    with pytest.raises(UnknownColumn):
        rows.upsert(connection, "zvm", {"node": "a"}, {"row_": "1"})
    assert rows.select_rows(connection, "zvm") == []


@pytest.mark.parametrize("userid", ["toolongname", "$(id)"])
def test_a_userid_that_z_vm_cannot_have_is_not_stored(connection: Connection, userid: str) -> None:
    rows.upsert(connection, "zvm", {"node": "a"}, {"userid": ""})
    for where, values in (({"node": "a"}, {"userid": userid}), ({"userid": userid}, {"node": "b"})):
        with pytest.raises(Invalid, match="attribute 'userid' is not valid"):
            rows.upsert(connection, "zvm", where, values)
    assert [(row["node"], row["userid"]) for row in rows.select_rows(connection, "zvm")] == [("a", "")]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["hcp", "parent"]), st.text(max_size=5))))
def test_rows_behave_as_a_dictionary(connection: Connection, steps: list[tuple[str, str, str]]) -> None:
    rows.delete_rows(connection, "zvm", {})
    model: dict[str, dict[str, str]] = {}
    for node, column, value in steps:
        value = value.replace("\0", "")
        if not value:
            rows.delete_rows(connection, "zvm", {"node": node})
            model.pop(node, None)
        else:
            rows.upsert(connection, "zvm", {"node": node}, {column: value})
            model.setdefault(node, {"hcp": "", "parent": ""})[column] = value
    found = {
        row["node"]: {key: row[key] for key in ("hcp", "parent")}
        for row in rows.select_rows(connection, "zvm")
    }
    assert found == model
    assert list(found) == list(model)
