# SPDX-License-Identifier: Apache-2.0
"""Interactive consoles: a TCP port for each, as nova-serialproxy wants it, before the guest's live console.

A port is listened on from the first question for it until the guest goes, or until nobody asked or came for
as long as a console token is good. What comes in is typed at the guest's terminal, by way of the management
node and the zHCP. Nothing on such a port asks who calls: nova-serialproxy has checked the token. It speaks no
TLS either, so that only loopback is listened on unless ``serial_console_cleartext`` says otherwise.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

from nova import exception, objects
from nova.console import type as console_type
from nova.i18n import _
from oslo_config import cfg
from oslo_log import log as logging

from zvm.nova import naming
from zvm.nova.session import Session
from zvm.xcat import XcatError
from zvm.xcat.terminal import Terminal
from zvm.xcat.urls import is_loopback

LOG = logging.getLogger(__name__)

_KIND = "serial"
#: Seconds between two looks whether a port is still wanted.
_LOOK = 1.0
_CHUNK = 1 << 14


class SerialConsoles:
    """The consoles of the guests behind ``session``. Thread-safe."""

    def __init__(self, session: Session, conf: cfg.ConfigOpts) -> None:
        self._session = session
        self._conf = conf
        self._lock = threading.Lock()
        self._doors: dict[str, _Door] = {}

    def open(self, instance: objects.Instance) -> console_type.ConsoleSerial:
        """Return where the guest's console is; the same port as long as it is listened on.

        :raises ConsoleTypeUnavailable: the node has no live consoles, or the address is not loopback.
        :raises InstanceNotFound: there is no guest.
        :raises InstanceNotReady: it is off.
        :raises SocketPortRangeExhaustedException: every port of ``port_range`` is taken.
        """
        host = self._conf.serial_console.proxyclient_address
        if not (self._conf.zvm_xcat.serial_console_cleartext or is_loopback(host)):
            LOG.error(
                "No serial console on %s: what is typed there would pass the network in clear text; run "
                "nova-serialproxy on this host, or set serial_console_cleartext in [zvm_xcat]",
                host,
            )
            raise exception.ConsoleTypeUnavailable(console_type=_KIND)
        if "terminal" not in self._session.extensions():
            raise exception.ConsoleTypeUnavailable(console_type=_KIND)
        guest = self._session.find(instance.uuid, fresh=True)
        if guest is None:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        if guest.state == "off":
            raise exception.InstanceNotReady(instance_id=instance.uuid)
        with self._lock:
            door = self._doors.get(instance.uuid)
            if door is None or not door.keep_open():
                door = self._new_door(instance, host)
                self._doors[instance.uuid] = door
        return console_type.ConsoleSerial(host=host, port=door.port)

    def _new_door(self, instance: objects.Instance, host: str) -> _Door:
        first, last = map(int, self._conf.serial_console.port_range.split(":"))
        taken = {door.port for door in self._doors.values() if door.is_open}
        for port in range(first, last):
            if port in taken:
                continue
            with suppress(OSError):  # somebody else listens there
                listener = socket.create_server(
                    (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2
                )
                return _Door(listener, self._session, instance, self._conf.consoleauth.token_ttl)
        raise exception.SocketPortRangeExhaustedException(host=host)

    def close(self, instance: objects.Instance) -> None:
        """End the guest's console, if there is one."""
        with self._lock:
            door = self._doors.pop(instance.uuid, None)
        if door is not None:
            door.close()

    def close_all(self) -> None:
        """End all consoles."""
        with self._lock:
            doors = list(self._doors.values())
            self._doors.clear()
        for door in doors:
            door.close()


class _Door:
    """One listening port, and who came in by it."""

    def __init__(
        self, listener: socket.socket, session: Session, instance: objects.Instance, idle: float
    ) -> None:
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._session = session
        self._instance = instance
        self._idle = idle
        self._lock = threading.Lock()
        self._bridges: set[_Bridge] = set()
        self._wanted = time.monotonic()
        self.is_open = True
        listener.settimeout(_LOOK)
        threading.Thread(target=self._listen, name=f"zvm-console-{self.port}", daemon=True).start()

    def keep_open(self) -> bool:
        """Put off the time at which the port is given up; return False when it was."""
        with self._lock:
            self._wanted = time.monotonic()
            return self.is_open

    def close(self) -> None:
        """Give the port up and end who is connected."""
        with self._lock:
            self.is_open = False
            bridges = list(self._bridges)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # from here on the port is free
        for bridge in bridges:
            bridge.close()

    def _listen(self) -> None:
        LOG.debug("Console on port %d", self.port, instance=self._instance)
        with self._listener:
            while self._is_wanted():
                try:
                    caller, _address = self._listener.accept()
                except TimeoutError:
                    continue
                except OSError as problem:
                    if self.is_open:
                        LOG.error("Console port %d failed: %s", self.port, problem, instance=self._instance)
                    break
                threading.Thread(
                    target=self._serve, args=(caller,), name=f"zvm-console-{self.port}-caller", daemon=True
                ).start()
        self.close()

    def _is_wanted(self) -> bool:
        with self._lock:
            if self._bridges:
                self._wanted = time.monotonic()
            elif time.monotonic() - self._wanted > self._idle:
                self.is_open = False
            return self.is_open

    def _serve(self, caller: socket.socket) -> None:
        with caller:
            try:
                terminal = self._session.terminal(naming.node_name(self._instance))
            except exception.NovaException as problem:
                LOG.warning("No console: %s", problem, instance=self._instance)
                with suppress(OSError):
                    caller.sendall(f"\r\n[{_('this console cannot be reached now')}]\r\n".encode())
                return
            bridge = _Bridge(caller, terminal)
            with self._lock:
                wanted = self.is_open
                self._bridges.add(bridge)
            try:
                if wanted:
                    bridge.run()
            finally:
                bridge.close()
                with self._lock:
                    self._bridges.discard(bridge)


class _Bridge:
    """Carries octets between a caller and a guest's terminal."""

    def __init__(self, caller: socket.socket, terminal: Terminal) -> None:
        self._caller = caller
        self._terminal = terminal
        self._after_return = False

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
