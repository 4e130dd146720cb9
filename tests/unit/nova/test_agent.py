# SPDX-License-Identifier: Apache-2.0
"""Passwords by the agent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from nova import exception

from tests.unit.nova.conftest import Node
from zvm.nova import agent
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
    ],
)
def test_why_it_cannot_be_set(
    session: Session, node: Node, instance: Any, kind: str, expected: type[Exception]
) -> None:
    node.answer("POST", AGENT, status_code=409, json={"error": {"kind": kind, "message": "words"}})
    with pytest.raises(expected) as caught:
        agent.set_password(session, with_image(instance), "secret")
    assert "secret" not in str(caught.value)
