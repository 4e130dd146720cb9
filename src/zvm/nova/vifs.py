# SPDX-License-Identifier: Apache-2.0
"""Adding, coupling and uncoupling the cards of guests that exist.

A guest's cards stand in its directory entry and CP couples them at logon. What is left to do here is to add
and to take away cards, and repair: a card of a running guest that lost its virtual switch.
"""

from __future__ import annotations

from typing import Any

from nova import exception, objects
from nova.i18n import _
from oslo_log import log as logging

from zvm.nova import adopted, exceptions, guest_network, naming, network
from zvm.nova.session import Session
from zvm.xcat.records import GuestDetail, Nic

LOG = logging.getLogger(__name__)


class Vifs:
    """The cards of the guests behind ``session``. Thread-safe; every verb may be repeated."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def attach(self, instance: objects.Instance, vif: dict[str, Any]) -> None:
        """Give the guest a card for ``vif``: at once when it is on, and for every later logon.

        :raises InterfaceAttachFailed: z/VM refused; the guest is as it was.
        """
        [spec] = network.nic_specs(self._session.conf, [vif])
        try:
            adopted.check_changeable(instance, _("Attaching a network card"))
            network.check_macs([spec], self._session.mac_prefix())
            vdev = self._session.attach_nic(
                naming.node_name(instance), spec.vswitch, mac=spec.mac, vlan=spec.vlan, port=spec.port
            )
        except exception.NovaException as problem:
            LOG.error("Port %s cannot be attached: %s", spec.port, problem, instance=instance)
            raise exception.InterfaceAttachFailed(instance_uuid=instance.uuid) from problem
        LOG.info("Port %s has the card %s on %s", spec.port, vdev, spec.vswitch, instance=instance)
        guest = self._session.find(instance.uuid)
        if guest is not None and guest.state == "running":
            self._set_up(instance, vif)

    def _set_up(self, instance: objects.Instance, vif: dict[str, Any]) -> None:
        """Let the guest set up a new card; a guest without an agent has to do it by itself."""
        try:
            guest_network.apply(self._session, instance, [vif])
        except exception.NovaException as problem:
            LOG.warning("Port %s is not set up in the guest: %s", vif["id"], problem, instance=instance)

    def detach(self, instance: objects.Instance, vif: dict[str, Any]) -> None:
        """Take the card of ``vif`` from the guest; one that is not there does no harm.

        :raises InstanceNotFound: there is no guest.
        :raises InterfaceDetachFailed: z/VM refused.
        """
        node = naming.node_name(instance)
        [spec] = network.nic_specs(self._session.conf, [vif])
        try:
            adopted.check_changeable(instance, _("Detaching a network card"))
            for nic in self._session.detail(node).nics:
                if _same(nic, spec):
                    self._session.detach_nic(node, nic.vdev)
        except exceptions.NotInTables as problem:
            raise exception.InstanceNotFound(instance_id=instance.uuid) from problem
        except (exceptions.Refused, exceptions.Unreachable, exceptions.OutcomeUnknown) as problem:
            LOG.error("Port %s cannot be detached: %s", spec.port, problem, instance=instance)
            raise exception.InterfaceDetachFailed(instance_uuid=instance.uuid) from problem

    def correct(
        self, instance: objects.Instance, guest: GuestDetail, network_info: network.NetworkInfo | None
    ) -> None:
        """Give a guest that is off the cards that it has lost, and take those of ports that it has no more.

        A card that was not made for a port stays: it is none of Nova's.

        :raises VirtualInterfacePlugException: z/VM refused.
        """
        specs = network.nic_specs(self._session.conf, network_info)
        try:
            for nic in guest.nics:
                if nic.port and not any(_same(nic, spec) for spec in specs):
                    LOG.info("Card %s of port %s is removed", nic.vdev, nic.port, instance=instance)
                    self._session.detach_nic(guest.node, nic.vdev)
            for spec in specs:
                if not any(_same(nic, spec) for nic in guest.nics):
                    LOG.info("Card of port %s was lost; it is made again", spec.port, instance=instance)
                    self._session.attach_nic(
                        guest.node, spec.vswitch, mac=spec.mac, vlan=spec.vlan, port=spec.port
                    )
        except exceptions.Refused as problem:
            raise exception.VirtualInterfacePlugException(str(problem)) from problem

    def plug(self, instance: objects.Instance, network_info: network.NetworkInfo | None) -> None:
        """Couple those cards of a guest which is on that no virtual switch knows of.

        Costs no call of its own when all is well: the cards of all guests are asked for at once and shared.
        Those of a guest that was adopted are its owner's.

        :raises VirtualInterfacePlugException: z/VM refused.
        """
        if adopted.is_adopted(instance):
            return
        guest = self._session.find(instance.uuid)
        if guest is None or guest.state not in ("running", "paused"):
            return
        specs = network.nic_specs(self._session.conf, network_info)
        if not self._lost(instance, specs):
            return
        for spec in self._lost(instance, specs, fresh=True):
            vdev = self._vdev(instance, spec)
            LOG.info("Coupling card %s to %s", vdev, spec.vswitch, instance=instance)
            command = f"--connectnic2vswitch {vdev} {spec.vswitch}"
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
        if not network_info or adopted.is_adopted(instance) or self._session.find(instance.uuid) is None:
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

    def _vdev(self, instance: objects.Instance, spec: network.NicSpec) -> str:
        """Return where the card is: a port attached later has not the place that its rank would give it."""
        mine = [nic for nic in self._session.nics.get() if nic.uuid == instance.uuid]
        return next((nic.vdev for nic in mine if _same(nic, spec)), spec.vdev)

    def _coupled(self, instance: objects.Instance, *, fresh: bool = False) -> list[Nic]:
        return [
            nic for nic in self._session.nics.get(fresh=fresh) if nic.uuid == instance.uuid and nic.coupled
        ]


def _same(nic: Nic, spec: network.NicSpec) -> bool:
    """Return whether ``nic`` is the card of ``spec``; of a MAC address only the last half can be chosen."""
    return nic.port == spec.port if nic.port else nic.mac.lower()[-8:] == spec.mac.lower()[-8:]
