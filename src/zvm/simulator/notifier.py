# SPDX-License-Identifier: Apache-2.0
"""DirMaint's asynchronous notifications: it connects to who has subscribed and says which entry changed.

Source: SMAPI Programming, Asynchronous_Notification_Enable_DM: length and userid, length and what was done,
length and the subscriber's data. Nothing waits for a subscriber; one that is not there hears nothing.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from typing import Any

from zvm.simulator.smapi_files import SmapiFiles

_INCLUDE, _TCP, _EBCDIC = 1, 1, 2
_SECONDS = 5.0
_MOST_WAITING = 1000


class Notifier:
    """Sends to the subscribers of ``files`` from a thread of its own, which the first notice starts."""

    def __init__(self, files: SmapiFiles) -> None:
        self._files = files
        self._waiting: queue.Queue[tuple[dict[str, Any], bytes]] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None

    def directory(self, userid: str, action: str) -> None:
        """Tell who wants to know that an entry was changed."""
        for subscription in self._files.subscriptions:
            if (subscription["userid"] == userid) is (subscription["subscription_type"] == _INCLUDE):
                code = "cp037" if subscription["encoding"] == _EBCDIC else "latin-1"
                parts = (text.encode(code, "replace") for text in (userid, action, subscription["data"]))
                message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
                with contextlib.suppress(queue.Full):
                    self._waiting.put_nowait((subscription, message))
                    self._start()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._send_all, name="notifier", daemon=True)
            self._thread.start()

    def _send_all(self) -> None:
        while True:
            subscription, message = self._waiting.get()
            with contextlib.suppress(OSError):
                _send(subscription, message)


def _send(subscription: dict[str, Any], message: bytes) -> None:
    address = (subscription["ip_address"], subscription["port_number"])
    if subscription["communication_type"] == _TCP:
        with socket.create_connection(address, timeout=_SECONDS) as connection:
            connection.sendall(message)
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
        datagram.sendto(message, address)
