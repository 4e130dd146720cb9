# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zvm.manager.errors import Refused
from zvm.manager.tables.tabch import Change, parse


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("node=a zvm.status=IUCV=1;SSH=1", Change({"node": "a"}, {"zvm": {"status": "IUCV=1;SSH=1"}})),
        (
            "mac.node=a mac.mac=02:00:00:00:00:01",
            Change({}, {"mac": {"node": "a", "mac": "02:00:00:00:00:01"}}),
        ),
        ("node=a,port=p switch.switch=V", Change({"node": "a", "port": "p"}, {"switch": {"switch": "V"}})),
        (
            "imagename=i osimage.isdeletable=auto:last_use_date:2026-11-23",
            Change({"imagename": "i"}, {"osimage": {"isdeletable": "auto:last_use_date:2026-11-23"}}),
        ),
        ("-d node=a mac switch", Change({"node": "a"}, {}, True, ["mac", "switch"])),
        ("node=a zvm.hcp=", Change({"node": "a"}, {"zvm": {"hcp": ""}})),
    ],
)
def test_forms(text: str, change: Change) -> None:
    assert parse(text.split(" ")) == change


@pytest.mark.parametrize(
    "text", ["", "node=a", "-d node=a", "-d mac", "x", "zvm.a", "zvm.a=1 node=a", "=x zvm.a=1"]
)
def test_others_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse(text.split(" "))
