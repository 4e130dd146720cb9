# SPDX-License-Identifier: Apache-2.0
"""Which FCP device of another member a guest gets, where that can be known, and whether it can have it."""

from __future__ import annotations

import pytest

from zvm.manager.fcp import Fcp
from zvm.manager.fcp_moves import why_not, why_unknown

HERE = {"1FA0": "SANA0", "1FA1": "SANA1", "0600": "NET1"}


@pytest.mark.parametrize(
    ("rdev", "there", "why"),
    [
        ("1FA0", {"1FA0": "SANA0", "1FA1": "SANA1"}, ""),
        ("1FA2", {"1FA2": "SANA2"}, "1FA2 has no EQID"),
        ("1FA0", {"1FA1": "SANA1"}, "1FA0 has EQID SANA0, as on zvm2 no device"),
        ("1FA0", {"1FA1": "SANA0"}, "1FA0 has EQID SANA0, as on zvm2 1FA1"),
        ("1FA0", {"1FA1": "SANA0", "1FA0": "SANA0"}, "1FA0 has EQID SANA0, as on zvm2 1FA0, 1FA1"),
    ],
)
def test_one_device_of_the_same_number(rdev: str, there: dict[str, str], why: str) -> None:
    assert why_unknown(rdev, HERE, there, "zvm2") == why


@pytest.mark.parametrize(
    ("device", "why"),
    [
        (Fcp("1FA0", "C05076E0F4001FA0", "C05076E0F4000001", "50", "free", ""), ""),
        (None, "does not exist"),
        (Fcp("1FA0", "", "", "50", "free", ""), "has no port name"),
        (Fcp("1FA0", "C05076E0F4001FA0", "", "50", "offline", ""), "is offline"),
        (Fcp("1FA0", "C05076E0F4001FA0", "", "50", "active", "MAINT"), "is active: MAINT has it"),
    ],
)
def test_a_device_that_is_free(device: Fcp | None, why: str) -> None:
    assert why_not("1FA0", device, {"1FA1": "LINUX01"}, [(0x1FA0, 0x1FAF)]) == why


def test_a_device_that_is_not_to_be_had() -> None:
    device = Fcp("1FA0", "C05076E0F4001FA0", "C05076E0F4000001", "50", "free", "")
    assert why_not("1FA0", device, {"1FA0": "LINUX01"}, []) == "is reserved for LINUX01"
    assert "option fcp_devices" in why_not("1FA0", device, {}, [(0x1FB0, 0x1FBF)])
