# SPDX-License-Identifier: Apache-2.0
"""Names of nodes and userids."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.directory import names
from zvm.nova import naming

UUID1 = "6f70656e-7374-6163-6b20-6f6e207a2f56"


def instance(name: str, uuid: str = UUID1) -> SimpleNamespace:
    return SimpleNamespace(name=name, uuid=uuid)


def test_name_of_the_2013_template_is_node_and_userid() -> None:
    assert naming.node_name(instance("ibm0001")) == "ibm0001"
    assert naming.userid(instance("ibm0001")) == "IBM0001"


def test_name_of_novas_default_template_is_too_long_for_a_userid() -> None:
    assert naming.node_name(instance("instance-00000001")) == "instance-00000001"
    assert len(naming.userid(instance("instance-00000001"))) == 8


@pytest.mark.parametrize("name", ["My Server", "a,b", "[x]", "", "ä", "1st", "-x", "a" * 64, "a.b"])
def test_name_that_xcat_could_misread_gives_way_to_the_uuid(name: str) -> None:
    assert naming.node_name(instance(name)) == UUID1


@pytest.mark.parametrize("name", ["maint", "operator", "tcpip", "dirmaint", "zhcp", "VSMWORK1", "all"])
def test_userids_of_the_system_are_never_chosen(name: str) -> None:
    chosen = naming.userid(instance(name))
    assert chosen != name.upper()
    assert not naming.is_protected(chosen)


@given(st.uuids(), st.text(max_size=70))
def test_every_instance_has_valid_names_that_never_change(uuid: UUID, name: str) -> None:
    one, again = instance(name, str(uuid)), instance(name, str(uuid))
    assert names.userid(naming.userid(one)) == naming.userid(one) == naming.userid(again)
    assert naming.node_name(one) == naming.node_name(again)
    assert not naming.is_protected(naming.userid(one))


def test_generated_userids_differ() -> None:
    assert len({naming.userid(instance("too-long-a-name", str(UUID(int=n)))) for n in range(2000)}) == 2000


def test_another_userid_is_taken_only_in_place_of_a_generated_one() -> None:
    asked_for, generated = instance("ibm0001"), instance("instance-00000001")
    assert not naming.take_another(asked_for)
    assert naming.userid(asked_for) == "IBM0001"
    chosen = [naming.userid(generated)]
    for _ in range(3):
        assert naming.take_another(generated)
        chosen.append(naming.userid(generated))
    assert len(set(chosen)) == 4
    assert not any(map(naming.is_protected, chosen))
    assert naming.node_name(generated) == "instance-00000001"
