# SPDX-License-Identifier: Apache-2.0
"""A guest's terminal as a picture, over a pair of sockets."""

from __future__ import annotations

import queue
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.vnc_viewer import Viewer
from zvm.nova.vnc.consoles import VncBridge


class Guest:
    """A terminal whose guest prints what the test says, and keeps what is typed."""

    reason = "the guest has logged off"

    def __init__(self) -> None:
        self._printed: queue.Queue[str | None] = queue.Queue()
        self.typed: queue.Queue[bytes] = queue.Queue()

    def prints(self, text: str | None) -> None:
        self._printed.put(text)

    def receive(self) -> str | None:
        return self._printed.get(timeout=60)

    def send(self, keys: bytes) -> None:
        self.typed.put(keys)

    def close(self) -> None:
        self._printed.put(None)


@contextmanager
def served(guest: Guest) -> Iterator[socket.socket]:
    """Serve one caller; give the caller's socket."""
    caller, ours = socket.socketpair()
    caller.settimeout(60)
    bridge = VncBridge(ours, guest)  # type: ignore[arg-type]
    thread = threading.Thread(target=bridge.run)
    thread.start()
    try:
        yield caller
    finally:
        caller.close()
        guest.close()
        thread.join(60)
        ours.close()
    assert not thread.is_alive()


def viewer(caller: socket.socket) -> Viewer:
    return Viewer(lambda: caller.recv(1 << 16), caller.sendall)


def test_what_the_guest_prints_is_seen_and_what_is_typed_reaches_it() -> None:
    guest = Guest()
    guest.prints("Linux version 6.12\nlinux1 login: ")
    with served(guest) as caller:
        seen = viewer(caller)
        assert seen.title == "z/VM console"
        assert seen.shows("linux1 login: ")
        assert seen.lines()[0].rstrip() == "Linux version 6.12"
        guest.prints("\x1b[2J\x1b[5;3H\x1b[1;31;44mwarning\x1b[0m")
        assert seen.shows("  warning")
        assert [line for line in seen.lines() if line.strip()] == ["  warning".ljust(80)]
        seen.types("ls", 0xFF0D)
        typed = b""
        while not typed.endswith(b"\r"):
            typed += guest.typed.get(timeout=60)
        assert typed == b"ls\r"


def test_the_end_is_told() -> None:
    guest = Guest()
    with served(guest) as caller:
        seen = viewer(caller)
        guest.prints("last words\n")
        assert seen.shows("last words")
        guest.prints(None)
        assert seen.shows("[the guest has logged off]")
        assert seen.has_ended()


@pytest.mark.parametrize("said", [b"RFB 003.003\n", b"GET / HTTP/1"])
def test_who_speaks_otherwise_is_told_and_ended(said: bytes) -> None:
    with served(Guest()) as caller:
        caller.sendall(said)
        reason = b"RFB 3.8 is spoken here"
        expected = b"RFB 003.008\n" + b"\0" + struct.pack("!I", len(reason)) + reason
        heard = b""
        while data := caller.recv(1 << 10):
            heard += data
        assert heard == expected


def test_a_refusal_has_its_reason() -> None:
    caller, ours = socket.socketpair()
    with caller, ours:
        caller.settimeout(60)
        thread = threading.Thread(target=VncBridge.refuse, args=(ours, "not now"))
        thread.start()
        with pytest.raises(ConnectionRefusedError, match="not now"):
            viewer(caller)
        thread.join(60)
