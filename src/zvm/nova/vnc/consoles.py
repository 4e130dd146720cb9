# SPDX-License-Identifier: Apache-2.0
"""VNC consoles for nova-novncproxy: the terminal that the serial console shows, as a picture."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

from nova import exception, objects
from nova.console import type as console_type
from oslo_log import log as logging

from zvm.nova.console_ports import ConsolePorts
from zvm.nova.vnc import rfb
from zvm.nova.vnc.keys import Keyboard
from zvm.xcat import XcatError
from zvm.xcat.terminal import Terminal

try:
    from zvm.nova.vnc import screen
except ImportError as absent:  # pyte and Pillow are the extra "vnc"
    screen, MISSING = None, absent.name
else:
    MISSING = None

LOG = logging.getLogger(__name__)

_CHUNK = 1 << 14
#: Seconds for a caller who is not let in to say who it is.
_PATIENCE = 10.0
#: Seconds that a caller has to ask for the last picture.
_LAST_WORDS = 2.0
#: A guest that floods its console takes at most one part in this many of the service's processor.
_SHARE = 4


class VncBridge:
    """Draws a guest's terminal for a caller, and types the caller's keys at it."""

    def __init__(self, caller: socket.socket, terminal: Terminal) -> None:
        self._caller = caller
        self._terminal = terminal
        self._screen = screen.TextScreen()
        self._keyboard = Keyboard()
        self._connection = rfb.Connection(screen.WIDTH, screen.HEIGHT, screen.PALETTE, "z/VM console")
        #: Guards screen and connection, and keeps one message to the caller from another.
        self._lock = threading.Lock()
        self._waits = False
        self._stale = set(range(screen.LINES))
        #: Set while the caller has seen everything, and from the end on.
        self._seen = threading.Event()
        self._ended = threading.Event()

    @staticmethod
    def refuse(caller: socket.socket, reason: str) -> None:
        """Tell the caller in its protocol why there is no console."""
        caller.settimeout(_PATIENCE)
        caller.sendall(rfb.VERSION)
        caller.recv(len(rfb.VERSION), socket.MSG_WAITALL)
        caller.sendall(rfb.refusal(reason))

    def run(self) -> None:
        """Show and type until either side ends."""
        typing = threading.Thread(target=self._listen, name="zvm-console-keys", daemon=True)
        typing.start()
        with suppress(OSError):
            while (text := self._terminal.receive()) is not None:
                self._show(text)
            self._show(f"\r\n[{self._terminal.reason}]\r\n")
            self._seen.wait(_LAST_WORDS)
        self.close()
        typing.join()

    def _show(self, text: str) -> None:
        started = time.thread_time()
        with self._lock:
            self._screen.feed(text)
            self._send_changes()
        self._ended.wait((_SHARE - 1) * (time.thread_time() - started))

    def _send_changes(self) -> None:
        """Send the rows that the caller has not seen as they are, if it waits for any."""
        self._stale.update(self._screen.changed())
        if self._stale and not self._ended.is_set():
            self._seen.clear()
        if self._waits and self._stale:
            height = screen.CELL[1]
            rows = [(row * height, height, self._screen.picture(row)) for row in sorted(self._stale)]
            self._stale.clear()
            self._waits = False
            self._caller.sendall(self._connection.update(rows))
            self._seen.set()

    def _listen(self) -> None:
        with suppress(OSError, XcatError):
            self._caller.sendall(self._connection.to_send())
            while data := self._caller.recv(_CHUNK):
                keys = self._receive(data)
                if keys:
                    self._terminal.send(keys.encode())
        self.close()

    def _receive(self, data: bytes) -> str:
        """Carry out what the caller asks; return what it types."""
        keys = ""
        with self._lock:
            try:
                for event in self._connection.receive(data):
                    if isinstance(event, rfb.Key):
                        keys += self._keyboard.press(
                            event.keysym, down=event.down, application=self._screen.application_cursor
                        )
                    else:
                        self._waits = True
                        if not event.incremental:
                            self._stale.update(range(screen.LINES))
            except rfb.ProtocolError as problem:
                LOG.warning("A VNC console ends: its client sent %s, which is not spoken here", problem)
                self._caller.sendall(self._connection.to_send())
                raise ConnectionAbortedError from problem
            if answer := self._connection.to_send():
                self._caller.sendall(answer)
            self._send_changes()
        return keys

    def close(self) -> None:
        """End both sides; whoever waits for one of them wakes up."""
        self._ended.set()
        self._seen.set()
        with suppress(OSError):
            self._caller.shutdown(socket.SHUT_RDWR)
        self._terminal.close()


class VncConsoles(ConsolePorts):
    """The VNC consoles of the guests."""

    kind = "vnc"
    bridge = VncBridge

    def open(self, instance: objects.Instance) -> console_type.ConsoleVNC:
        """Return where the guest's console is; raises what :meth:`_port` does.

        :raises ConsoleTypeUnavailable: a library is missing too.
        """
        if MISSING:
            LOG.error("No VNC consoles: %s is not installed here; pip install 'nova-zvm[vnc]'", MISSING)
            raise exception.ConsoleTypeUnavailable(console_type=self.kind)
        port = self._port(
            instance,
            self._conf.vnc.server_listen,
            self._conf.zvm_xcat.vnc_port_range,
            "vnc_console_cleartext",
        )
        return console_type.ConsoleVNC(host=self._conf.vnc.server_proxyclient_address, port=port)
