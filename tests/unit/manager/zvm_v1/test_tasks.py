# SPDX-License-Identifier: Apache-2.0
"""The progress of a command as events, as a client meets it."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator

import pytest
import requests

from tests.support.chain import PASSWORD, USER, Chain

PIECE = b"0123456789abcdef" * (1 << 16)  # what the node takes from the stream at once


@contextlib.contextmanager
def events(chain: Chain, id: str, wait: int = 60) -> Iterator[requests.Response]:
    headers = {"userName": USER, "password": PASSWORD, "Accept": "text/event-stream"}
    url = f"{chain.manager.url}/zvm/v1/tasks/{id}?wait={wait}"
    with requests.get(url, headers=headers, stream=True, timeout=120) as answer:
        yield answer


def told(answer: requests.Response) -> Iterator[dict[str, object]]:
    for line in answer.iter_lines(chunk_size=1):
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


@pytest.mark.parametrize("leaves", [False, True])
def test_an_upload_is_followed(chain: Chain, leaves: bool) -> None:
    seen, name = threading.Event(), f"sse-{leaves}"

    def content() -> Iterator[bytes]:
        yield PIECE
        assert seen.wait(120)
        yield PIECE

    def upload() -> None:
        chain.client.extension("PUT", f"/images/{name}", query={"requestid": name}, data=content())

    thread = threading.Thread(target=upload)
    thread.start()
    try:
        with events(chain, name) as answer:
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (
                200,
                "text/event-stream",
            )
            for task in told(answer):
                if task["bytes"] == len(PIECE):
                    assert task["state"] == "running"
                    assert task["step"] == "receiving the image"
                    if leaves:
                        break
                    seen.set()
                last = task
    finally:
        seen.set()
        thread.join(120)
    if not leaves:
        assert (last["state"], last["percent"], last["bytes"]) == ("finished", 100, 2 * len(PIECE))
        assert last["answer"]["name"] == name  # type: ignore[index]
    found = chain.zvm.task(name)
    assert found is not None
    assert found.state == "finished"  # whoever has left meanwhile
    chain.zvm.delete_image(name)


def test_what_is_not_there(chain: Chain) -> None:
    with events(chain, "nosuch", wait=0) as answer:
        assert answer.status_code == 404
    with events(chain, "nosuch", wait=61) as answer:
        assert answer.status_code == 400
