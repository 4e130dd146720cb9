# SPDX-License-Identifier: Apache-2.0
"""From Cinder's connection to the real device number on a z/VM system."""

from __future__ import annotations

from typing import Any

import pytest
from nova import exception

from zvm.nova.volumes.eckd import TYPE, control_units, real_device
from zvm.nova.volumes.volume import Volume

BASES = {0xC4: 0xC400, 0xC5: 0x2300}


def found(**data: Any) -> str:
    return real_device(Volume("v", TYPE, data), BASES)


def test_what_cinders_driver_tells_leads_to_the_device() -> None:
    """The volume 1105 of a DS8000 with ds8k_devadd_unitadd_mapping = C4-10;C5-11, as its driver tells it."""
    data = {"target_discovered": True, "cula": 197, "unit_address": 5, "discard": False}
    volume = Volume.of({"driver_volume_type": "fibre_channel_eckd", "data": data, "serial": "v"})
    assert volume.type == TYPE
    assert real_device(volume, BASES) == "2305"


def test_the_option() -> None:
    assert control_units({"c4": "C400", "C5": "2300", "0": "0"}) == {0xC4: 0xC400, 0xC5: 0x2300, 0: 0}
    for wrong in ({"LCU": "C400"}, {"C4": "12345"}, {"C4": "FF01"}, {"C4": ""}, {"-1": "C400"}):
        with pytest.raises(exception.InvalidConfiguration, match="no control unit and device number"):
            control_units(wrong)


@pytest.mark.parametrize("data", [{}, {"cula": "C4", "unit_address": 5}, {"cula": 0xC4, "unit_address": 256}])
def test_connections_that_name_no_volume(data: dict[str, Any]) -> None:
    with pytest.raises(exception.InvalidBDM, match="no ECKD volume"):
        found(**data)


def test_a_control_unit_that_the_host_does_not_have() -> None:
    assert found(cula=0xC4, unit_address=255) == "C4FF"
    with pytest.raises(exception.InvalidVolume, match="unit address 05 of control unit C6"):
        found(cula=0xC6, unit_address=5)
