# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.unit.xcat.conftest import Peer
from zvm.xcat import Client, XcatUnreachable
from zvm.xcat.events import GuestEvent, listen


def test_events_and_signs_of_life(peer: Peer) -> None:
    state = b'data: {"type": "state", "uuid": "u", "state": "off", "new": 1}\n\n'
    moved = b'data: {"type": "relocated", "uuid": "u", "host": "zvm2"}\n\n'
    peer.answer = lambda method, path: (200, state + moved)
    with Client(peer.url, "u", "p", tries=1) as client:
        assert list(listen(client, "zvm1")) == [
            GuestEvent("state", uuid="u", state="off"),
            GuestEvent("relocated", uuid="u", host="zvm2"),
        ]
        assert peer.requests[-1][1] == "/zvm/v1/events?host=zvm1"
        peer.answer = lambda method, path: (200, b": quiet\n\n")
        assert list(listen(client, "zvm1")) == [None]


def test_nobody_answers() -> None:
    with Client("http://127.0.0.1:1", "u", "p", tries=1) as client, pytest.raises(XcatUnreachable):
        list(listen(client, "zvm1"))
