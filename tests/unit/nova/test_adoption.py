# SPDX-License-Identifier: Apache-2.0
"""A guest that exists becomes an instance's: what is asked for, and what after a failure."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from nova import exception
from oslo_config import cfg

from tests.unit.nova.conftest import UUID, Node, guest
from zvm.nova import device_metadata, exceptions
from zvm.nova.adoption import Adoption
from zvm.nova.host import Host
from zvm.nova.power import Power
from zvm.nova.session import Session

PUT, DELETE = "PUT /zvm/v1/guests/ibm0001/adoption", "DELETE /zvm/v1/guests/ibm0001/adoption"
ADOPTION = "/zvm/v1/guests/.*/adoption"


@pytest.fixture
def told() -> list[str]:
    """The uuids of those of whom Nova is to hear that they are off."""
    return []


@pytest.fixture
def adoption(
    node: Node, session: Session, conf: cfg.ConfigOpts, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> Adoption:
    monkeypatch.setattr(device_metadata, "update", lambda *_: None)
    node.extension("PUT", "/guests/.*/adoption", guest(adopted=True))
    node.answer("DELETE", ADOPTION, status_code=204)
    return Adoption(session, Host(session, conf), Power(session), told.append)


@pytest.fixture
def adoptee(instance: SimpleNamespace) -> SimpleNamespace:
    instance.flavor.extra_specs = {"zvm:adopt": "LIN1"}
    state = {"vm_state": "building", "task_state": "spawning", "deleted": False}
    instance.__dict__.update(state, user_data=None, key_name=None, system_metadata={}, save=lambda: None)
    return instance


def spawn(adoption: Adoption, instance: Any, **how: Any) -> None:
    words = {"files": [], "disks": None, "power_on": True, **how}
    adoption.spawn(None, instance, words["files"], {}, [], words["disks"], power_on=words["power_on"])


def calls(node: Node) -> list[str]:
    return [call for call in node.calls() if not call.endswith(("/guests", "/nics"))]


def test_a_guest_that_runs_is_one_call(node: Node, adoption: Adoption, adoptee: Any, told: list[str]) -> None:
    spawn(adoption, adoptee)
    assert (calls(node), told) == ([PUT], [])
    [wanted] = node.bodies(PUT)
    assert wanted == {
        "userid": "LIN1",
        "uuid": UUID,
        "host": "z",
        "cpus": 2,
        "memory_mb": 1024,
        "disk_gb": 10,
        "pool": "POOL1",
        "cards": [],
    }
    assert adoptee.system_metadata == {"zvm_userid": "LIN1"}


@pytest.mark.parametrize(
    ("vm_state", "power_on", "tells", "starts"),
    [("building", True, 1, 0), ("building", False, 0, 0), ("shelved_offloaded", True, 0, 1)],
)
def test_a_guest_that_is_off(
    node: Node,
    adoption: Adoption,
    adoptee: Any,
    told: list[str],
    vm_state: str,
    power_on: bool,
    tells: int,
    starts: int,
) -> None:
    """It stays off, which Nova hears; a server that is unshelved is started."""
    node.extension("PUT", "/guests/.*/adoption", guest(adopted=True, state="off"))
    adoptee.vm_state = vm_state
    spawn(adoption, adoptee, power_on=power_on)
    assert told == [UUID] * tells
    assert calls(node) == [PUT] + ["PUT /xcatws/nodes/ibm0001/power"] * starts


def disks(**what: Any) -> dict[str, Any]:
    return {"block_device_mapping": [], "ephemerals": [], "swap": None, **what}


VOLUME = {"connection_info": {"driver_volume_type": "iscsi", "data": {}}, "mount_device": "/dev/sda"}


@pytest.mark.parametrize(
    ("what", "how", "text"),
    [
        ({"user_data": "I2Nsb3Vk"}, {}, "user data"),
        ({"key_name": "mine"}, {}, "a key pair"),
        ({}, {"files": [("/etc/motd", b"hello")]}, "files"),
        ({}, {"disks": disks(block_device_mapping=[VOLUME])}, "volumes"),
        ({}, {"disks": disks(ephemerals=[{"size": 1}])}, "ephemeral disks or swap"),
        ({}, {"disks": disks(swap={"device_name": "/dev/dasdb", "swap_size": 1})}, "ephemeral disks or swap"),
    ],
)
def test_what_would_be_put_into_it_is_refused(
    node: Node, adoption: Adoption, adoptee: Any, what: dict[str, Any], how: dict[str, Any], text: str
) -> None:
    adoptee.__dict__.update(what)
    with pytest.raises(exception.BuildAbortException, match=f"create the server without {text}"):
        spawn(adoption, adoptee, **how)
    assert calls(node) == []


def test_a_failure_after_it_lets_the_guest_go(node: Node, adoption: Adoption, adoptee: Any) -> None:
    node.extension("PUT", "/guests/.*/adoption", guest(adopted=True, state="off"))
    node.refuse("PUT", "/xcatws/nodes/.*/power", 396, 1)
    adoptee.vm_state = "shelved_offloaded"
    with pytest.raises(exception.BuildAbortException, match="rc 396 rs 1"):
        spawn(adoption, adoptee)
    assert calls(node)[-1] == DELETE
    assert "guest=keep" in node.mock.request_history[-1].url


def facts(**what: Any) -> dict[str, Any]:
    return {"json": {"error": {"message": "no", "next_step": "look", **what}}}


def test_a_refusal_says_what_was_to_be_adopted(node: Node, adoption: Adoption, adoptee: Any) -> None:
    node.answer("PUT", ADOPTION, status_code=409, **facts(kind="refused"))
    with pytest.raises(exception.BuildAbortException, match=r"Adoption of LIN1 refused: no\. Next: look"):
        spawn(adoption, adoptee)


def test_it_goes_only_with_a_server_that_is_deleted(node: Node, adoption: Adoption, adoptee: Any) -> None:
    adoptee.flavor.extra_specs["zvm:adopt_delete"] = "purge"
    for task_state, then in (None, "keep"), ("shelving_offloading", "keep"), ("deleting", "purge"):
        adoptee.task_state = task_state
        adoption.release(adoptee)
        assert f"guest={then}" in node.mock.request_history[-1].url


def test_the_end_of_what_was_never_adopted(node: Node, adoption: Adoption, adoptee: Any) -> None:
    node.answer("DELETE", ADOPTION, status_code=404, **facts(kind="not_found"))
    adoption.release(adoptee)
    node.answer("DELETE", ADOPTION, status_code=409, **facts(kind="refused"))
    adoption.release(adoptee)
    node.guests = [guest()]
    with pytest.raises(exceptions.Refused):
        adoption.release(adoptee)
