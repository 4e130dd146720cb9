# SPDX-License-Identifier: Apache-2.0
"""From Cinder's connection to the paths of a guest."""

from __future__ import annotations

from typing import Any

import pytest
from nova import exception

from zvm.nova.volumes.fibre_channel import FibreChannel, paths
from zvm.nova.volumes.volume import Volume
from zvm.xcat.records import Fcp

DEVICES = [
    Fcp("0400", "1FA0", "C05076E0F3001FA0", "C05076E0F3000001", "50"),
    Fcp("0401", "1FB0", "C05076E0F3001FB0", "C05076E0F3000002", "51"),
]
A, B = "500507630b10c1e0", "500507630b50c1e0"
LUN = "0005000000000000"


def found(**data: Any) -> list[tuple[str, str, str]]:
    volume = Volume("v", "fibre_channel", data)
    return [(path["vdev"], path["wwpn"], path["lun"]) for path in paths(volume, DEVICES)]


def test_without_zones_every_device_reaches_every_target() -> None:
    assert found(target_wwn=[A.upper(), B], target_lun=5) == [
        ("0400", A, LUN),
        ("0400", B, LUN),
        ("0401", A, LUN),
        ("0401", B, LUN),
    ]
    assert found(target_wwn=A, target_lun=5) == [("0400", A, LUN), ("0401", A, LUN)]


def test_zones_say_which_device_reaches_which_target() -> None:
    zones = {"c05076e0f3001fa0": [A], "C05076E0F3001FB0": [B]}
    assert found(target_wwn=[A, B], target_lun=5, initiator_target_map=zones) == [
        ("0400", A, LUN),
        ("0401", B, LUN),
    ]
    by_lun = {"C05076E0F3001FB0": [(A, 5), (B, 6)]}
    assert found(target_wwn=[A, B], target_lun=5, initiator_target_lun_map=by_lun) == [
        ("0401", A, LUN),
        ("0401", B, "0006000000000000"),
    ]


def test_targets_may_have_luns_of_their_own_and_long_ones() -> None:
    assert found(target_wwns=[A, B], target_luns=[5, 0x40104001])[:2] == [
        ("0400", A, LUN),
        ("0400", B, "4010400100000000"),
    ]
    assert found(target_wwn=[A], target_lun="0x40104001")[0][2] == "4010400100000000"


@pytest.mark.parametrize(
    "data",
    [{}, {"target_wwn": [A]}, {"target_wwn": [A], "target_lun": 1, "initiator_target_map": {"other": [A]}}],
)
def test_no_way_to_a_target(data: dict[str, Any]) -> None:
    with pytest.raises(exception.InvalidBDM, match="C05076E0F3001FA0"):
        found(**data)


def test_a_guest_on_its_way_keeps_a_path() -> None:
    kind = FibreChannel.__new__(FibreChannel)

    def arrives(**data: Any) -> None:
        before = Volume("v", "fibre_channel", {"target_wwn": [A, B], "target_lun": 5})
        kind.check_arrival(Volume("v", "fibre_channel", data), lambda: before)

    arrives(target_wwn=[A.upper()], target_lun=5)
    arrives(initiator_target_lun_map={"c05076e0f4001fa0": [[A, 7], [B, 5]]})
    with pytest.raises(exception.MigrationPreCheckError, match=f"{A}:0006000000000000"):
        arrives(target_wwn=[A, B], target_lun=6)
