# SPDX-License-Identifier: Apache-2.0
"""Tempest's options: where the cloud is, and what a z/VM system under it can do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zvm.cloud.config_files import Groups, Value
from zvm.cloud.identity import REGION
from zvm.cloud.layout import Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.settings.nova import FILTERS, NOVNC

#: What this driver can do; Tempest's own names (``[compute-feature-enabled]``).
FEATURES: dict[str, Value] = {
    "attach_encrypted_volume": False,
    "block_migration_for_live_migration": False,
    "change_password": True,
    "cold_migration": True,
    "config_drive": True,
    "console_output": True,
    "ide_bus": False,
    "interface_attach": True,
    "live_migrate_back_and_forth": True,
    "live_migration": True,
    "metadata_service": False,
    "pause": True,
    "personality": True,
    "rescue": True,
    "resize": True,
    "serial_console": True,
    "scheduler_enabled_filters": ",".join(FILTERS),
    "shelve": True,
    "shelve_migrate": True,
    "snapshot": True,
    "stable_rescue": True,
    "suspend": True,
    "swap_volume": True,
    "volume_backed_live_migration": True,
    "volume_multiattach": True,
    "vnc_console": NOVNC.exists(),
}

#: Tests that are left out → why.
LEFT_OUT = {
    "tempest.api.compute.admin.test_server_diagnostics.ServerDiagnosticsV248Test": (
        "Tempest wants one of five drivers' names, Nova has no other names to give, and z/VM is none of them"
    ),
    (
        "tempest.api.compute.servers.test_server_rescue.ServerBootFromVolumeStableRescueTest"
        ".test_stable_device_rescue_bfv_blank_volume"
    ): "an IPL of an empty volume ends in a disabled wait, and Nova is told that the guest crashed",
    (
        "tempest.api.compute.servers.test_server_actions.ServerActionsV293TestJSON"
        ".test_rebuild_volume_backed_server"
    ): "it asks for an ssh key that Tempest makes only where guests have ssh",
    (
        "tempest.api.compute.admin.test_live_migration.LiveMigrationRemoteConsolesV26Test"
        ".test_live_migration_serial_console"
    ): "it gives Tempest's own WebSocket a text instead of octets, which Python 3 refuses: nothing is sent",
}


def groups(layout: Layout, folder: Path, found: Mapping[str, str], profile: Profile) -> Groups:
    """Return the contents of tempest.conf.

    :param folder: where Tempest may write.
    :param found: option → identity of what was made for Tempest: ``image_ref``, ``image_ref_alt``,
        ``flavor_ref``, ``flavor_ref_alt``, ``network``, where there is Cinder ``volume_type_multiattach``,
        and the list ``api_extensions``.
    """
    luns = profile.volumes == "fibre-channel"
    references = {key: value for key, value in found.items() if key.startswith(("image_ref", "flavor_ref"))}
    return {
        "DEFAULT": {"log_file": folder / "tempest.log"},
        "oslo_concurrency": {"lock_path": folder / "locks"},
        "auth": {
            "use_dynamic_credentials": True,
            "create_isolated_networks": False,
            "admin_username": "admin",
            "admin_project_name": "admin",
            "admin_password": layout.password("admin"),
            "admin_domain_name": "Default",
        },
        "identity": {
            "auth_version": "v3",
            "uri_v3": f"{layout.url('keystone')}/v3",
            "v3_endpoint_type": "public",
            "region": REGION,
        },
        "service_available": {
            "cinder": "volume_type_multiattach" in found,
            "swift": False,
            "glance": True,
            "nova": True,
            "neutron": True,
        },
        "image": {"region": REGION, "image_path": "", "http_image": ""},
        "compute": {
            **references,
            "fixed_network_name": found["network"],
            "min_compute_nodes": len(profile.members),
            "max_microversion": "latest",
            "build_interval": 1,
            "build_timeout": 180,
            "ready_wait": 0,
        },
        "compute-feature-enabled": FEATURES,
        "network": {"project_network_cidr": "10.101.0.0/16", "shared_physical_network": False},
        "network-feature-enabled": {
            "ipv6": False,
            "floating_ips": False,
            "port_security": True,
            "api_extensions": found["api_extensions"],
        },
        # Light guests have no ssh; what tests see of guests is what Nova and z/VM say.
        "validation": {
            "run_validation": False,
            "connect_method": "fixed",
            "network_for_ssh": found["network"],
        },
        "enforce_scope": {"nova": True},
        "volume": {
            "catalog_type": "volumev3",
            "max_microversion": "latest",
            "build_timeout": 180,
            "build_interval": 1,
            "storage_protocol": "FC" if luns else "zvm_minidisk",
            # As which a volume becomes an image; the storage server's driver converts nothing.
            "disk_format": "raw" if luns else "raw,qcow2",
            "volume_type_multiattach": found.get("volume_type_multiattach", ""),
            "vendor_name": "nova-zvm",
            "manage_volume_ref": "source-id,%s",
        },
        "volume-feature-enabled": {
            "backup": False,
            "snapshot": True,
            "clone": True,
            "manage_volume": not luns,
            # A minidisk in use does not grow.
            "extend_attached_volume": luns,
            "multi_backend": False,
        },
    }
