# SPDX-License-Identifier: Apache-2.0
"""Config drives from the reader and from disks."""

from __future__ import annotations

import json

import pytest

from tests.support import config_drives, iso
from zvm.simulator.config_drive import Address, ConfigDriveError, from_disk, from_tgz


def test_a_tgz_with_the_zeros_of_its_last_card() -> None:
    drive = from_tgz(config_drives.tgz(config_drives.files()) + bytes(80))
    assert (drive.instance_id, drive.hostname) == (config_drives.UUID, "linux01.example.com")
    assert drive.addresses == [Address("02:00:06:00:aa:01", "10.1.0.5", 24, "10.1.0.1")]
    assert drive.files == {"/etc/motd": b"welcome\n"}
    assert drive.admin_password == "Secret4u"
    assert "Secret4u" not in repr(drive)


def test_a_disk_labelled_config_2() -> None:
    image = iso.image(config_drives.files())
    drive = from_disk(lambda offset, length: image[offset : offset + length])
    assert drive is not None
    assert drive.addresses[0].ip == "10.1.0.5"


def test_other_disks_are_none() -> None:
    for image in (bytes(1000), iso.image(config_drives.files(), label="data")):
        assert from_disk(lambda offset, length, image=image: image[offset : offset + length]) is None


def test_a_vfat_disk_is_told_to_be_unsupported() -> None:
    boot = bytearray(512)
    boot[43:54] = b"config-2   "
    with pytest.raises(ConfigDriveError, match="vfat"):
        from_disk(lambda offset, length: bytes(boot))


def test_dhcp_and_ipv6() -> None:
    members = config_drives.files()
    network = json.loads(members["openstack/latest/network_data.json"])
    network["networks"] = [
        {"id": "a", "type": "ipv4_dhcp", "link": "nic0"},
        {
            "id": "b",
            "type": "ipv6",
            "link": "nic0",
            "ip_address": "fd00::5",
            "netmask": "ffff:ffff:ffff:ffff::",
        },
        {"id": "c", "type": "ipv6", "link": "nic0", "ip_address": "fd01::5/48"},
    ]
    members["openstack/latest/network_data.json"] = json.dumps(network).encode()
    drive = from_tgz(config_drives.tgz(members))
    assert drive.dhcp == ["02:00:06:00:aa:01"]
    assert [(address.ip, address.prefix) for address in drive.addresses] == [("fd00::5", 64), ("fd01::5", 48)]


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"readme": b""}, "meta_data.json"),
        ({"openstack/latest/meta_data.json": b"{"}, "not JSON"),
        ({"openstack/latest/meta_data.json": b"[]"}, "unexpected shape"),
        ({"openstack/latest/meta_data.json": b'{"uuid": "u", "files": [{}]}'}, "unexpected shape"),
    ],
)
def test_what_is_no_config_drive_says_why(members: dict[str, bytes], complaint: str) -> None:
    with pytest.raises(ConfigDriveError, match=complaint):
        from_tgz(config_drives.tgz(members))


def test_garbage_is_no_config_drive() -> None:
    with pytest.raises(ConfigDriveError, match="not a tar file"):
        from_tgz(b"#!/bin/sh\n".ljust(80, b"\0"))
