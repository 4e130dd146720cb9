# SPDX-License-Identifier: Apache-2.0
"""What a flavor says of a guest to adopt, and when that guest goes with its server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from nova import exception, objects

from zvm.nova import adopted

objects.register_all()


def instance(specs: dict[str, str] | None, **what: Any) -> Any:
    state = {"task_state": None, "vm_state": "active", "deleted": False, "system_metadata": {}, **what}
    return SimpleNamespace(name="ibm0001", uuid="u", flavor=SimpleNamespace(extra_specs=specs), **state)


def test_which_instances_are_adopted() -> None:
    assert adopted.is_adopted(instance({"zvm:adopt": "LIN1"}))
    assert not adopted.is_adopted(instance({"zvm:share": "RELATIVE 100"}))
    assert not adopted.is_adopted(instance(None))
    assert not adopted.is_adopted(SimpleNamespace())
    assert not adopted.is_adopted(objects.Instance(flavor=objects.Flavor(name="small")))


@pytest.mark.parametrize(
    "further",
    [{}, {"zvm:adopt_delete": "purge", "trait:HW_ARCH_S390X": "required"}, {"zvm:adopt_delete": "keep"}],
)
def test_who_is_adopted(further: dict[str, str]) -> None:
    assert adopted.userid(instance({"zvm:adopt": "lin1", **further})) == "LIN1"


@pytest.mark.parametrize(
    ("specs", "told"),
    [
        ({"zvm:adopt": "A B"}, "1-8 characters"),
        ({"zvm:adopt": ""}, "1-8 characters"),
        ({"zvm:adopt": "maint"}, "MAINT is a userid of z/VM"),
        ({"zvm:adopt": "LIN1", "zvm:adopt_delete": "yes"}, "'yes', not keep or purge"),
        ({"zvm:adopt": "LIN1", "zvm:share": "RELATIVE 1"}, "zvm:share of the flavor has no place beside"),
        ({"zvm:adopt": "LIN1", "quota:disk_read_bytes_sec": "1"}, "quota:disk_read_bytes_sec of the flavor"),
    ],
)
def test_what_is_refused(specs: dict[str, str], told: str) -> None:
    with pytest.raises(exception.InvalidInput, match=told):
        adopted.userid(instance(specs))


@pytest.mark.parametrize(
    ("state", "goes"),
    [
        ({"task_state": "deleting"}, True),
        ({"vm_state": "soft-delete"}, True),
        ({"deleted": True}, True),
        ({}, False),
        ({"task_state": "spawning", "vm_state": "building"}, False),
        ({"task_state": "shelving_offloading", "vm_state": "shelved"}, False),
        ({"task_state": "rebuilding"}, False),
    ],
)
def test_a_guest_goes_with_a_server_that_is_deleted_only(state: dict[str, Any], goes: bool) -> None:
    specs = {"zvm:adopt": "LIN1", "zvm:adopt_delete": "purge"}
    assert adopted.is_to_be_purged(instance(specs, **state)) == goes
    assert not adopted.is_to_be_purged(instance({"zvm:adopt": "LIN1"}, **state))
