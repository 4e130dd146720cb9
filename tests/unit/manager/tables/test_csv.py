# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv

from hypothesis import given
from hypothesis import strategies as st

from zvm.manager.tables import csv as tabdump
from zvm.manager.tables.schemas import SCHEMAS

ZVM = SCHEMAS["zvm"]
_VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=10)


def row(**values: str) -> dict[str, str]:
    return {column: values.get(column, "") for column in ZVM.columns}


def test_what_is_empty_has_no_quotes() -> None:
    assert tabdump.dump(ZVM, [row(node="a", hcp="z.example.com", userid="A", status="IUCV=1")]) == [
        "#node,hcp,userid,nodetype,parent,comments,disable,discovered,status",
        '"a","z.example.com","A",,,,,,"IUCV=1"',
    ]


@given(st.fixed_dictionaries(dict.fromkeys(ZVM.columns, _VALUES)))
def test_a_csv_reader_reads_it_back(values: dict[str, str]) -> None:
    (cells,) = csv.reader([tabdump.line(ZVM, values)])
    assert dict(zip(ZVM.columns, cells, strict=True)) == values
