# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.xcat.conftest import Peer, Reply
from zvm.xcat import Call, Client, XcatNotFound, XcatOutcomeUnknown, XcatRefused, XcatUnreachable

PASSWORD = "geheim: mit = und ü"


@pytest.fixture
def client(peer: Peer) -> Iterator[Client]:
    with Client(peer.url, "nova", PASSWORD, timeout=5, tries=3) as client:
        yield client


def test_credentials_travel_in_headers_only(
    peer: Peer, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.request("PUT", "/nodes/a/power", query={"field": ["x", "y"]}, body=["on"])
    method, path, headers, body = peer.requests[0]
    assert (method, urlsplit(path).path, json.loads(body)) == ("PUT", "/xcatws/nodes/a/power", ["on"])
    assert parse_qs(urlsplit(path).query) == {"format": ["json"], "field": ["x", "y"]}
    assert headers["username"] == "nova"
    assert headers["password"].encode("iso-8859-1").decode() == PASSWORD
    assert headers["content-type"] == "text/plain"
    assert PASSWORD not in caplog.text + repr(client)


def test_each_change_has_an_id_of_its_own_and_a_read_has_none(peer: Peer, client: Client) -> None:
    client.request("PUT", "/a", body=[])
    client.request("DELETE", "/a")
    client.request("GET", "/a")
    first, second, third = (headers.get("x-zvm-operation") for _, _, headers, _ in peer.requests)
    assert first
    assert second
    assert first != second
    assert third is None


def test_calls_are_counted(peer: Peer) -> None:
    calls: list[Call] = []
    with Client(peer.url, "u", "p", on_call=calls.append) as client:
        client.request("GET", "/version")
    assert [(call.method, call.path, call.status) for call in calls] == [("GET", "/xcatws/version", 200)]
    assert calls[0].seconds > 0


def test_a_read_is_tried_again(peer: Peer, client: Client) -> None:
    replies: list[Reply] = [None, (503, b"Connection failurexx: x"), (200, b'{"data":[{"info":["x"]}]}')]
    peer.answer = lambda method, path: replies.pop(0)
    assert client.request("GET", "/a").info == ["x"]
    assert len(peer.requests) == 3


def test_a_change_is_never_sent_twice(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: (404, b"{}") if "/tasks/" in path else None
    with pytest.raises(XcatOutcomeUnknown) as caught:
        client.request("POST", "/vms/a", body=["cpu=1"])
    assert [method for method, *_ in peer.requests] == ["POST", "GET"]
    assert caught.value.operation == peer.requests[0][2]["x-zvm-operation"]


def test_a_lost_answer_is_asked_for(peer: Peer, client: Client) -> None:
    states = iter(["running", "finished"])

    def answer(method: str, path: str) -> Reply:
        if "/tasks/" not in path:
            return None
        task = {"state": next(states), "answer": {"data": [{"info": ["a: Done"]}]}}
        return 200, json.dumps(task).encode()

    peer.answer = answer
    assert client.request("POST", "/vms/a", body=[]).info == ["a: Done"]


def test_a_lost_refusal_is_a_refusal(peer: Peer, client: Client) -> None:
    text = "a: X... Failed\n  Return Code: 400\n  Reason Code: 8\n  Description: exists"

    def answer(method: str, path: str) -> Reply:
        if "/tasks/" not in path:
            return None
        return 200, json.dumps({"state": "finished", "answer": {"data": [{"error": [text]}]}}).encode()

    peer.answer = answer
    with pytest.raises(XcatRefused) as caught:
        client.request("POST", "/vms/a", body=[])
    assert caught.value.has_codes(400, 8)


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with Client(url, "u", "p", tries=1) as client:
        for method in ("GET", "POST"):
            with pytest.raises(XcatUnreachable, match="no connection"):
                client.request(method, "/a")


def test_silence_ends_at_the_time_out(peer: Peer) -> None:
    release = threading.Event()

    def answer(method: str, path: str) -> Reply:
        if "/tasks/" in path:
            return 404, b"{}"
        release.wait(10)
        return None

    peer.answer = answer
    with Client(peer.url, "u", "p", timeout=0.2) as client:
        with pytest.raises(XcatUnreachable, match="time-out"):
            client.request("GET", "/a")
        with pytest.raises(XcatOutcomeUnknown, match="time-out"):
            client.request("PUT", "/a", body=[])
    release.set()


def test_errors_can_be_looked_at(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: (200, b'{"data":[{"error":["x"],"errorcode":["1"]}]}')
    assert client.request("GET", "/a", check=False).errors == ["x"]
    with pytest.raises(XcatRefused):
        client.request("GET", "/a")


def test_version(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: (
        200,
        b'{"data":[{"data":["Version 2.8.3.16 (git commit x, built y)"]}]}',
    )
    assert client.version() == (2, 8, 3, 16)
    peer.answer = lambda method, path: (200, b'{"data":[]}')
    with pytest.raises(XcatRefused, match="no version"):
        client.version()


def test_redirects_are_not_followed(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: (302, b"")
    with pytest.raises(XcatRefused):
        client.request("GET", "/a")
    assert len(peer.requests) == 1


def test_the_extension_speaks_json_and_streams(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: (200, b'{"return": 1}')
    assert client.extension("POST", "/guests/a/agent", json={"execute": "guest-ping"}) == {"return": 1}
    assert json.loads(peer.requests[0][3]) == {"execute": "guest-ping"}
    client.extension("PUT", "/images/x", data=iter([b"ab", b"cd"]))
    assert peer.requests[1][3] == b"abcd"
    peer.answer = lambda method, path: (204, b"")
    assert client.extension("DELETE", "/images/x") is None
    peer.answer = lambda method, path: (200, b"0123456789")
    assert b"".join(client.extension_stream("/guests/a/disks/0100", chunk=3)) == b"0123456789"
    peer.answer = lambda method, path: (404, b"Resource 'x' does not exist")
    with pytest.raises(XcatNotFound):
        list(client.extension_stream("/x"))


def test_many_threads_share_a_client(peer: Peer, client: Client) -> None:
    peer.answer = lambda method, path: (200, json.dumps({"data": [{"info": [path]}]}).encode())
    wrong: list[str] = []

    def work(number: int) -> None:
        for turn in range(20):
            name = f"/nodes/n{number}x{turn}"
            if client.request("GET", name).info != [f"/xcatws{name}?format=json"]:
                wrong.append(name)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_plain_http_is_for_the_loopback() -> None:
    with pytest.raises(ValueError, match="https"):
        Client("http://xcat.example.com", "u", "p")


def test_a_file_of_authorities_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ca_file .*nowhere\.pem is not a file"):
        Client("https://xcat.example.com", "u", "p", ca_file=str(tmp_path / "nowhere.pem"))
