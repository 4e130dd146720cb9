# SPDX-License-Identifier: Apache-2.0
"""``zvm simulator console USERID``: a line-mode console of the simulated system, without a 3270 emulator."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
import threading
import time

from zvm.cli.base import Command

#: Seconds without a new line after which, when there is no more input, the console is closed.
_QUIET = 0.5


class Console(Command):
    """Show a virtual machine's console and type at it; ``#CP command`` goes to CP. Ends with the input."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take the userid and the socket."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("userid", help="a virtual machine that is logged on, MAINT for instance")
        parser.add_argument(
            "--platform-socket",
            metavar="PATH",
            default=os.environ.get("ZVM_PLATFORM_SOCKET"),
            help="the simulator's, from its ready line (default: $ZVM_PLATFORM_SOCKET)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Connect, and pass lines until the input or the machine ends.

        :raises RuntimeError: no simulator, or nobody of that name is logged on.
        """
        import websocket

        if not parsed_args.platform_socket:
            raise RuntimeError("name the simulator's socket: --platform-socket PATH")
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(parsed_args.platform_socket)
            url = f"ws://simulator/console/{parsed_args.userid}"
            console = websocket.create_connection(url, socket=connection)
        except OSError as error:
            raise RuntimeError(f"no simulator answers at {parsed_args.platform_socket}: {error}") from error
        except websocket.WebSocketException as error:
            raise RuntimeError(f"{parsed_args.userid.upper()} is not logged on") from error
        screen = _Screen(console)
        screen.start()
        with contextlib.suppress(websocket.WebSocketException, OSError, KeyboardInterrupt):
            for line in sys.stdin:
                screen.latest = time.monotonic()
                console.send(line)
            while screen.is_alive() and time.monotonic() - screen.latest < _QUIET:
                screen.join(_QUIET / 5)
        console.close()


class _Screen(threading.Thread):
    """Prints what the console shows until it ends."""

    def __init__(self, console: object) -> None:
        super().__init__(daemon=True)
        self._console = console
        self.latest = time.monotonic()

    def run(self) -> None:
        """Print."""
        import websocket

        with contextlib.suppress(websocket.WebSocketException, OSError):
            while text := self._console.recv():  # type: ignore[attr-defined]
                self.latest = time.monotonic()
                sys.stdout.write(text)
                sys.stdout.flush()
