# SPDX-License-Identifier: Apache-2.0
"""Which encryption is the guest's affair, and what is said of one that is not possible."""

from __future__ import annotations

from typing import Any

import pytest
from nova import exception

from tests.unit.nova.conftest import Node
from zvm.nova.session import Session
from zvm.nova.volumes.encryption import Encryption
from zvm.nova.volumes.fibre_channel import FibreChannel
from zvm.nova.volumes.minidisk import MinidiskVolumes
from zvm.nova.volumes.volume import Volume

LUKS = {"provider": "luks", "control_location": "front-end", "encryption_key_id": "k", "key_size": 256}
LEGACY = {**LUKS, "provider": "nova.volume.encryptors.luks.LuksEncryptor"}


def volume(encryption: dict[str, Any]) -> Volume:
    return Volume("v", "fibre_channel", {}, "", encryption)


def test_who_encrypts(session: Session, node: Node, instance: Any) -> None:
    encryption, kind = Encryption(session), FibreChannel(session)
    for possible in ({}, LUKS, LEGACY):
        encryption.check(instance, volume(possible), kind)
    by_the_array = {**LUKS, "control_location": "back-end", "provider": "array"}
    encryption.check(instance, volume(by_the_array), kind, root=True)
    encryption.open(instance, volume(by_the_array), "/dev/disk/by-id/x")
    for impossible in ({**LUKS, "provider": "plain"}, {**LUKS, "encryption_key_id": None}):
        with pytest.raises(exception.InvalidVolume, match="can open luks and luks2"):
            encryption.check(instance, volume(impossible), kind)
    with pytest.raises(exception.InvalidVolume, match="have no key"):
        encryption.check(instance, volume(LUKS), kind, root=True)
    with pytest.raises(exception.InvalidVolume, match="cannot be here"):
        encryption.check(instance, volume(LUKS), MinidiskVolumes(session))
    assert node.calls() == []
