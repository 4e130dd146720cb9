# SPDX-License-Identifier: Apache-2.0
"""Readiness, and the questions of the story, against a small HTTP server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from zvm.cloud import zvm_api
from zvm.cloud.errors import StoryFailed
from zvm.cloud.readiness import answers


class Answers(BaseHTTPRequestHandler):
    """Answers with the status that the path names, and the caller's header as JSON."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()
        self.wfile.write(f'{{"user": "{self.headers["userName"]}"}}'.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "ready"), [(200, True), (300, True), (404, False), (503, False)])
def test_ready_is_who_answers_without_error(url: str, status: int, ready: bool) -> None:
    assert answers(f"{url}/{status}")() is ready


def test_who_does_not_listen_is_not_ready() -> None:
    assert not answers("http://127.0.0.1:1/")()


def test_a_proxy_is_not_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert answers(f"{url}/200")()
    assert zvm_api.ask(f"{url}/200", {"userName": "root"}) == {"user": "root"}


@pytest.mark.parametrize("path", ["/404", "/500"])
def test_an_error_ends_the_story(url: str, path: str) -> None:
    with pytest.raises(StoryFailed, match=f"{path} was answered {path[1:]}"):
        zvm_api.ask(url + path)


def test_no_answer_ends_the_story() -> None:
    with pytest.raises(StoryFailed, match="/x: "):
        zvm_api.ask("http://127.0.0.1:1/x")
