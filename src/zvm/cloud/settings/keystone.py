# SPDX-License-Identifier: Apache-2.0
"""Keystone's options."""

from __future__ import annotations

from zvm.cloud.config_files import Groups
from zvm.cloud.layout import Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.settings.common import LOGGING, SILENT


def groups(layout: Layout, profile: Profile) -> Groups:
    """Return the contents of keystone.conf."""
    keys = layout.root / "keys"
    return {
        "DEFAULT": LOGGING,
        "database": profile.database(layout, "keystone"),
        "token": {"provider": "fernet"},
        "fernet_tokens": {"key_repository": keys / "fernet"},
        "fernet_receipts": {"key_repository": keys / "receipts"},
        "credential": {"key_repository": keys / "credential"},
        # Passwords here are random and long: a costly hash would only slow each of some hundred logins.
        "identity": {"password_hash_rounds": 4},
        "cache": {"enabled": True, "backend": "dogpile.cache.memory"},
        "oslo_messaging_notifications": SILENT,
    }
