# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from zvm.manager.tables.schemas import SCHEMAS


def test_clients_read_these_by_position() -> None:
    assert SCHEMAS["zvm"].columns[:3] == ("node", "hcp", "userid")
    assert SCHEMAS["zvm"].columns[-3:] == ("disable", "discovered", "status")
    assert SCHEMAS["switch"].columns == ("node", "switch", "port", "vlan", "interface", "comments", "disable")
    assert SCHEMAS["mac"].columns == ("node", "interface", "mac", "comments", "disable")
    assert len(SCHEMAS["noderes"].columns) == 22


def test_keys_are_columns() -> None:
    for schema in SCHEMAS.values():
        assert set(schema.keys) <= set(schema.columns)
        assert len(set(schema.columns)) == len(schema.columns)
