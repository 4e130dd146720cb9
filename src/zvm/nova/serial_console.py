# SPDX-License-Identifier: Apache-2.0
"""Serial consoles: the octets of a guest's terminal as they are, for nova-serialproxy."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from nova import objects
from nova.console import type as console_type

from zvm.nova.console_ports import ConsolePorts
from zvm.xcat import XcatError
from zvm.xcat.terminal import Terminal

_CHUNK = 1 << 14


class SerialBridge:
    """Carries octets between a caller and a guest's terminal."""

    def __init__(self, caller: socket.socket, terminal: Terminal) -> None:
        self._caller = caller
        self._terminal = terminal
        self._after_return = False

    @staticmethod
    def refuse(caller: socket.socket, reason: str) -> None:
        """Show the caller why there is no console."""
        caller.sendall(f"\r\n[{reason}]\r\n".encode())

    def run(self) -> None:
        """Carry them until either side ends."""
        typing = threading.Thread(target=self._type, name="zvm-console-keys", daemon=True)
        typing.start()
        with suppress(OSError):
            while (text := self._terminal.receive()) is not None:
                self._caller.sendall(self._for_screen(text).encode())
            self._caller.sendall(f"\r\n[{self._terminal.reason}]\r\n".encode())
        self.close()
        typing.join()

    def _for_screen(self, text: str) -> str:
        """Return the text with each line ended as a screen wants it; a line-mode console ends them bare."""
        joined = "\r" if self._after_return else ""
        self._after_return = text.endswith("\r")
        ended = (joined + text).replace("\r\n", "\n").replace("\n", "\r\n")
        return ended[len(joined) :]

    def _type(self) -> None:
        with suppress(OSError, XcatError):
            while keys := self._caller.recv(_CHUNK):
                self._terminal.send(keys)
        self._terminal.close()

    def close(self) -> None:
        """End both sides; whoever waits for one of them wakes up."""
        with suppress(OSError):
            self._caller.shutdown(socket.SHUT_RDWR)
        self._terminal.close()


class SerialConsoles(ConsolePorts):
    """The serial consoles of the guests."""

    kind = "serial"
    bridge = SerialBridge

    def open(self, instance: objects.Instance) -> console_type.ConsoleSerial:
        """Return where the guest's console is; raises what :meth:`_port` does."""
        host = self._conf.serial_console.proxyclient_address
        ports = self._conf.serial_console.port_range
        return console_type.ConsoleSerial(
            host=host, port=self._port(instance, host, ports, "serial_console_cleartext")
        )
