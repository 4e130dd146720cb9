# SPDX-License-Identifier: Apache-2.0
"""Glance's options."""

from __future__ import annotations

from zvm.cloud.config_files import Groups
from zvm.cloud.layout import HOST, Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.settings.common import LOGGING, SILENT, shipped, token_check


def groups(layout: Layout, profile: Profile) -> Groups:
    """Return the contents of glance-api.conf."""
    images = layout.root / "images"
    return {
        "DEFAULT": {
            **LOGGING,
            "bind_host": HOST,
            "enabled_backends": "file:file",
            "node_staging_uri": f"file://{images / 'staging'}",
        },
        "glance_store": {"default_backend": "file"},
        "file": {"filesystem_store_datadir": images / "stored"},
        "os_glance_staging_store": {"filesystem_store_datadir": images / "staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": images / "tasks"},
        "paste_deploy": {"flavor": "keystone", "config_file": shipped("glance", "glance-api-paste.ini")},
        "database": profile.database(layout, "glance"),
        "keystone_authtoken": token_check(layout, "glance"),
        "oslo_concurrency": {"lock_path": layout.root / "locks"},
        "oslo_messaging_notifications": SILENT,
    }
