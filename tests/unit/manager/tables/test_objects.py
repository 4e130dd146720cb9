# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from sqlalchemy import Connection

from zvm.manager.errors import Invalid
from zvm.manager.tables import objects, rows

NODE = objects.TYPES["node"]


def test_attributes_lie_in_several_tables(connection: Connection) -> None:
    wanted = {"groups": "all", "userid": "A", "hcp": "h", "ip": "10.0.0.1", "os": "rhel9", "switchport": "p"}
    objects.write(connection, NODE, "a", wanted)
    assert objects.read(connection, NODE, ["a", "b"]) == {"a": dict(sorted(wanted.items()))}
    assert rows.select_rows(connection, "hosts")[0]["ip"] == "10.0.0.1"
    assert objects.names(connection, NODE) == ["a"]
    assert objects.remove(connection, NODE, "a")
    assert not objects.remove(connection, NODE, "a")
    assert rows.select_rows(connection, "zvm") == []
    assert rows.select_rows(connection, "switch") == []


def test_every_attribute_is_a_column() -> None:
    for kind in objects.TYPES.values():
        for table, column in kind.attributes.values():
            assert column in rows.schema_of(table).columns
            assert kind.key in rows.schema_of(table).columns


@pytest.mark.parametrize(
    ("criteria", "fits"),
    [
        (["profile=~aaaa_bbbb"], True),
        (["profile=~zzzz"], False),
        (["isdeletable=~^auto:last_use_date:", "osarch=s390x", "provmethod=~netboot|raw|sysclone"], True),
        (["osarch==s390x", "osarch!=x86_64", "profile!~^b"], True),
        (["osarch!=s390x"], False),
        (["nosuch=x"], False),
    ],
)
def test_criteria(criteria: list[str], fits: bool) -> None:
    image = {
        "profile": "img_aaaa_bbbb",
        "isdeletable": "auto:last_use_date:2026-11-23",
        "osarch": "s390x",
        "provmethod": "netboot",
    }
    assert objects.fits(image, criteria) is fits


@pytest.mark.parametrize("criterion", ["x", "a=~(", "=x", "a=" + "x" * 600])
def test_what_is_no_criterion(criterion: str) -> None:
    with pytest.raises(Invalid):
        objects.fits({}, [criterion])
