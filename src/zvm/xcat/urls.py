# SPDX-License-Identifier: Apache-2.0
"""Where things are on a management node."""

from __future__ import annotations

import ipaddress
from urllib.parse import quote, urlsplit

#: xCAT's REST API as z/VM builds have it.
V1 = "/xcatws"
#: xCAT's second dialect.
V2 = "/xcatwsv2"
#: Our extension: what xCAT's API cannot do.
EXTENSION = "/zvm/v1"
#: The resources of v1, in the order in which its root page names them.
RESOURCES = (
    "accounts",
    "debug",
    "groups",
    "hypervisor",
    "images",
    "logs",
    "monitors",
    "networks",
    "nodes",
    "notifications",
    "objects",
    "policies",
    "site",
    "tables",
    "version",
    "vms",
)


def path(*segments: str) -> str:
    """Return ``/a/b/c``, each segment quoted so that no name can leave its place.

    :raises ValueError: a segment is one that means a place, whatever is done to it.
    """
    if any(segment in ("", ".", "..") for segment in segments):
        raise ValueError(f"not the name of anything: {segments!r}")
    return "".join("/" + quote(segment, safe="") for segment in segments)


def checked_base(url: str) -> str:
    """Return the base URL without a slash at its end.

    :raises ValueError: it is neither https nor plain http to this very machine, or holds credentials.
    """
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise ValueError("credentials do not belong in the URL of the management node")
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"not the URL of a management node: {url!r}")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"plain http is for the loopback interface only; use https for {parts.hostname}")
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"not an http or https URL: {url!r}")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is an address, or the name, of this machine's loopback interface."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
