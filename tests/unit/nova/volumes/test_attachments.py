# SPDX-License-Identifier: Apache-2.0
"""When in a guest's life its volumes are connected, told by a kind that writes down what it is asked."""

from __future__ import annotations

from typing import Any

import pytest
from nova import exception

from tests.unit.nova.conftest import Node, guest
from zvm.nova.session import Session
from zvm.nova.volumes import attachments, qos
from zvm.nova.volumes.attachments import Attachments
from zvm.nova.volumes.kind import Kind
from zvm.nova.volumes.volume import Volume, mapped, root

ASKED: list[tuple[str, str]] = []


class Written(Kind):
    def connect(self, instance: Any, volume: Volume) -> None:
        ASKED.append(("connect", volume.id))

    def disconnect(self, instance: Any, volume: Volume) -> None:
        ASKED.append(("disconnect", volume.id))

    def device(self, volume: Volume) -> str:
        return f"/dev/disk/by-id/{volume.id}"

    def boot_from(self, instance: Any, volume: Volume) -> None:
        ASKED.append(("boot", volume.id))


@pytest.fixture
def ours(session: Session, monkeypatch: pytest.MonkeyPatch) -> Attachments:
    monkeypatch.setattr(attachments, "KINDS", {"written": Written})
    ASKED.clear()
    return Attachments(session)


def disks(*volumes: str, boot: str = "") -> dict[str, Any]:
    return {
        "block_device_mapping": [
            {
                "connection_info": {"driver_volume_type": "written", "serial": name, "data": {}},
                "mount_device": "/dev/sda",
                "boot_index": 0 if name == boot else None,
            }
            for name in volumes
        ]
    }


def test_a_guest_boots_from_its_root_volume_once_all_are_connected(ours: Attachments, instance: Any) -> None:
    wanted = disks("v1", "v2", boot="v2")
    found = root(wanted)
    assert found is not None
    assert found.id == "v2"
    ours.before_logon(instance, wanted)
    assert ASKED == [("connect", "v1"), ("connect", "v2"), ("boot", "v2")]
    assert root(disks("v1")) is None
    assert list(mapped(None)) == []


def test_volumes_are_set_up_in_the_guest_once_its_agent_answers(
    ours: Attachments, node: Node, instance: Any
) -> None:
    ours.after_logon(instance, disks())
    assert node.calls() == []  # nothing is asked for a guest without volumes
    ours.after_logon(instance, disks("v1"))
    assert ASKED == [("connect", "v1")]
    ASKED.clear()
    node.extension("GET", "/guests/.*", guest(state="off"))
    ours.after_logon(instance, disks("v1"))
    assert ASKED == []


def test_what_cannot_be_connected_is_told(ours: Attachments, instance: Any) -> None:
    with pytest.raises(NotImplementedError, match="nfs"):
        ours.attach(instance, Volume.of({"driver_volume_type": "nfs", "serial": "v1", "data": {}}))
    with pytest.raises(exception.InvalidBDM):
        ours.attach(instance, Volume.of({"driver_volume_type": "written", "data": {}}))
    with pytest.raises(NotImplementedError):
        ours.extend(instance, Volume("v1", "written", {}), 1)


def test_an_encrypted_volume_is_not_swapped(ours: Attachments, instance: Any) -> None:
    old, new = Volume("v1", "written", {"encrypted": True}), Volume("v2", "written", {})
    for pair in ((old, new), (new, old)):
        with pytest.raises(NotImplementedError, match="encrypted"):
            ours.swap(instance, *pair)
    assert ASKED == []


def test_a_connection_says_which_volume_it_is() -> None:
    volume = Volume.of({"driver_volume_type": "x", "data": {"volume_id": "v1", "access_mode": "ro"}})
    assert volume.id == "v1"
    assert volume.read_only
    assert not Volume("v1", "x", {}).read_only


def limited(name: str, specs: dict[str, str] | None) -> Volume:
    return Volume(name, "written", {"qos_specs": specs})


def test_a_volume_whose_rate_z_vm_is_to_limit_is_refused(
    ours: Attachments, instance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "_give_back", lambda *_, **__: None)  # it asks Nova's database
    with pytest.raises(
        exception.InvalidVolume, match=r"read_iops_sec=100, total_bytes_sec_max=5\).*back-end"
    ):
        ours.attach(
            instance, limited("v1", {"total_bytes_sec_max": "5", "read_iops_sec": "100", "other": "1"})
        )
    with pytest.raises(exception.InvalidVolume, match="size_iops_sec=4096"):
        ours.swap(instance, limited("v0", None), limited("v1", {"size_iops_sec": "4096"}))
    assert ASKED == []


def test_other_qos_specs_are_told_and_attached(
    ours: Attachments, instance: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "_give_back", lambda *_, **__: None)  # it asks Nova's database
    for specs in None, {}, {"minIOPS": "100"}:
        ours.attach(instance, limited("v1", specs))
    assert ASKED == [("connect", "v1")] * 3
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "QoS specs of volume v1 have no effect: minIOPS"
    ]


def test_a_volume_attached_before_stays_usable(ours: Attachments, instance: Any) -> None:
    wanted = disks("v1")
    wanted["block_device_mapping"][0]["connection_info"]["data"]["qos_specs"] = {"read_iops_sec": "100"}
    ours.before_logon(instance, wanted)
    assert ASKED == [("connect", "v1")]
    with pytest.raises(exception.InvalidVolume, match="v1"):
        qos.check_all(instance, wanted)
