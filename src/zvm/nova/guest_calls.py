# SPDX-License-Identifier: Apache-2.0
"""The calls of xCAT's v1 API that make and remove a guest, as our management node takes them."""

from __future__ import annotations

from collections.abc import Sequence

from zvm.xcat import Client
from zvm.xcat.urls import path

#: Seconds that the first deploy of a large image may take; every later one is a copy by FLASHCOPY.
DEPLOY = 3600


class GuestCalls:
    """The guests of the node behind ``client``; thread-safe as that is."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def define(self, node: str, uuid: str, userid: str, hcp: str) -> None:
        """Define the node of an instance's guest."""
        body = [f"userid={userid}", f"hcp={hcp}", "mgt=zvm", "groups=all"]
        self._client.request("POST", path("nodes", node), body=body)

    def create(self, node: str, uuid: str, operands: Sequence[str]) -> None:
        """Create the directory entry with its network cards, marked as the instance's."""
        query = {"objectid": uuid, "requestid": uuid}
        self._client.request("POST", path("vms", node), query=query, body=operands)

    def deploy(self, node: str, image: str, vdev: str, transport: str) -> None:
        """Write an image, "" for none, to a disk of the guest and a file into its reader."""
        disk = [f"device={vdev}", f"osimage={image}"] if image else []
        body = ["netboot", *disk, f"transport={transport}"]
        self._client.request("PUT", path("nodes", node, "bootstate"), body=body, timeout=DEPLOY)

    def power(self, node: str, *action: str) -> str:
        """Run an ``rpower`` action, its operands behind it; return its text."""
        return self._client.request("PUT", path("nodes", node, "power"), body=action).text

    def remove(self, node: str, uuid: str) -> None:
        """Log the guest off and delete its directory entry.

        :raises XcatNotFound: there is no such node.
        :raises XcatRefused: the entry does not carry this instance's mark; rc 400 rs 4: there is none.
        """
        query = {"objectid": uuid, "requestid": uuid}
        self._client.request("DELETE", path("vms", node), query=query)
