# SPDX-License-Identifier: Apache-2.0
"""Calls that wait for a node that restarts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from tests.unit.xcat.conftest import Peer, Reply
from zvm.xcat import Client, XcatOutcomeUnknown, XcatRefused, XcatUnreachable

DONE: Reply = (200, b'{"data":[{"info":["done"]}]}')
AWAY: Reply = (503, b"Connection failure")


def failure(**facts: str) -> Reply:
    return 502, json.dumps({"error": {"kind": "unreachable", "message": "silent", **facts}}).encode()


@pytest.fixture
def client(peer: Peer) -> Iterator[Client]:
    with Client(peer.url, "u", "p", tries=1) as client:
        yield client


def test_a_change_waits_for_the_node(peer: Peer, client: Client) -> None:
    replies = [AWAY, failure(), failure(function="Image_Activate", target="LIN1"), DONE]
    peer.answer = lambda method, path: replies.pop(0)
    with client.patient(30):
        assert client.request("PUT", "/a", body=["on"]).info == ["done"]
    assert not replies


def test_the_extension_does_too(peer: Peer, client: Client) -> None:
    replies: list[Reply] = [failure(), (200, b'{"a": 1}')]
    peer.answer = lambda method, path: replies.pop(0)
    with client.patient(30):
        assert client.extension("POST", "/a", json={}) == {"a": 1}


def test_patience_ends(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: AWAY
    with client.patient(0.3):
        for _ in range(2):
            with pytest.raises(XcatUnreachable):
                client.request("PUT", "/a", body=["on"])
    waited = len(peer.requests)
    assert waited > 2
    with pytest.raises(XcatUnreachable):
        client.request("PUT", "/a", body=["on"])
    assert len(peer.requests) == waited + 1


def test_it_is_that_of_one_thread(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: AWAY
    caught = []

    def other() -> None:
        with pytest.raises(XcatUnreachable) as failed:
            client.request("PUT", "/a", body=["on"])
        caught.append(failed.value)

    with client.patient(30):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)
    assert caught
    assert len(peer.requests) == 1


def test_a_guest_without_an_agent_is_not_waited_for(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: failure(target="LIN1")
    with client.patient(30), pytest.raises(XcatUnreachable) as caught:
        client.extension("POST", "/guests/lin1/agent", json={})
    assert caught.value.guest == "LIN1"
    assert len(peer.requests) == 1


def test_what_may_have_been_done_is_not_done_again(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: (404, b"{}") if "/tasks/" in path else None
    with client.patient(30), pytest.raises(XcatOutcomeUnknown):
        client.request("POST", "/vms/a", body=["cpu=1"])
    assert [method for method, *_ in peer.requests] == ["POST", "GET"]


def test_a_deletion_is_made_again(peer: Peer, client: Client) -> None:
    replies: list[Reply] = [None, (200, b'{"data":[{"info":["gone"]}]}')]
    peer.answer = lambda method, path: (404, b"{}") if "/tasks/" in path else replies.pop(0)
    with client.patient(30):
        assert client.request("DELETE", "/vms/a").info == ["gone"]


def test_nor_what_was_refused_or_cannot_be_sent_twice(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: (403, b"no")
    with client.patient(30), pytest.raises(XcatRefused):
        client.request("PUT", "/a", body=["on"])
    peer.answer = lambda method, path: AWAY
    with client.patient(30), pytest.raises(XcatUnreachable):
        client.extension("PUT", "/a", data=iter([b"x"]))
    assert len(peer.requests) == 2


def test_calls_made_together_wait_together(peer: Peer, client: Client) -> None:
    """Between two tries nothing of them is under way."""
    replies: list[Reply] = [(200, b"1"), AWAY, (200, b"2"), (200, b"3")]
    peer.answer = lambda method, path: replies.pop(0)
    under_way = []

    def both() -> list[int]:
        under_way.append(len(replies))
        return [client.extension("GET", path) for path in ("/a", "/b")]

    with client.patient(30):
        assert client.together(both, XcatUnreachable) == [2, 3]
    assert under_way == [4, 2]


def test_together_they_have_what_patience_is_left(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: AWAY
    with client.patient(0.3):
        with pytest.raises(XcatUnreachable):
            client.together(lambda: client.extension("GET", "/a"), XcatUnreachable)
        waited = len(peer.requests)
        with pytest.raises(XcatUnreachable):
            client.together(lambda: client.extension("GET", "/a"), XcatUnreachable)
    assert waited > 2
    assert len(peer.requests) == waited + 1


def test_the_beginning_of_a_stream_is_waited_for(peer: Peer, client: Client) -> None:
    replies: list[Reply] = [AWAY, (200, b"octets")]
    peer.answer = lambda method, path: replies.pop(0)
    with client.patient(30):
        assert b"".join(client.extension_stream("/a")) == b"octets"
