# SPDX-License-Identifier: Apache-2.0
"""What a new cloud needs before anybody can create a server: a flavor, a network, an image.

Each function leaves alone what is there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zvm.cloud import demo_image
from zvm.cloud.layout import Layout
from zvm.cloud.settings.site import PHYSICAL_NETWORK, VLANS

FLAVOR = "zlinux.small"
NETWORK = "vlan100"
IMAGE = "zlinux"


def everything(layout: Layout, admin: Any) -> str:
    """Make flavor, network and image.

    :returns: the SHA-256 of the image's content.
    """
    path = image_file(layout)
    digest = demo_image.make(path)
    image(admin, path)
    network(admin)
    flavor(admin)
    return digest


def image_file(layout: Layout) -> Path:
    """Return where the image lies."""
    return layout.root / "zlinux.img"


def flavor(admin: Any, name: str = FLAVOR, *, vcpus: int = 1, ram: int = 1024, disk: int = 1) -> str:
    """Make a flavor for everybody; return its identity.

    :param ram: MiB.
    :param disk: of the root disk, GiB (1457 cylinders of a 3390 each).
    """
    found = admin.compute.find_flavor(name) or admin.compute.create_flavor(
        name=name, vcpus=vcpus, ram=ram, disk=disk, is_public=True
    )
    return str(found.id)


def shared_volumes(admin: Any, name: str) -> str:
    """Make a type for volumes that several servers have at a time; return its name."""
    if not admin.block_storage.find_type(name):
        admin.block_storage.create_type(name=name, extra_specs={"multiattach": "<is> True"})
    return name


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


def image(admin: Any, path: Path, name: str = IMAGE) -> str:
    """Upload the disk image at ``path`` for everybody; return its identity."""
    found = admin.image.find_image(name)
    if found and found.status == "active":
        return str(found.id)
    if found:
        admin.image.delete_image(found)
    made = admin.image.create_image(
        name,
        filename=str(path),
        disk_format="raw",
        container_format="bare",
        visibility="public",
        architecture="s390x",
        wait=True,
    )
    return str(made.id)
