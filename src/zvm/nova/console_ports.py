# SPDX-License-Identifier: Apache-2.0
"""Live consoles: a TCP port for each, as Nova's proxies want it, before the guest's terminal.

A port is listened on from the first question for it until the guest goes, or until nobody asked or came for
as long as a console token is good. What comes in is typed at the guest's terminal, by way of the management
node and the zHCP. Nothing on such a port asks who calls: Nova's proxy has checked the token. It speaks no TLS
either, so that only loopback is listened on unless an option says otherwise.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Protocol

from nova import exception, objects
from nova.i18n import _
from oslo_config import cfg
from oslo_log import log as logging

from zvm.nova import naming
from zvm.nova.session import Session
from zvm.xcat.terminal import Terminal
from zvm.xcat.urls import is_loopback

LOG = logging.getLogger(__name__)

#: Seconds between two looks whether a port is still wanted.
_LOOK = 1.0


class Bridge(Protocol):
    """Carries octets between a caller and a guest's terminal, in the language of one of Nova's proxies."""

    def __init__(self, caller: socket.socket, terminal: Terminal) -> None: ...

    @staticmethod
    def refuse(caller: socket.socket, reason: str) -> None:
        """Tell the caller why there is no console."""

    def run(self) -> None:
        """Carry octets until either side ends."""

    def close(self) -> None:
        """End both sides; whoever waits for one of them wakes up."""


class ConsolePorts:
    """The live consoles of one kind of the guests behind ``session``. Thread-safe.

    :ivar kind: Nova's word for the console.
    :ivar bridge: what serves who comes in by a port.
    """

    kind: str
    bridge: type[Bridge]

    def __init__(self, session: Session, conf: cfg.ConfigOpts) -> None:
        self._session = session
        self._conf = conf
        self._lock = threading.Lock()
        self._doors: dict[str, _Door] = {}

    def _port(self, instance: objects.Instance, host: str, ports: str, cleartext: str) -> int:
        """Return the port at which the guest's console is; the same one as long as it is listened on.

        :param host: the address to listen on.
        :param ports: ``first:last``; the last one is not used.
        :param cleartext: the option of ours that allows an address that is not loopback.
        :raises ConsoleTypeUnavailable: the node has no live consoles, or the address is not loopback.
        :raises InstanceNotFound: there is no guest.
        :raises InstanceNotReady: it is off.
        :raises SocketPortRangeExhaustedException: every port is taken.
        """
        if not (self._conf.zvm_xcat[cleartext] or is_loopback(host)):
            LOG.error(
                "No %s console on %s: what is typed there would pass the network in clear text; run Nova's "
                "proxy on this host, or set %s in [zvm_xcat]",
                self.kind,
                host,
                cleartext,
            )
            raise exception.ConsoleTypeUnavailable(console_type=self.kind)
        if "terminal" not in self._session.extensions():
            raise exception.ConsoleTypeUnavailable(console_type=self.kind)
        guest = self._session.find(instance.uuid, fresh=True)
        if guest is None:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        if guest.state == "off":
            raise exception.InstanceNotReady(instance_id=instance.uuid)
        with self._lock:
            door = self._doors.get(instance.uuid)
            if door is None or not door.keep_open():
                door = self._new_door(instance, host, ports)
                self._doors[instance.uuid] = door
        return door.port

    def _new_door(self, instance: objects.Instance, host: str, ports: str) -> _Door:
        first, last = map(int, ports.split(":"))
        taken = {door.port for door in self._doors.values() if door.is_open}
        for port in range(first, last):
            if port in taken:
                continue
            with suppress(OSError):  # somebody else listens there
                listener = socket.create_server(
                    (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2
                )
                return _Door(listener, self._session, instance, self._conf.consoleauth.token_ttl, self.bridge)
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
        self,
        listener: socket.socket,
        session: Session,
        instance: objects.Instance,
        idle: float,
        bridge: type[Bridge],
    ) -> None:
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._session = session
        self._instance = instance
        self._idle = idle
        self._bridge = bridge
        self._lock = threading.Lock()
        self._bridges: set[Bridge] = set()
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
                    self._bridge.refuse(caller, _("this console cannot be reached now"))
                return
            bridge = self._bridge(caller, terminal)
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
