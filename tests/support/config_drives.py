# SPDX-License-Identifier: Apache-2.0
"""Config drives for tests."""

from __future__ import annotations

import io
import json
import tarfile

UUID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


def files(
    *, uuid: str = UUID, hostname: str = "linux01", mac: str = "02:00:06:00:aa:01", ip: str = "10.1.0.5"
) -> dict[str, bytes]:
    """Return path and contents of the files of a config drive with one network card and one injected file."""
    metadata = {
        "uuid": uuid,
        "hostname": f"{hostname}.example.com",
        "admin_pass": "Secret4u",
        "public_keys": {"key": "ssh-ed25519 AAAA test"},
        "files": [{"path": "/etc/motd", "content_path": "/content/0000"}],
    }
    network = {
        "links": [{"id": "nic0", "type": "phy", "ethernet_mac_address": mac, "mtu": 1450}],
        "networks": [
            {
                "id": "network0",
                "type": "ipv4",
                "link": "nic0",
                "ip_address": ip,
                "netmask": "255.255.255.0",
                "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.1.0.1"}],
            }
        ],
        "services": [],
    }
    return {
        "openstack/latest/meta_data.json": json.dumps(metadata).encode(),
        "openstack/latest/network_data.json": json.dumps(network).encode(),
        "openstack/latest/user_data": b"#cloud-config\n",
        "openstack/content/0000": b"welcome\n",
    }


def tgz(members: dict[str, bytes]) -> bytes:
    """Return these files as a compressed tar file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
