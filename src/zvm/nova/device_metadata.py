# SPDX-License-Identifier: Apache-2.0
"""Users' tags of network cards and disks, as the guest finds them in its metadata.

A card is known by its MAC address, a volume by its id as serial number, a minidisk by its path in Linux. The
buses of s390x (channel subsystem) are none that Nova's metadata can name, so that no bus is told.
"""

from __future__ import annotations

from nova import context as nova_context
from nova import objects
from nova.virt import netutils

from zvm.nova import network


def update(
    context: nova_context.RequestContext,
    instance: objects.Instance,
    network_info: network.NetworkInfo | None,
) -> None:
    """Set ``device_metadata`` of the instance to what is tagged now, and cards with their VLANs.

    It is for the caller to save the instance.
    """
    context = context.elevated()
    devices = [*_cards(context, instance, network_info), *_disks(context, instance)]
    instance.device_metadata = objects.InstanceDeviceMetadata(devices=devices) if devices else None


def _cards(
    context: nova_context.RequestContext,
    instance: objects.Instance,
    network_info: network.NetworkInfo | None,
) -> list[objects.NetworkInterfaceMetadata]:
    """Return the tagged cards, and those in a VLAN, in Nova's order."""
    vlans = netutils.get_cached_vifs_with_vlan(network_info)
    present = {vif["id"] for vif in network_info or ()}
    found = []
    for vif in objects.VirtualInterfaceList.get_by_instance_uuid(context, instance.uuid):
        tag, vlan = ("tag" in vif and vif.tag) or "", vlans.get(vif.address)
        if vif.uuid not in present or not (tag or vlan):
            continue
        card = objects.NetworkInterfaceMetadata(mac=vif.address)
        if tag:
            card.tags = [tag]
        if vlan:
            card.vlan = int(vlan)
        found.append(card)
    return found


def _disks(context: nova_context.RequestContext, instance: objects.Instance) -> list[objects.DiskMetadata]:
    """Return the tagged disks."""
    found = []
    for bdm in objects.BlockDeviceMappingList.get_by_instance_uuid(context, instance.uuid):
        if not bdm.tag:
            continue
        disk = objects.DiskMetadata(tags=[bdm.tag])
        if bdm.volume_id:
            disk.serial = bdm.volume_id
        elif bdm.device_name:
            disk.path = bdm.device_name
        found.append(disk)
    return found
