# SPDX-License-Identifier: Apache-2.0
"""Options that several services share."""

from __future__ import annotations

import sys
from pathlib import Path

from zvm.cloud.config_files import Value
from zvm.cloud.identity import REGION
from zvm.cloud.layout import Layout

#: No service sends notifications to a bus that nobody reads.
SILENT: dict[str, Value] = {"driver": "noop"}
#: Everything is written to the process's own log file by way of its standard error.
LOGGING: dict[str, Value] = {"use_stderr": True, "debug": False}


def credentials(layout: Layout, user: str) -> dict[str, Value]:
    """Return keystoneauth's options for the service user ``user``."""
    return {
        "auth_type": "password",
        "auth_url": f"{layout.url('keystone')}/v3",
        "username": user,
        "password": layout.password(user),
        "user_domain_id": "default",
        "project_name": "service",
        "project_domain_id": "default",
        "region_name": REGION,
    }


def token_check(layout: Layout, user: str) -> dict[str, Value]:
    """Return the options by which ``user``'s API checks its callers' tokens."""
    return {
        **credentials(layout, user),
        "www_authenticate_uri": f"{layout.url('keystone')}/v3",
        "service_token_roles": "service",
        "service_token_roles_required": True,
    }


def shipped(service: str, file: str) -> Path:
    """Return the path of a file that the package of ``service`` brings along."""
    return Path(sys.prefix) / "etc" / service / file
