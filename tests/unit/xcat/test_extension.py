# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.unit.xcat.conftest import Peer
from zvm.xcat import Client, Extension, XcatNotFound
from zvm.xcat.records import Guest, Image, Minidisk, Nic, Pool, Task


@pytest.fixture
def zvm(peer: Peer) -> Iterator[Extension]:
    with Client(peer.url, "u", "p", tries=1) as client:
        yield Extension(client)


def answer(peer: Peer, document: object, status: int = 200) -> None:
    peer.answer = lambda method, path: (status, json.dumps(document).encode())


def test_a_genuine_xcat_has_no_extension(peer: Peer, zvm: Extension) -> None:
    peer.answer = lambda method, path: (404, b"<h1>Not Found</h1>")
    assert not zvm.available()
    assert zvm.extensions() == frozenset()
    assert zvm.image("x") is None
    assert zvm.task("x") is None
    zvm.delete_image("x")
    with pytest.raises(XcatNotFound):
        zvm.guests()


def test_what_a_newer_node_adds_is_passed_over(peer: Peer, zvm: Extension) -> None:
    answer(peer, {"guests": [{"node": "a", "userid": "A", "state": "running", "host": "h", "new": 1}]})
    assert zvm.guests("h") == [Guest("a", "A", "", "running", "h")]
    assert peer.requests[-1][1] == "/zvm/v1/guests?host=h"


def test_types(peer: Peer, zvm: Extension) -> None:
    answer(peer, {"extensions": ["images"]})
    assert zvm.available()
    answer(peer, {"images": [{"name": "i", "bytes": 1}]})
    assert zvm.images() == [Image("i", 1)]
    answer(peer, {"nics": [{"vdev": "1000", "vlan": None, "coupled": True}]})
    assert zvm.nics() == [Nic("1000", coupled=True)]
    answer(peer, {"pools": [{"name": "P", "free_bytes": 7}]})
    assert zvm.pools("h") == [Pool("P", free_bytes=7)]
    answer(peer, {"tasks": [{"id": "t"}]})
    assert zvm.tasks() == [Task("t")]
    answer(peer, {"id": "t", "state": "finished", "answer": {"data": []}})
    assert zvm.task("t") == Task("t", state="finished", answer={"data": []})
    guest = {"node": "a", "userid": "A", "minidisks": [{"vdev": "0100"}], "nics": [{"vdev": "1000"}]}
    answer(peer, guest)
    detail = zvm.guest("a", wait="reachable", timeout=2)
    assert (detail.minidisks, detail.nics) == ([Minidisk("0100")], [Nic("1000")])
    assert peer.requests[-1][1] == "/zvm/v1/guests/a?wait=reachable&timeout=2"


def test_bodies(peer: Peer, zvm: Extension) -> None:
    answer(peer, {"name": "i"})
    zvm.put_image("i", b"xyz", sha256="0" * 64)
    assert (peer.requests[-1][1], peer.requests[-1][3]) == (
        f"/zvm/v1/images/i?format=auto&sha256={'0' * 64}",
        b"xyz",
    )
    answer(peer, {"transport": "t1"})
    assert zvm.put_transport("a", b"drive", sha256="1" * 64) == "t1"
    answer(peer, {"return": {"x": 1}})
    assert zvm.agent("a", "guest-info", {"k": "v"}, timeout=5) == {"x": 1}
    assert json.loads(peer.requests[-1][3]) == {
        "execute": "guest-info",
        "arguments": {"k": "v"},
        "timeout": 5,
    }
    answer(peer, {"log": "hello"})
    assert zvm.console("a", 10) == "hello"
    peer.answer = lambda method, path: (200, b"blocks")
    assert b"".join(zvm.read_disk("a", "0100", 6)) == b"blocks"
    assert peer.requests[-1][1] == "/zvm/v1/guests/a/disks/0100?length=6"
