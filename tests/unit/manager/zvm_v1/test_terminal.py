# SPDX-License-Identifier: Apache-2.0
"""The live console as a WebSocket, by the client that the driver uses."""

from __future__ import annotations

import pytest

from tests.support.chain import PASSWORD, Chain
from tests.unit.manager.worlds import World
from zvm.xcat import Client, Extension, XcatNotFound, XcatUnauthorized, XcatUnreachable
from zvm.xcat.terminal import Terminal


@pytest.fixture
def running(world: World) -> World:
    """A guest that is on."""
    image = world.upload("v1terminal")
    world.define()
    world.create()
    world.add_disk()
    world.deploy(image)
    world.power("on")
    return world


def read_until(terminal: Terminal, text: str) -> str:
    """Return what the console shows up to ``text``."""
    seen = ""
    while text not in seen:
        piece = terminal.receive()
        assert piece is not None, f"ended ({terminal.reason}) after {seen!r}"
        seen += piece
    return seen


def test_keys_and_text(chain: Chain, running: World) -> None:
    terminal = chain.zvm.terminal(running.node)
    read_until(terminal, "login: ")
    euro = "€\r".encode()
    terminal.send(euro[:1])
    terminal.send(euro[1:])
    assert "€\r\nPassword: " in read_until(terminal, "Password: ")
    terminal.close()
    assert terminal.receive() is None
    with pytest.raises(XcatUnreachable):
        terminal.send(b"x")
    terminal.close()


def test_it_ends_with_the_guest_and_says_so(chain: Chain, running: World) -> None:
    terminal = chain.zvm.terminal(running.node)
    read_until(terminal, "login: ")
    running.power("off")
    while terminal.receive() is not None:
        pass
    assert "ended" in terminal.reason
    off = chain.zvm.terminal(running.node)
    assert off.receive() is None
    assert running.userid in off.reason


def test_who_may_not(chain: Chain, running: World) -> None:
    with pytest.raises(XcatNotFound):
        chain.zvm.terminal("nosuch")
    with Client(chain.manager.url, "nova", PASSWORD + "x") as stranger, pytest.raises(XcatUnauthorized):
        Extension(stranger).terminal(running.node)


def test_a_node_that_is_not_there() -> None:
    with Client("http://127.0.0.1:1", "u", "p", tries=1) as nobody, pytest.raises(XcatUnreachable):
        Extension(nobody).terminal("linux1")
