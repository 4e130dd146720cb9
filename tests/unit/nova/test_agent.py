# SPDX-License-Identifier: Apache-2.0
"""Passwords by the agent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from nova import exception

from tests.unit.nova.conftest import Node
from zvm.nova import agent, exceptions
from zvm.nova.session import Session

AGENT = "/zvm/v1/guests/ibm0001/agent"


def with_image(instance: Any, **properties: str) -> Any:
    instance.image_meta = SimpleNamespace(properties=properties)
    return instance


@pytest.mark.parametrize(("properties", "user"), [({}, "root"), ({"os_admin_user": "linux"}, "linux")])
def test_the_administrators_password_is_set(
    session: Session, node: Node, instance: Any, properties: dict[str, str], user: str
) -> None:
    agent.set_password(session, with_image(instance, **properties), "pässword")
    [body] = node.bodies(f"POST {AGENT}")
    assert body["execute"] == "guest-set-user-password"
    assert body["arguments"] == {"username": user, "password": "cMOkc3N3b3Jk", "crypted": False}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("unreachable", exception.InstanceAgentNotEnabled),
        ("not_found", exception.InstanceAgentNotEnabled),
        ("refused", exception.InstancePasswordSetFailed),
        ("unknown", exception.InstancePasswordSetFailed),
    ],
)
def test_why_it_cannot_be_set(
    session: Session, node: Node, instance: Any, kind: str, expected: type[Exception]
) -> None:
    node.answer("POST", AGENT, status_code=409, json={"error": {"kind": kind, "message": "words"}})
    with pytest.raises(expected) as caught:
        agent.set_password(session, with_image(instance), "secret")
    assert "secret" not in str(caught.value)


def test_an_agent_that_is_too_old(session: Session, node: Node, instance: Any) -> None:
    message = "The command guest-set-user-password has not been found"
    node.answer("POST", AGENT, status_code=409, json={"error": {"kind": "refused", "message": message}})
    with pytest.raises(exception.SetAdminPasswdNotSupported):
        agent.set_password(session, with_image(instance), "secret")


def test_a_freeze_whose_answer_is_lost_is_taken_back(session: Session, node: Node, instance: Any) -> None:
    lost = {"error": {"kind": "unknown", "message": "words"}}
    answers = [{"status_code": 504, "json": lost}, {"json": {"return": 1}}]
    node.answer("POST", AGENT, response_list=answers)
    with pytest.raises(exception.InstanceQuiesceNotSupported):
        agent.quiesce(session, instance)
    assert [body["execute"] for body in node.bodies(f"POST {AGENT}")] == [
        "guest-fsfreeze-freeze",
        "guest-fsfreeze-thaw",
    ]


def test_a_program_that_fails_says_why(session: Session, node: Node, instance: Any) -> None:
    ended = {"exited": True, "exitcode": 1, "err-data": "bm8gc3VjaCBkZXZpY2UK"}
    answers = [{"json": {"return": value}} for value in ({"pid": 7}, {"exited": False}, ended)]
    node.answer("POST", AGENT, response_list=answers)
    with pytest.raises(exceptions.Refused, match="no such device"):
        agent.run(session, "ibm0001", "/sbin/ip", ["link"])
    assert node.bodies(f"POST {AGENT}")[-1]["arguments"] == {"pid": 7}
