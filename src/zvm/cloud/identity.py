# SPDX-License-Identifier: Apache-2.0
"""Fills an empty Keystone: keys, accounts, catalogue.

One process instead of some twenty commands. It is run by :mod:`zvm.cloud.databases`, after the tables
were made, and can be run again: what is there is left alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

#: The region that the catalogue names.
REGION = "RegionOne"
#: Catalogue: service type → name and path below the service's address.
CATALOGUE = {
    "image": ("glance", ""),
    "placement": ("placement", ""),
    "network": ("neutron", ""),
    "compute": ("nova", "/v2.1"),
    "volumev3": ("cinder", "/v3"),
}


def fill(passwords: Mapping[str, str], urls: Mapping[str, str]) -> None:
    """Make the keys, the admin, the user ``demo`` with its project, the service users, the catalogue.

    Keystone's configuration must have been read before.

    :param passwords: account → password.
    :param urls: service → address without a slash at its end.
    """
    from keystone.cmd import bootstrap
    from keystone.common import fernet_utils, provider_api
    from keystone.conf import CONF

    for group in ("fernet_tokens", "fernet_receipts", "credential"):
        keys = fernet_utils.FernetUtils(getattr(CONF, group).key_repository, 3, group)
        keys.create_key_directory()
        if keys.validate_key_repository(requires_write=True):
            keys.initialize_key_repository()
    first = bootstrap.Bootstrapper()
    first.admin_username = first.admin_role_name = first.project_name = "admin"
    first.admin_password = passwords["admin"]
    first.service_name, first.region_id, first.immutable_roles = "keystone", REGION, False
    first.public_url = first.internal_url = first.admin_url = f"{urls['keystone']}/v3"
    first.bootstrap()

    providers = provider_api.ProviderAPIs
    service_project = project(providers, "service")
    for name in sorted(set(urls) - {"keystone"}):
        roles = (first.admin_role_id, first.service_role_id)
        account(providers, name, passwords[name], service_project, roles)
    account(providers, "demo", passwords["demo"], project(providers, "demo"), (first.member_role_id,))
    known = {entry["type"] for entry in providers.catalog_api.list_services()}
    for kind, (name, path) in CATALOGUE.items():
        if kind not in known and name in urls:
            publish(providers, kind, name, urls[name] + path)


def project(providers: Any, name: str) -> str:
    """Return the identity of the project ``name`` of the default domain, made if need be."""
    for entry in providers.resource_api.list_projects():
        if entry["name"] == name:
            return str(entry["id"])
    identity = uuid.uuid4().hex
    providers.resource_api.create_project(
        identity,
        {
            "id": identity,
            "name": name,
            "domain_id": "default",
            "parent_id": "default",
            "enabled": True,
            "is_domain": False,
            "description": "",
            "tags": [],
            "options": {},
        },
    )
    return identity


def account(providers: Any, name: str, password: str, project_id: str, roles: tuple[str, ...]) -> None:
    """Make the user ``name`` of the default domain with ``roles`` on a project."""
    users = {user["name"]: user for user in providers.identity_api.list_users(domain_scope="default")}
    user = users.get(name) or providers.identity_api.create_user(
        {"name": name, "enabled": True, "domain_id": "default", "password": password}
    )
    for role in roles:
        providers.assignment_api.add_role_to_user_and_project(user["id"], project_id, role)


def publish(providers: Any, kind: str, name: str, url: str) -> None:
    """Add a service and its three endpoints to the catalogue."""
    service = uuid.uuid4().hex
    providers.catalog_api.create_service(
        service, {"id": service, "name": name, "type": kind, "enabled": True}
    )
    for interface in ("public", "internal", "admin"):
        endpoint = uuid.uuid4().hex
        providers.catalog_api.create_endpoint(
            endpoint,
            {
                "id": endpoint,
                "interface": interface,
                "url": url,
                "service_id": service,
                "enabled": True,
                "region_id": REGION,
            },
        )
