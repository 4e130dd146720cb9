# SPDX-License-Identifier: Apache-2.0
"""The part of the extension API that is about FCP devices and the LUNs behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zvm.xcat.client import Client
from zvm.xcat.records import Fcp, FcpDevice, Lun
from zvm.xcat.urls import path

#: Seconds that a guest may take to find a LUN, over all its paths.
_FIND = 600
#: Seconds that a copy of a volume may take: longer than the node gives it.
_COPY = 3700

#: A way to a LUN: ``vdev`` of the guest's FCP device, ``wwpn`` of the target, ``lun``; hexadecimal.
Path = Mapping[str, str]


class Storage:
    """FCP devices and LUNs behind ``client``; thread-safe as that is."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def fcp_devices(self, host: str = "") -> list[FcpDevice]:
        """Return every FCP device, or those of one z/VM system."""
        query = {"host": host} if host else None
        answer = self._client.extension("GET", "/fcp", query=query)
        return [FcpDevice.read(item) for item in answer["devices"]]

    def reserved(self, node: str) -> list[Fcp]:
        """Return the FCP devices of a guest."""
        return _devices(self._client.extension("GET", path("guests", node, "fcp")))

    def reserve(
        self, node: str, uuid: str, paths: int, devices: str = "", *, userid: str = "", host: str = ""
    ) -> list[Fcp]:
        """Let a guest, which need not exist yet, have FCP devices on so many channel paths; again: the same.

        :param devices: ranges of device numbers that may be taken, ``1FA0-1FAF;1FB0``; "": all.
        :param userid: with ``host``: what to define the node as when there is none.
        """
        wanted = {"uuid": uuid, "paths": paths, "devices": devices, "userid": userid, "host": host}
        return _devices(self._client.extension("POST", path("guests", node, "fcp"), json=wanted))

    def release(self, node: str, uuid: str, *, force: bool = False) -> None:
        """Take all its FCP devices from a guest.

        :param force: without setting them offline in the guest before.
        """
        query = {"uuid": uuid, **({"force": "true"} if force else {})}
        self._client.extension("DELETE", path("guests", node, "fcp"), query=query, timeout=_FIND)

    def connect(self, node: str, paths: Sequence[Path]) -> Lun:
        """Let a running guest see a LUN."""
        return Lun.read(self._luns(node, paths))

    def disconnect(self, node: str, paths: Sequence[Path]) -> None:
        """Take a LUN from a running guest."""
        self._luns(node, paths, "disconnect")

    def extend(self, node: str, paths: Sequence[Path]) -> Lun:
        """Let a running guest see that a LUN has grown."""
        return Lun.read(self._luns(node, paths, "extend"))

    def copy(self, node: str, source: str, target: str) -> int:
        """Copy an unused block device of a running guest to another one; return how many octets.

        The source is read-only then.

        :param source: its link below /dev/disk, as ``target``.
        """
        body = {"source": source, "target": target}
        url = path("guests", node, "devices", "copy")
        return int(self._client.extension("POST", url, json=body, timeout=_COPY)["bytes"])

    def writable(self, node: str, device: str) -> None:
        """Let a guest write again to a block device that was copied."""
        url = path("guests", node, "devices", "writable")
        self._client.extension("POST", url, json={"device": device})

    def _luns(self, node: str, paths: Sequence[Path], *verb: str) -> Any:
        body = {"paths": [dict(item) for item in paths]}
        url = path("guests", node, "luns", *verb)
        return self._client.extension("POST", url, json=body, timeout=_FIND)


def _devices(answer: Mapping[str, Any]) -> list[Fcp]:
    return [Fcp.read(item) for item in answer["devices"]]
