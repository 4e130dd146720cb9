# SPDX-License-Identifier: Apache-2.0
"""The console's log."""

from __future__ import annotations

from typing import Any

import pytest
from nova import exception

from tests.unit.nova.conftest import Node
from zvm.nova import consoles
from zvm.nova.session import Session

CONSOLE = "/zvm/v1/guests/ibm0001/console"


def test_the_end_of_the_log(session: Session, node: Node, instance: Any) -> None:
    node.answer("GET", CONSOLE, json={"log": "login:"})
    assert consoles.output(session, instance) == "login:"
    assert node.mock.last_request.qs["bytes"] == [str(consoles.LENGTH)]


def test_no_such_guest(session: Session, node: Node, instance: Any) -> None:
    node.answer("GET", CONSOLE, status_code=404, text="no such guest")
    with pytest.raises(exception.InstanceNotFound):
        consoles.output(session, instance)
