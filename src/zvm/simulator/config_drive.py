# SPDX-License-Identifier: Apache-2.0
"""The config drive as a guest finds it: a tgz file in its reader, or a disk labelled ``config-2``.

Layout: OpenStack's, ``openstack/latest/meta_data.json``, ``network_data.json``, ``user_data``, ``content/``.
An ISO 9660 disk is read; a vfat one is recognised but not supported.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zvm.simulator import iso9660

LABEL = "config-2"
#: No config drive is larger (Nova makes them of 64 MiB at most).
_LARGEST = 64 << 20
_LATEST = "openstack/latest/"


class ConfigDriveError(Exception):
    """What was found is no config drive; the text says why."""


@dataclass
class Address:
    """One address of a network card; ``prefix`` is its length in bits."""

    mac: str
    ip: str
    prefix: int
    gateway: str = ""


@dataclass
class ConfigDrive:
    """What a config drive says."""

    instance_id: str
    hostname: str
    addresses: list[Address] = field(default_factory=list)
    dhcp: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    user_data: bytes = b""
    admin_password: str = field(default="", repr=False)
    ssh_keys: list[str] = field(default_factory=list)
    boot_commands: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict, repr=False)


def from_tgz(data: bytes) -> ConfigDrive:
    """Return the config drive in a compressed tar file; zeros behind it, from the last card, do no harm.

    :raises ConfigDriveError: when it is none.
    """
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content and sum(map(len, members.values())) + member.size <= _LARGEST:
                    members[member.name.removeprefix("./").lstrip("/")] = content.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ConfigDriveError(f"not a tar file: {error}") from error
    return _from_files(members)


def from_disk(read: Callable[[int, int], bytes]) -> ConfigDrive | None:
    """Return the config drive on a disk, or None when the disk is not labelled ``config-2``.

    :param read: returns bytes of the disk given their offset and how many.
    :raises ConfigDriveError: for a vfat disk with that label, or a damaged one.
    """
    boot = read(0, 512)
    if LABEL.encode() in boot[43:54] or LABEL.encode() in boot[71:82]:
        raise ConfigDriveError("a vfat config drive is not supported; use ISO 9660 or a tgz in the reader")
    if (iso9660.label(read) or "").lower() != LABEL:
        return None
    try:
        return _from_files(dict(iso9660.files(read)))
    except (IndexError, ValueError, KeyError) as error:
        raise ConfigDriveError(f"damaged ISO 9660 image: {error}") from error


def _from_files(members: Mapping[str, bytes]) -> ConfigDrive:
    try:
        metadata = json.loads(members[f"{_LATEST}meta_data.json"])
        network = json.loads(members.get(f"{_LATEST}network_data.json", b"{}"))
    except KeyError as error:
        raise ConfigDriveError("no openstack/latest/meta_data.json in it") from error
    except ValueError as error:
        raise ConfigDriveError(f"not JSON: {error}") from error
    try:
        addresses, dhcp = _addresses(network)
        return ConfigDrive(
            instance_id=str(metadata["uuid"]),
            hostname=str(metadata.get("hostname") or metadata.get("name") or "localhost"),
            addresses=addresses,
            dhcp=dhcp,
            files={
                entry["path"]: members["openstack" + entry["content_path"]]
                for entry in metadata.get("files", [])
                if "openstack" + entry["content_path"] in members
            },
            user_data=members.get(f"{_LATEST}user_data", b""),
            admin_password=str(metadata.get("admin_pass", "")),
            ssh_keys=list(metadata.get("public_keys", {}).values()),
            metadata=metadata,
            boot_commands=_boot_commands(json.loads(members.get(f"{_LATEST}vendor_data.json", b"{}"))),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigDriveError(f"unexpected shape: {error!r}") from error


def _boot_commands(vendor_data: dict[str, Any]) -> list[str]:
    """Return the names (``$0``) of the scripts that vendor data let ``sh -c`` run at every start.

    Cloud configuration is YAML, of which only what is JSON too is read.
    """
    parts = vendor_data.get("cloud-init", [])
    found = []
    for part in [parts] if isinstance(parts, str) else parts:
        first, _, text = part.partition("\n")
        try:
            document = json.loads(text) if first.strip() == "#cloud-config" else {}
        except ValueError:
            continue
        commands = document.get("bootcmd", []) if isinstance(document, dict) else []
        found += [
            str(command[3])
            for command in commands
            if isinstance(command, list) and command[:2] == ["sh", "-c"] and len(command) > 3
        ]
    return found


def _addresses(network: dict[str, Any]) -> tuple[list[Address], list[str]]:
    """Return the fixed addresses, and the MACs of the cards that are to ask by DHCP."""
    macs = {link["id"]: str(link["ethernet_mac_address"]).lower() for link in network.get("links", [])}
    fixed, dhcp = [], []
    for net in network.get("networks", []):
        mac = macs[net["link"]]
        if "ip_address" not in net:
            dhcp.append(mac)
            continue
        ip, _, bits = str(net["ip_address"]).partition("/")
        prefix = int(bits) if bits else _prefix(str(net.get("netmask", "")))
        gateways = [
            str(route["gateway"]) for route in net.get("routes", []) if route["network"] in ("0.0.0.0", "::")
        ]
        fixed.append(Address(mac, ip, prefix, (gateways or [str(net.get("gateway", ""))])[0]))
    return fixed, dhcp


def _prefix(netmask: str) -> int:
    """Return the bits of a mask: ``255.255.255.0`` is 24, ``ffff:ffff::`` 32."""
    if ":" in netmask:
        return sum(int(part, 16).bit_count() for part in netmask.split(":") if part)
    return sum(int(part).bit_count() for part in netmask.split(".") if part)
