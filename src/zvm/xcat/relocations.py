# SPDX-License-Identifier: Apache-2.0
"""The part of ``/zvm/v1`` about guests that move between the z/VM systems of one cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zvm.xcat.client import Client
from zvm.xcat.records import Relocation
from zvm.xcat.urls import path


class Relocations:
    """Relocations by the node behind ``client``; thread-safe as that is."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def start(
        self,
        node: str,
        destination: str,
        *,
        test: bool = False,
        force: Sequence[str] = (),
        immediate: bool = False,
        max_total: int | None = None,
        max_quiesce: int | None = None,
    ) -> Relocation:
        """Begin to relocate the guest to the z/VM system ``destination``; returns when it moves or has moved.

        :param test: only find out whether CP would; its refusal has all of its reasons.
        :param force: of ARCHITECTURE, DOMAIN and STORAGE, what CP is to overlook.
        :param immediate: one memory pass only.
        :param max_total: seconds for all of it; None: no limit.
        :param max_quiesce: seconds that the guest may stand still; None: CP's default.
        """
        document: dict[str, Any] = {
            "destination": destination,
            "test": test,
            "force": list(force),
            "immediate": immediate,
            "max_total": max_total,
            "max_quiesce": max_quiesce,
        }
        return Relocation.read(self._client.extension("POST", _of(node), json=document))

    def get(self, node: str) -> Relocation:
        """Return where the guest is and how far its relocation."""
        return Relocation.read(self._client.extension("GET", _of(node)))

    def modify(self, node: str, *, max_total: int | None, max_quiesce: int | None) -> bool:
        """Set other limits in seconds, None: none; return whether there was a relocation."""
        document = {"max_total": max_total, "max_quiesce": max_quiesce}
        return bool(self._client.extension("PATCH", _of(node), json=document)["active"])

    def cancel(self, node: str) -> bool:
        """Cancel the guest's relocation; return whether there was one."""
        return bool(self._client.extension("DELETE", _of(node))["active"])

    def take_over(self, node: str, host: str) -> None:
        """Let the z/VM system ``host`` look after a guest that is logged on nowhere in the cluster.

        :raises XcatRefused: it is logged on at a member that is up, or the systems share no cluster.
        """
        self._client.extension("PUT", path("guests", node, "host"), json={"host": host})


def _of(node: str) -> str:
    return path("guests", node, "relocation")
