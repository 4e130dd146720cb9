# SPDX-License-Identifier: Apache-2.0
"""Coupling and uncoupling the cards of guests that exist.

A guest's cards stand in its directory entry and CP couples them at logon. What is left to do here is repair:
a card of a running guest that lost its virtual switch.
"""

from __future__ import annotations

from nova import exception, objects
from oslo_log import log as logging

from zvm.nova import exceptions, naming, network
from zvm.nova.session import Session
from zvm.xcat.extension import Nic

LOG = logging.getLogger(__name__)


class Vifs:
    """The cards of the guests behind ``session``. Thread-safe; every verb may be repeated."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def plug(self, instance: objects.Instance, network_info: network.NetworkInfo | None) -> None:
        """Couple those cards of a guest which is on that no virtual switch knows of.

        Costs no call of its own when all is well: the cards of all guests are asked for at once and shared.

        :raises VirtualInterfacePlugException: z/VM refused.
        """
        guest = self._session.find(instance.uuid)
        if guest is None or guest.state not in ("running", "paused"):
            return
        specs = network.nic_specs(self._session.conf, network_info)
        if not self._lost(instance, specs):
            return
        for spec in self._lost(instance, specs, fresh=True):
            LOG.info("Coupling card %s to %s", spec.vdev, spec.vswitch, instance=instance)
            command = f"--connectnic2vswitch {spec.vdev} {spec.vswitch}"
            if spec.vlan is not None:
                command += f" ACCESS {spec.vlan}"
            try:
                self._session.change_guest(naming.node_name(instance), command)
            except exceptions.Refused as problem:
                raise exception.VirtualInterfacePlugException(str(problem)) from problem
            finally:
                self._session.nics.expire()

    def unplug(self, instance: objects.Instance, network_info: network.NetworkInfo | None) -> None:
        """Uncouple the cards of ``network_info``; a guest or card that is not there does no harm.

        :raises VirtualInterfaceUnplugException: z/VM refused.
        """
        if not network_info or self._session.find(instance.uuid) is None:
            return
        specs = network.nic_specs(self._session.conf, network_info)
        for nic in self._coupled(instance):
            if not any(_same(nic, spec) for spec in specs):
                continue
            try:
                self._session.change_guest(naming.node_name(instance), f"--disconnectnic {nic.vdev}")
            except exceptions.NotInTables:
                return
            except exceptions.Refused as problem:
                raise exception.VirtualInterfaceUnplugException(reason=str(problem)) from problem
            finally:
                self._session.nics.expire()

    def _lost(
        self, instance: objects.Instance, specs: list[network.NicSpec], *, fresh: bool = False
    ) -> list[network.NicSpec]:
        """Return those cards that are not coupled."""
        coupled = self._coupled(instance, fresh=fresh)
        return [spec for spec in specs if not any(_same(nic, spec) for nic in coupled)]

    def _coupled(self, instance: objects.Instance, *, fresh: bool = False) -> list[Nic]:
        return [
            nic for nic in self._session.nics.get(fresh=fresh) if nic.uuid == instance.uuid and nic.coupled
        ]


def _same(nic: Nic, spec: network.NicSpec) -> bool:
    """Return whether ``nic`` is the card of ``spec``; of a MAC address only the last half can be chosen."""
    return nic.port == spec.port if nic.port else nic.mac.lower()[-8:] == spec.mac.lower()[-8:]
