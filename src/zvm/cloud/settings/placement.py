# SPDX-License-Identifier: Apache-2.0
"""Placement's options."""

from __future__ import annotations

from zvm.cloud.config_files import Groups
from zvm.cloud.layout import Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.settings.common import LOGGING, token_check


def groups(layout: Layout, profile: Profile) -> Groups:
    """Return the contents of placement.conf."""
    return {
        "DEFAULT": LOGGING,
        "api": {"auth_strategy": "keystone"},
        "placement_database": {**profile.database(layout, "placement"), "sync_on_startup": True},
        "keystone_authtoken": token_check(layout, "placement"),
    }
