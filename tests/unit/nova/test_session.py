# SPDX-License-Identifier: Apache-2.0
"""The connection: what is sent, what becomes of answers, how long is waited."""

from __future__ import annotations

from traceback import format_exception
from typing import Any

import pytest
import requests

from tests.unit.nova.conftest import UUID, Node, guest
from zvm.nova import exceptions
from zvm.nova.session import Session


def test_credentials_travel_in_headers_only(session: Session, node: Node) -> None:
    session.version()
    request = node.mock.last_request
    assert request.headers["userName"] in ("root", b"root")
    assert request.headers["password"] in ("secret", b"secret")
    assert "secret" not in request.url


def test_only_guests_of_this_host_are_asked_for(session: Session, node: Node) -> None:
    node.guests = [guest(), guest("foreign", uuid="")]
    assert [found.node for found in session.ours()] == ["ibm0001"]
    assert session.find(UUID).node == "ibm0001"
    assert session.find("another") is None
    assert node.mock.last_request.qs["host"] == ["z"]


def test_create_tells_whose_the_guest_is(session: Session, node: Node) -> None:
    session.create_guest("ibm0001", UUID, ["cpu=1"])
    assert node.mock.last_request.qs["objectid"] == [UUID]
    assert node.mock.last_request.qs["requestid"] == [UUID]


@pytest.mark.parametrize(
    "document", [{"state": "running", "reachable": True}, {"state": "crashed"}, {"state": "off"}]
)
def test_the_wait_ends_when_the_state_is_known(
    session: Session, node: Node, document: dict[str, Any]
) -> None:
    node.extension("GET", "/guests/ibm0001", guest(**document))
    found = session.wait_for("ibm0001", "reachable", 60)
    assert (found.state, found.reachable) == (document["state"], document.get("reachable", False))
    assert node.calls() == ["GET /zvm/v1/guests/ibm0001"]
    assert node.mock.last_request.qs["wait"] == ["reachable"]


def test_the_wait_ends_when_time_is_up(session: Session, node: Node) -> None:
    node.extension("GET", "/guests/ibm0001", guest())
    assert session.wait_for("ibm0001", "off", 0.1).state == "running"
    assert len(node.calls()) <= 2


def test_removing_twice_does_no_harm(session: Session, node: Node) -> None:
    node.refuse("DELETE", "/xcatws/vms/.*", kind="not_found")
    node.refuse("DELETE", "/xcatws/nodes/.*", kind="not_found")
    session.remove_guest("ibm0001", UUID)
    session.remove_node("ibm0001")


def test_a_refused_removal_is_told(session: Session, node: Node) -> None:
    node.refuse("DELETE", "/xcatws/vms/.*", message="it carries no mark")
    with pytest.raises(exceptions.Refused):
        session.remove_guest("ibm0001", UUID)


def test_it_says_who_it_is(session: Session) -> None:
    assert str(session) == "management node xcat at https://xcat.test"
    session.close()


def test_a_dead_node_fills_no_log(session: Session, node: Node) -> None:
    node.answer("GET", "/xcatws/version", exc=requests.exceptions.ConnectionError)
    with pytest.raises(exceptions.Unreachable) as caught:
        session.version()
    traceback = "".join(format_exception(caught.value))
    assert "does not answer" in traceback
    assert "requests.exceptions" not in traceback
