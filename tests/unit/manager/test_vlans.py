# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.directory import NicDef
from zvm.manager import vlans


@given(st.sets(st.integers(1, 4094)))
def test_a_set_survives_its_text(numbers: set[int]) -> None:
    assert vlans.numbers(vlans.text(numbers).split()) == sorted(numbers)
    assert vlans.trunk_of(vlans.column("", sorted(numbers))) == sorted(numbers)


@pytest.mark.parametrize("value", ["", "30", vlans.PENDING])
def test_what_is_no_trunk(value: str) -> None:
    assert vlans.trunk_of(value) == []


def test_a_grant_has_the_vlans_of_all_cards_on_the_switch() -> None:
    cards = [
        NicDef("1000", lan_owner="SYSTEM", lan_name="VSW1", vlan=("5",)),
        NicDef("1003", lan_owner="SYSTEM", lan_name="VSW1", vlan=("10-12", "20"), port_type="TRUNK"),
        NicDef("1006", lan_owner="SYSTEM", lan_name="VSW2", vlan=("7",)),
        NicDef("1009", lan_owner="SYSTEM", lan_name="VSW1"),
    ]
    assert vlans.wanted_on(cards, "VSW1") == "5 10-12 20"
    assert vlans.wanted_on(cards, "VSW3") == ""
