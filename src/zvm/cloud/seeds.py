# SPDX-License-Identifier: Apache-2.0
"""What a new cloud needs before anybody can create a server: a flavor, a network, an image.

Each function leaves alone what is there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zvm.cloud.settings.site import PHYSICAL_NETWORK, VLANS

FLAVOR = "zlinux.small"
NETWORK = "vlan100"
IMAGE = "zlinux"


def flavor(admin: Any) -> None:
    """Make a flavor: one processor, 1 GiB of memory, a root disk of 1 GiB (1457 cylinders of a 3390)."""
    if not admin.compute.find_flavor(FLAVOR):
        admin.compute.create_flavor(name=FLAVOR, vcpus=1, ram=1024, disk=1, is_public=True)


def network(admin: Any) -> None:
    """Make a VLAN on the virtual switch, with addresses that guests read from their config drive."""
    found = admin.network.find_network(NETWORK)
    if not found:
        found = admin.network.create_network(
            name=NETWORK,
            shared=True,
            provider_network_type="vlan",
            provider_physical_network=PHYSICAL_NETWORK,
            provider_segmentation_id=VLANS[0],
        )
    if not found.subnet_ids:
        admin.network.create_subnet(
            network_id=found.id,
            name=f"{NETWORK}-v4",
            ip_version=4,
            cidr="10.100.0.0/24",
            gateway_ip="10.100.0.1",
            dns_nameservers=["10.100.0.1"],
            is_dhcp_enabled=False,
        )


def image(admin: Any, path: Path) -> None:
    """Upload the disk image at ``path`` for everybody."""
    found = admin.image.find_image(IMAGE)
    if found and found.status == "active":
        return
    if found:
        admin.image.delete_image(found)
    admin.image.create_image(
        IMAGE,
        filename=str(path),
        disk_format="raw",
        container_format="bare",
        visibility="public",
        architecture="s390x",
        wait=True,
    )
