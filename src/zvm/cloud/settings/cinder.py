# SPDX-License-Identifier: Apache-2.0
"""Cinder's options: volumes that are minidisks of the guests' own pool, or LUNs over Fibre Channel."""

from __future__ import annotations

from collections.abc import Callable

from zvm.cloud.config_files import Groups, Value
from zvm.cloud.layout import HOST, Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.settings.common import LOGGING, SILENT, credentials, shipped, token_check
from zvm.cloud.settings.site import DISK_POOL, FIRST, XCAT_USER

#: The backend's group.
BACKEND = "zvm"


def groups(layout: Layout, profile: Profile) -> Groups:
    """Return the contents of cinder.conf."""
    state = layout.root / "cinder"
    return {
        "DEFAULT": {
            **LOGGING,
            "my_ip": HOST,
            "host": FIRST.name,
            "transport_url": profile.transport(layout),
            "state_path": state,
            "auth_strategy": "keystone",
            "enabled_backends": BACKEND,
            "glance_api_servers": layout.url("glance"),
            "enable_force_upload": True,
            "image_conversion_dir": state / "conversion",
            "api_paste_config": shipped("cinder", "api-paste.ini"),
            "resource_query_filters_file": shipped("cinder", "resource_filters.json"),
            "quota_volumes": -1,
            "quota_snapshots": -1,
            "quota_gigabytes": -1,
        },
        BACKEND: {"volume_backend_name": BACKEND, **_BACKENDS[profile.volumes](layout)},
        "database": profile.database(layout, "cinder"),
        "keystone_authtoken": token_check(layout, "cinder"),
        "service_user": {**credentials(layout, "cinder"), "send_service_user_token": True},
        "nova": {**credentials(layout, "nova"), "interface": "internal"},
        "coordination": {"backend_url": f"file://{state / 'coordination'}"},
        "oslo_concurrency": {"lock_path": layout.root / "locks"},
        "oslo_messaging_notifications": SILENT,
    }


def _minidisks(layout: Layout) -> dict[str, Value]:
    return {
        "volume_driver": "zvm.cinder.driver.ZVMMinidiskDriver",
        "zvm_server": layout.url("manager"),
        "zvm_username": XCAT_USER,
        "zvm_password": layout.password("manager"),
        "zvm_host": FIRST.name,
        "zvm_pools": DISK_POOL,
    }


def _luns(layout: Layout) -> dict[str, Value]:
    return {
        "volume_driver": "zvm.cloud.storage_server.StorageServerDriver",
        "simulator_control": layout.url("simulator"),
    }


_BACKENDS: dict[str, Callable[[Layout], dict[str, Value]]] = {
    "minidisk": _minidisks,
    "fibre-channel": _luns,
}
