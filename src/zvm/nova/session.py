# SPDX-License-Identifier: Apache-2.0
"""The one connection of the driver: the management node, the z/VM system it drives, errors as Nova's.

Every call that the driver makes stands here once, so that their number can be read off this module.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from nova import exception, objects
from nova.compute import task_states
from nova.i18n import _
from oslo_config import cfg

from zvm.directory import names
from zvm.nova import exceptions
from zvm.nova.cache import SharedAnswer
from zvm.nova.exceptions import errors_as_nova
from zvm.nova.genuine.node import GenuineXcat
from zvm.nova.guest_calls import GuestCalls
from zvm.nova.options import base_url
from zvm.nova.session_adoptions import SessionAdoptions
from zvm.nova.session_relocations import SessionRelocations
from zvm.nova.session_resizes import SessionResizes
from zvm.xcat import Client, Extension, XcatNotFound, volumes
from zvm.xcat.records import Guest, GuestDetail, Image, Load, Nic, Performance, Pool
from zvm.xcat.storage import Storage
from zvm.xcat.terminal import Terminal
from zvm.xcat.urls import path

#: Oldest node whose texts and codes this driver knows.
MINIMUM_VERSION = (2, 8, 3, 16)
#: Seconds that one question waits for a state of a guest, and between two of them.
_POLL, _PAUSE = 60, 0.2


T = TypeVar("T")


class Session(SessionAdoptions, SessionRelocations, SessionResizes):
    """The management node as seen from the nova-compute of one z/VM system. Thread-safe.

    :ivar host: node name of the z/VM system.
    :ivar service: host name of the nova-compute service, "" before it has started.
    :ivar guests: all guests of this host that the node knows, cached; those without a uuid are not ours.
    :ivar nics: the network cards that its virtual switches know, cached.
    :ivar storage: the calls about FCP devices and LUNs.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        options = conf.zvm_xcat
        missing = [name for name in ("server", "password", "host", "diskpool") if not options[name]]
        if missing:
            raise exception.InvalidConfiguration(
                _("Set %s in [zvm_xcat] to use this driver") % ", ".join(missing)
            )
        self.conf = conf
        self.host: str = options.host
        self.service = ""
        try:
            self.pool = names.poolname(options.diskpool)
            self._client = Client(
                base_url(options.server),
                options.username,
                options.password,
                ca_file=options.ca_file,
                timeout=options.request_timeout,
                # As many as Nova may build and answer at a time.
                pool_size=max(10, conf.max_concurrent_builds + 10),
            )
        except ValueError as problem:
            raise exception.InvalidConfiguration(f"[zvm_xcat]: {problem}") from problem
        self._extension = Extension(self._client)
        self._guest_calls = GuestCalls(self._client)
        self._genuine: GenuineXcat | None = None
        self.storage = Storage(self._client)
        self.guests: SharedAnswer[Guest] = SharedAnswer(self._fetch_guests, together=self.together)
        self.nics: SharedAnswer[Nic] = SharedAnswer(self._fetch_nics, together=self.together)
        self._mac_prefix = ""

    def __str__(self) -> str:
        return f"management node {self.conf.zvm_xcat.master} at {self._client.url}"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def patient(self) -> AbstractContextManager[None]:
        """Let this thread wait within the block for a node or zHCP that restarts."""
        return self._client.patient(self.conf.zvm_xcat.retry_timeout)

    def together(self, call: Callable[[], T]) -> T:
        """Make calls of which none waits within :meth:`patient`; all are repeated while nobody answers."""
        return self._client.together(call, exceptions.Unreachable)

    # the host

    def version(self) -> tuple[int, ...]:
        """Return the management node's version."""
        with errors_as_nova():
            return self._client.version()

    def extensions(self) -> frozenset[str]:
        """Return what the management node can do beyond xCAT."""
        with errors_as_nova():
            return self._extension.extensions()

    @property
    def is_genuine_xcat(self) -> bool:
        """Whether the node is a genuine xCAT, as :meth:`use_xcat_alone` was told."""
        return self._genuine is not None

    @property
    def disk_format(self) -> str:
        """Glance's disk format of what :meth:`read_disk` yields: raw is xCAT's own form."""
        return "raw" if self._genuine is not None else "qcow2"

    def use_xcat_alone(self) -> None:
        """Do without the extension from here on: the node is a genuine xCAT.

        :raises InvalidConfiguration: an option that it needs is not set.
        """
        self._genuine = GenuineXcat(self._client, self.host, self.conf)
        self._genuine.prepare()
        self._extension, self._guest_calls = self._genuine, self._genuine.guest_calls

    def inventory(self, *fields: str) -> str:
        """Return the text of xCAT's ``rinv`` for the host."""
        with errors_as_nova():
            if self._genuine is not None:
                return self._genuine.inventory(*(fields or ("all",)))
            query = {"field": list(fields or ("all",))}
            return self._client.request("GET", path("nodes", self.host, "inventory"), query=query).text

    def pools(self) -> list[Pool]:
        """Return the disk pools of the host."""
        with errors_as_nova():
            return self._extension.pools(self.host)

    def load(self) -> Load | None:
        """Return how busy the host is."""
        with errors_as_nova():
            return next(iter(self._extension.load(self.host)), None)

    # all guests

    def _fetch_guests(self) -> Iterable[Guest]:
        with errors_as_nova():
            return self._extension.guests(self.host)

    def _fetch_nics(self) -> Iterable[Nic]:
        with errors_as_nova():
            return self._extension.nics(self.host)

    def mac_prefix(self, *, fresh: bool = False) -> str:
        """Return the first half of our cards' MAC addresses, "" while no card is known that is coupled.

        It is the same for all (VMLAN USERPREFIX), so that it is looked for once.
        """
        if not self._mac_prefix and self._genuine is not None:
            with errors_as_nova():
                self._mac_prefix = self._genuine.mac_prefix()
        elif not self._mac_prefix:
            known = [nic for nic in self.nics.get(fresh=fresh, or_last=True) if nic.coupled and nic.uuid]
            self._mac_prefix = known[0].mac.lower()[:8] if known else ""
        return self._mac_prefix

    def start(self) -> None:
        """Let one answer about all guests, and one about all cards, do while the service starts."""
        self.guests.start()
        self.nics.start()

    def started(self) -> None:
        """End what :meth:`start` began."""
        self.guests.started()
        self.nics.started()

    def ours(self, *, fresh: bool = False) -> list[Guest]:
        """Return the guests that carry the mark of an instance."""
        return [guest for guest in self.guests.get(fresh=fresh) if guest.uuid]

    def made(self) -> list[Guest]:
        """Return, as of now, those of :meth:`ours` that were made for their instances, not adopted."""
        return [guest for guest in self.ours(fresh=True) if not guest.adopted]

    def find(self, uuid: str, *, fresh: bool = False) -> Guest | None:
        """Return the guest of the instance ``uuid``, None when there is none."""
        return next((guest for guest in self.guests.get(fresh=fresh) if guest.uuid == uuid), None)

    def awaits(self, instance: objects.Instance) -> bool:
        """Return whether the instance is another host's and on its way here live, or was and stays there."""
        return instance.task_state == task_states.MIGRATING and instance.host != self.service

    # images

    def image(self, name: str) -> Image | None:
        """Return the image ``name`` of the management node."""
        with errors_as_nova():
            return self._extension.image(name)

    def put_image(self, name: str, content: Iterable[bytes], *, format: str, origin: str) -> Image:
        """Store an image from a stream."""
        with errors_as_nova():
            return self._extension.put_image(name, content, format=format, origin=origin)

    def prepare_image(self, name: str, device_type: str) -> bool:
        """Make an image ready for quick deploys; return False when it is."""
        with errors_as_nova():
            return self._extension.prepare_image(name, self.host, device_type)

    def expire_images(self, keep: Iterable[str], seconds: float) -> tuple[list[str], list[str]]:
        """Remove images and golden minidisks that this host has not used for so long; return their names."""
        with errors_as_nova():
            return self._extension.expire_images(self.host, keep, seconds)

    # one guest

    def define_node(self, node: str, uuid: str, userid: str, hcp: str) -> None:
        """Define the node of an instance's guest.

        :param hcp: host name of the zHCP of the z/VM system.
        """
        with errors_as_nova():
            self._guest_calls.define(node, uuid, userid, hcp)

    def create_guest(self, node: str, uuid: str, operands: Sequence[str]) -> None:
        """Create the directory entry, marked with the instance's uuid."""
        with errors_as_nova():
            self._guest_calls.create(node, uuid, operands)
        self.guests.expire()

    def change_guest(self, node: str, command: str) -> None:
        """Run a ``chvm`` command on the guest."""
        with errors_as_nova():
            self._client.request("PUT", path("vms", node), body=[command])

    def set_ipl(self, node: str, vdev: str) -> None:
        """Let the guest's next logon IPL the device."""
        self.change_guest(node, f"--setipl {vdev}")

    def attach_nic(self, node: str, vswitch: str, *, mac: str, vlan: int | None, port: str) -> str:
        """Give the guest a network card, at once and for later logons; return its device number."""
        try:
            with errors_as_nova():
                return self._extension.attach_nic(node, vswitch, mac=mac, vlan=vlan, port=port)
        finally:
            self.nics.expire()

    def detach_nic(self, node: str, vdev: str) -> None:
        """Take a network card from the guest; one that is not there does no harm."""
        try:
            with errors_as_nova():
                self._extension.detach_nic(node, vdev)
        finally:
            self.nics.expire()

    def attach_minidisk(self, node: str, uuid: str, mode: str) -> str:
        """Give the guest a minidisk volume in CP's access ``mode``; return its device number."""
        with errors_as_nova():
            return volumes.attach(self._client, node, uuid, mode)[0]

    def detach_minidisk(self, node: str, uuid: str) -> None:
        """Take a minidisk volume from the guest; one that it does not have does no harm."""
        with errors_as_nova():
            volumes.detach(self._client, node, uuid)

    def put_transport(self, node: str, content: bytes, sha256: str) -> str:
        """Store what goes into the guest's reader; return its id."""
        with errors_as_nova():
            return self._extension.put_transport(node, content, sha256=sha256)

    def deploy(self, node: str, image: str, vdev: str, transport: str) -> None:
        """Write the image, "" for none, to the guest's disk and the transport into its reader."""
        with errors_as_nova():
            self._guest_calls.deploy(node, image, vdev, transport)

    def power(self, node: str, *action: str) -> str:
        """Run an ``rpower`` action on the guest; return its text."""
        try:
            with errors_as_nova():
                return self._guest_calls.power(node, *action)
        finally:
            self.guests.expire()

    def detail(self, node: str) -> GuestDetail:
        """Return the guest with its disks and cards."""
        with errors_as_nova():
            return self._extension.guest(node)

    def wait_for(self, node: str, state: str, timeout: float) -> GuestDetail:
        """Return the guest once it is ``state``, went off or crashed, or when time is up.

        :param state: reachable (its agent answers) or off.
        :param timeout: seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            left = max(deadline - time.monotonic(), 0)
            with errors_as_nova():
                guest = self._extension.guest(node, wait=state, timeout=round(min(left, _POLL), 1))
            if guest.reachable if state == "reachable" else guest.state == "off":
                return guest
            if guest.state in ("off", "crashed") or time.monotonic() >= deadline:
                return guest
            time.sleep(_PAUSE)  # a node that cannot wait answers at once

    def agent(self, node: str, execute: str, arguments: dict[str, Any], *, timeout: float = 60) -> Any:
        """Run a command of the agent in the guest, which has ``timeout`` seconds to answer."""
        with errors_as_nova():
            return self._extension.agent(node, execute, arguments, timeout=timeout)

    def read_disk(self, node: str, vdev: str, *, copy: bool) -> Generator[bytes, None, None]:
        """Yield the guest's minidisk in ``disk_format``; of a copy, complete when the first octets come."""
        with errors_as_nova():
            yield from self._extension.read_disk(node, vdev, copy=copy, format=self.disk_format)

    def performance(self, node: str) -> Performance:
        """Return what the guest has used since it was logged on."""
        with errors_as_nova():
            return self._extension.performance(node)

    def dump(self, node: str, method: str) -> str:
        """Let the guest's kernel or CP make a dump; return the guest's state afterwards."""
        try:
            with errors_as_nova():
                return self._extension.dump(node, method)
        finally:
            self.guests.expire()

    def console(self, node: str, length: int) -> str:
        """Return the end of the guest's console log."""
        with errors_as_nova():
            return self._extension.console(node, length)

    def terminal(self, node: str) -> Terminal:
        """Open the guest's live console."""
        with errors_as_nova():
            return self._extension.terminal(node)

    def remove_guest(self, node: str, uuid: str) -> None:
        """Log the guest off and delete its directory entry; one that is not there does no harm.

        :raises Refused: the entry does not carry this instance's mark.
        """
        try:
            with errors_as_nova():
                self._guest_calls.remove(node, uuid)
        except exceptions.NotInTables:
            return
        except exceptions.Refused as problem:
            if (problem.rc, problem.rs) != (400, 4):  # no such entry
                raise
        finally:
            self.guests.expire()

    def remove_node(self, node: str) -> None:
        """Delete the guest's node from the tables; one that is not there does no harm."""
        with errors_as_nova():
            try:
                self._client.request("DELETE", path("nodes", node))
            except XcatNotFound:
                return
