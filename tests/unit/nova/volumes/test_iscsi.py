# SPDX-License-Identifier: Apache-2.0
"""Where an iSCSI volume is, as Cinder's back ends say it, and what guests cannot do with one."""

from __future__ import annotations

from typing import Any

import pytest
from nova import exception

from tests.unit.nova.conftest import Node
from zvm.nova.session import Session
from zvm.nova.volumes.iscsi import Iscsi, target
from zvm.nova.volumes.volume import Volume

WHERE = {"portal": "10.0.0.1:3260", "iqn": "iqn.2010-10.org.openstack:v", "lun": 1}
ONE = {"target_portal": WHERE["portal"], "target_iqn": WHERE["iqn"], "target_lun": 1}
LISTS = {"target_portals": [WHERE["portal"], "x"], "target_iqns": [WHERE["iqn"], "y"], "target_luns": ["1"]}


def volume(**data: Any) -> Volume:
    return Volume("v", "iscsi", data, "/dev/sdb")


@pytest.mark.parametrize("data", [ONE, LISTS, {**LISTS, **ONE}])
def test_one_path_of_many(data: dict[str, Any]) -> None:
    assert target(volume(**data)) == WHERE


def test_a_connection_without_a_target() -> None:
    with pytest.raises(exception.InvalidBDM, match="no portal, lun"):
        target(volume(target_iqn=WHERE["iqn"]))


def test_what_cannot_be_done(session: Session, node: Node, instance: Any) -> None:
    kind = Iscsi(session)
    with pytest.raises(exception.InvalidVolume, match="SRP; guests know CHAP"):
        kind.connect(instance, volume(**ONE, auth_method="SRP"))
    with pytest.raises(exception.InvalidVolume, match="no initiator"):
        kind.check_root(volume(**ONE))
    with pytest.raises(exception.MigrationPreCheckError, match="cold"):
        kind.check_live_migration(None, volume(**ONE), "zvm2")
    assert node.calls() == []
