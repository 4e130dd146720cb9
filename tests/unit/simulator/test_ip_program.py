# SPDX-License-Identifier: Apache-2.0
"""``ip`` in a light guest."""

from __future__ import annotations

import pytest

from zvm.simulator import ip_program
from zvm.simulator.light_guest import Linux

MAC = "02:00:06:00:00:01"


@pytest.fixture
def linux() -> Linux:
    return Linux(links={"enc1000": MAC})


def ip(linux: Linux, words: str) -> int:
    return ip_program.run(linux, words.split())[0]


def test_setting_up_an_interface_twice_is_once(linux: Linux) -> None:
    for _ in range(2):
        assert ip(linux, "link set dev enc1000 mtu 1450 up") == 0
        assert ip(linux, "address replace 10.0.0.5/24 dev enc1000") == 0
        assert ip(linux, "address replace fd00::5/64 dev enc1000") == 0
        assert ip(linux, "route replace default via 10.0.0.1 dev enc1000") == 0
        assert ip(linux, "-6 route replace default via fd00::1 dev enc1000") == 0
    assert linux.configured == {MAC: ["10.0.0.5/24", "fd00::5/64"]}
    assert linux.gateways == {MAC: ["10.0.0.1", "fd00::1"]}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("address replace 10.0.0.5/24 dev enc9", 1),
        ("route replace default via 10.0.0.1 dev enc9", 1),
        ("address replace 10.0.0.555 dev enc1000", 1),
        ("address flush", 255),
    ],
)
def test_what_fails_changes_nothing(linux: Linux, words: str, code: int) -> None:
    assert ip(linux, words) == code
    assert (linux.configured, linux.gateways) == ({}, {})
