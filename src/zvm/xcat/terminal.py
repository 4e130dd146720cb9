# SPDX-License-Identifier: Apache-2.0
"""The live console of a guest: a WebSocket of ``/zvm/v1``, blocking."""

from __future__ import annotations

import codecs
import contextlib
import socket
import struct

import websocket

from zvm.xcat import answers
from zvm.xcat.errors import XcatUnreachable

#: Seconds after which a node that says nothing, not even a ping, counts as gone; it pings every 20.
SILENCE = 60.0


class Terminal:
    """One open console. One thread may receive while another sends; any may close.

    :param url: ``wss://...``; ws for the loopback interface only, which the caller has checked.
    :param ca_file: PEM file of the authorities that may sign the node's certificate; None: the system's.
    :raises XcatError: as for every other call of the extension.
    """

    def __init__(
        self, url: str, headers: list[str], *, ca_file: str | None = None, timeout: float = 10.0
    ) -> None:
        self._command = f"GET {url.partition('://')[2].partition('/')[2]}"
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        try:
            self._socket = websocket.create_connection(
                url,
                timeout=timeout,
                header=headers,
                sslopt={"ca_certs": ca_file} if ca_file else {},
                http_no_proxy=["*"],
                redirect_limit=0,
                enable_multithread=True,
            )
        except websocket.WebSocketBadStatusException as refused:
            answers.raise_refusal(self._command, refused.status_code, refused.resp_body or b"", reading=True)
        except (websocket.WebSocketException, OSError) as problem:
            raise XcatUnreachable(
                self._command,
                f"no console stream ({type(problem).__name__})",
                next_step="check that the management node runs and can be reached",
            ) from problem
        self._socket.settimeout(SILENCE)
        #: Why the node ended the console, once it has.
        self.reason = ""

    def receive(self) -> str | None:
        """Return the next text of the console, None when it has ended."""
        try:
            while True:
                opcode, data = self._socket.recv_data()
                if opcode == websocket.ABNF.OPCODE_TEXT:
                    return str(data.decode("utf-8", "replace"))
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    self.reason = _reason(data)
                    return None
        except (websocket.WebSocketException, OSError) as problem:
            self.reason = self.reason or f"the management node is gone ({type(problem).__name__})"
            return None

    def send(self, keys: bytes) -> None:
        """Type ``keys`` (UTF-8, which may be cut anywhere).

        :raises XcatUnreachable: the console has ended.
        """
        text = self._decoder.decode(keys)
        if not text:
            return
        try:
            self._socket.send(text)
        except (websocket.WebSocketException, OSError) as problem:
            raise XcatUnreachable(self._command, "the console has ended") from problem

    def close(self) -> None:
        """End the console; who waits in :meth:`receive` wakes up."""
        with contextlib.suppress(websocket.WebSocketException, OSError, AttributeError):
            self._socket.send_close()
        with contextlib.suppress(OSError, AttributeError):
            self._socket.sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(websocket.WebSocketException, OSError):
            self._socket.shutdown()


def _reason(data: bytes) -> str:
    """Return the reason in a close frame: two octets of code, then text."""
    head = struct.calcsize("!H")
    return data[head:].decode("utf-8", "replace") or "the console has ended"
