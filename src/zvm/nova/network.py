# SPDX-License-Identifier: Apache-2.0
"""Network cards: from Nova's view of a port to what the management node is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from neutronclient.common.exceptions import NeutronClientException
from nova import context as nova_context
from nova import exception, objects
from nova.i18n import _
from nova.network import neutron
from nova.virt.virtapi import VirtAPI
from oslo_config import cfg
from oslo_log import log as logging

from zvm.directory import names

LOG = logging.getLogger(__name__)

#: Device number of the first card; each takes three (read, write, data).
_FIRST_VDEV = 0x1000
_DEVICES = 3

NetworkInfo = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class NicSpec:
    """A network card to be: its place in the guest, its switch, and the Neutron port behind it."""

    vdev: str
    vswitch: str
    mac: str
    port: str
    vlan: int | None = None

    def __str__(self) -> str:
        """The operand ``nic=`` of the management node's mkvm."""
        vlan = "" if self.vlan is None else f",vlan={self.vlan}"
        return f"nic={self.vdev},vswitch={self.vswitch},mac={self.mac}{vlan},port={self.port}"


def vdev(index: int) -> str:
    """Return the device number of the card ``index`` (from 0)."""
    return names.vdev(f"{_FIRST_VDEV + _DEVICES * index:04X}")


def nic_specs(conf: cfg.ConfigOpts, network_info: NetworkInfo | None) -> list[NicSpec]:
    """Return the cards for ``network_info``, in its order.

    :raises InvalidInput: no virtual switch is known for a port, or its VLAN is none.
    """
    return [_spec(conf, number, vif) for number, vif in enumerate(network_info or ())]


def _spec(conf: cfg.ConfigOpts, number: int, vif: dict[str, Any]) -> NicSpec:
    details = vif.get("details") or {}
    network = vif["network"]
    physical_network = network.get_meta("physical_network")
    vswitch = (
        details.get("vswitch")
        or conf.zvm_xcat.vswitch_mappings.get(physical_network)
        or conf.zvm_xcat.default_vswitch
    )
    if not vswitch:
        raise exception.InvalidInput(
            reason=_(
                "no virtual switch is known for port %(port)s on physical network %(network)s; bind it with "
                "the mechanism driver zvm, or set vswitch_mappings or default_vswitch in [zvm_xcat]"
            )
            % {"port": vif["id"], "network": physical_network}
        )
    vlan = details.get("vlan")
    try:
        vswitch = names.vswitch(vswitch)
        vlan = None if vlan in (None, "") else int(vlan)
    except ValueError as problem:
        raise exception.InvalidInput(reason=f"port {vif['id']}: {problem}") from problem
    if vlan is not None and not 1 <= vlan <= 4094:
        raise exception.InvalidInput(reason=f"port {vif['id']}: VLAN {vlan} is not in 1-4094")
    return NicSpec(vdev=vdev(number), vswitch=vswitch, mac=vif["address"], port=vif["id"], vlan=vlan)


def check_macs(specs: list[NicSpec], prefix: str) -> None:
    """Check that z/VM can give the cards the MAC addresses of their ports, of which it sets the first half.

    :param prefix: that half, such as ``02:00:06``; "": not known yet.
    :raises InvalidInput: a port has another one: its guest would be deaf to what is sent to its address.
    """
    for spec in specs:
        if prefix and not spec.mac.lower().startswith(prefix.lower()):
            raise exception.InvalidInput(
                reason=_(
                    "port %(port)s has the MAC address %(mac)s, but cards of this z/VM system begin with "
                    "%(prefix)s (VMLAN USERPREFIX); set base_mac = %(prefix)s:00:00:00 in neutron.conf and "
                    "make the port anew"
                )
                % {"port": spec.port, "mac": spec.mac, "prefix": prefix}
            )


@contextmanager
def plugged(
    conf: cfg.ConfigOpts, virtapi: VirtAPI, instance: objects.Instance, network_info: NetworkInfo | None
) -> Iterator[None]:
    """Wait at the end of the block until Neutron says that the cards which are still down are plugged.

    Neutron says it once. It may have before the wait began, since ``network_info`` is as old as Nova's cache
    of it: after the block it is asked which of them it has as plugged.

    :raises VirtualInterfaceCreateException: it does not in time, or says that it failed, and
        ``vif_plugging_is_fatal`` is set.
    """
    waiting = [("network-vif-plugged", vif["id"]) for vif in network_info or () if vif.get("active") is False]
    timeout = conf.vif_plugging_timeout
    if not waiting or not timeout:
        yield
        return

    def failed(event: str, instance: objects.Instance) -> bool:
        LOG.error("Neutron says that %s failed", event, instance=instance)
        if conf.vif_plugging_is_fatal:
            raise exception.VirtualInterfaceCreateException(_("Neutron says that %s failed") % event)
        return True

    try:
        with virtapi.wait_for_instance_event(instance, waiting, timeout=timeout, error_callback=failed):
            yield
            active = _active_ports(instance)
            if already := [event for event in waiting if event[1] in active]:
                virtapi.exit_wait_early(already)
    except exception.InstanceEventTimeout as problem:
        ports = ", ".join(port for _name, port in waiting)
        LOG.warning(
            "Neutron did not report in %d s that these are plugged: %s", timeout, ports, instance=instance
        )
        if conf.vif_plugging_is_fatal:
            raise exception.VirtualInterfaceCreateException(
                _("Neutron did not report within %(timeout)d s that these ports are plugged: %(ports)s")
                % {"timeout": timeout, "ports": ports}
            ) from problem


def _active_ports(instance: objects.Instance) -> set[str]:
    """Return the ids of the instance's ports that Neutron has as ACTIVE; none when it does not answer."""
    wanted = {"device_id": instance.uuid, "status": "ACTIVE", "fields": ["id"]}
    try:
        found = neutron.API().list_ports(nova_context.get_admin_context(), **wanted)
    except (NeutronClientException, exception.NovaException) as problem:
        LOG.warning("Neutron does not say which ports are plugged: %s", problem, instance=instance)
        return set()
    return {port["id"] for port in found["ports"]}
