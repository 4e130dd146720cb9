# SPDX-License-Identifier: Apache-2.0
"""The extension API ``/zvm/v1`` with types: what xCAT's API cannot do.

A genuine xCAT has none of it; :meth:`Extension.available` tells, and every other method then raises
``XcatNotFound``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

from zvm.xcat.client import Client, Content
from zvm.xcat.errors import XcatNotFound
from zvm.xcat.records import Guest, GuestDetail, Image, Leftover, Load, Nic, Performance, Pool, Task
from zvm.xcat.terminal import Terminal
from zvm.xcat.urls import path


class Extension:
    """The extension of the node behind ``client``; thread-safe as that is."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def extensions(self) -> frozenset[str]:
        """Return the names of what the node can do; nothing for a genuine xCAT."""
        try:
            document = self._client.extension("GET")
        except XcatNotFound:
            return frozenset()
        return frozenset(document.get("extensions") or ())

    def available(self) -> bool:
        """Return whether the node is one of ours."""
        return bool(self.extensions())

    # images

    def images(self) -> list[Image]:
        """Return all images."""
        return [Image.read(item) for item in self._client.extension("GET", "/images")["images"]]

    def image(self, name: str) -> Image | None:
        """Return the image ``name``, None when there is none."""
        try:
            return Image.read(self._client.extension("GET", path("images", name)))
        except XcatNotFound:
            return None

    def put_image(
        self, name: str, content: Content, *, format: str = "auto", sha256: str = "", origin: str = ""
    ) -> Image:
        """Store an image; the stream is never held in memory.

        :param content: its octets, best a file or an iterator.
        :param format: raw, qcow2, or auto (found by content; xCAT's own image files too).
        :param sha256: digest of ``content``; a mismatch is refused and leaves nothing.
        :param origin: where it comes from, such as a Glance image id.
        """
        query = {"format": format, "sha256": sha256, "origin": origin}
        query = {key: value for key, value in query.items() if value}
        return Image.read(
            self._client.extension("PUT", path("images", name), query=query, data=content, timeout=3600)
        )

    def delete_image(self, name: str) -> None:
        """Delete an image; one that is not there does no harm."""
        try:
            self._client.extension("DELETE", path("images", name))
        except XcatNotFound:
            return

    def prepare_image(self, name: str, host: str, device_type: str) -> bool:
        """Make the golden minidisk of an image on a z/VM system; return False when it is there."""
        document = {"host": host, "device_type": device_type}
        url = path("images", name, "golden")
        return bool(self._client.extension("POST", url, json=document, timeout=3600)["made"])

    def expire_images(self, host: str, keep: Iterable[str], seconds: float) -> tuple[list[str], list[str]]:
        """Remove what a z/VM system has not used for ``seconds``: golden minidisks, then Glance's images.

        :param keep: names of images that stay.
        :return: names of the images, and of those whose golden minidisk went.
        """
        document = {"host": host, "keep": sorted(keep), "unused_seconds": seconds}
        answer = self._client.extension("POST", "/image_cache/expire", json=document)
        return list(answer["images"]), list(answer["goldens"])

    # guests

    def put_transport(
        self, node: str, content: Content, *, name: str = "cfgdrive", type: str = "tgz", sha256: str = ""
    ) -> str:
        """Store what the guest ``node`` finds in its reader at first boot.

        :return: the id for ``transport=`` of the node's bootstate.
        """
        query = {"name": name, "type": type, **({"sha256": sha256} if sha256 else {})}
        answer = self._client.extension("PUT", path("transports", node), query=query, data=content)
        return str(answer["transport"])

    def guests(self, host: str = "") -> list[Guest]:
        """Return every guest, or those of the z/VM system ``host``, in one call whatever their number."""
        query = {"host": host} if host else None
        return [Guest.read(item) for item in self._client.extension("GET", "/guests", query=query)["guests"]]

    def guest(self, node: str, *, wait: str = "", timeout: float = 60) -> GuestDetail:
        """Return the guest ``node``.

        :param wait: "", or the state to wait for: reachable, running or off.
        :param timeout: seconds to wait at most; the guest comes back as it then is.
        :raises XcatNotFound: there is none.
        """
        query = {"wait": wait, "timeout": str(timeout)} if wait else None
        document = self._client.extension("GET", path("guests", node), query=query, timeout=timeout + 60)
        return GuestDetail.read(document)

    def agent(
        self, node: str, execute: str, arguments: Mapping[str, Any] | None = None, *, timeout: float = 60
    ) -> Any:
        """Run a command of the QEMU guest agent in the guest and return what it returned."""
        document = {"execute": execute, "arguments": dict(arguments or {}), "timeout": timeout}
        url = path("guests", node, "agent")
        return self._client.extension("POST", url, json=document, timeout=timeout + 30)["return"]

    def console(self, node: str, length: int = 102400) -> str:
        """Return the last ``length`` octets of the guest's console log."""
        document = self._client.extension(
            "GET", path("guests", node, "console"), query={"bytes": str(length)}
        )
        return str(document["log"])

    def terminal(self, node: str) -> Terminal:
        """Open the guest's live console."""
        return self._client.terminal(path("guests", node, "console", "live"))

    def attach_nic(
        self, node: str, vswitch: str, *, mac: str = "", vlan: int | None = None, port: str = ""
    ) -> str:
        """Give the guest a network card and return its device number; a port that it has keeps its card."""
        document: dict[str, Any] = {"vswitch": vswitch, "mac": mac, "vlan": vlan, "port": port}
        document = {key: value for key, value in document.items() if value}
        return str(self._client.extension("POST", path("guests", node, "nics"), json=document)["vdev"])

    def change_nic(
        self,
        node: str,
        vdev: str,
        vswitch: str,
        *,
        vlan: int | None = None,
        trunk: Sequence[int] = (),
        coupled: bool = True,
    ) -> bool:
        """Let a card be on a switch, in a VLAN or a trunk of several, and coupled or not.

        :return: whether it is coupled; a guest that is off has it so at its next logon.
        :raises XcatNotFound: there is no such card.
        """
        document = {"vswitch": vswitch, "vlan": vlan, "trunk": list(trunk), "coupled": coupled}
        url = path("guests", node, "nics", vdev)
        return bool(self._client.extension("PUT", url, json=document)["coupled"])

    def detach_nic(self, node: str, vdev: str) -> None:
        """Take a network card from the guest; one that is not there does no harm."""
        self._client.extension("DELETE", path("guests", node, "nics", vdev))

    def read_disk(
        self, node: str, vdev: str, length: int | None = None, *, copy: bool = False, format: str = "raw"
    ) -> Generator[bytes, None, None]:
        """Yield the content of the guest's minidisk ``vdev``, from its start, ``length`` octets or all.

        :param format: raw, or qcow2, in which what is zero takes no room.

        :param copy: of a copy that is complete when the first octets come.
        """
        query = {} if length is None else {"length": str(length)}
        if copy:
            query["copy"] = "true"
        if format != "raw":
            query["format"] = format
        return self._client.extension_stream(path("guests", node, "disks", vdev), query=query)

    def performance(self, node: str) -> Performance:
        """Return what the guest has used since it was logged on; all is 0 for one that is off."""
        return Performance.read(self._client.extension("GET", path("guests", node, "performance")))

    def dump(self, node: str, method: str = "restart") -> str:
        """Let the guest's kernel make a dump (``restart``) or CP (``vmdump``); return its state afterwards.

        :raises XcatRefused: CP refused: rc 45: the guest is not logged on.
        """
        document = self._client.extension("POST", path("guests", node, "dump"), json={"method": method})
        return str(document["state"])

    # the z/VM systems

    def load(self, host: str = "") -> list[Load]:
        """Return how busy the z/VM systems are, or the one named ``host``."""
        query = {"host": host} if host else None
        return [Load.read(item) for item in self._client.extension("GET", "/load", query=query)["load"]]

    def nics(self, host: str = "") -> list[Nic]:
        """Return every network card that a virtual switch knows."""
        query = {"host": host} if host else None
        return [Nic.read(item) for item in self._client.extension("GET", "/nics", query=query)["nics"]]

    def pools(self, host: str = "") -> list[Pool]:
        """Return the disk pools with their space."""
        query = {"host": host} if host else None
        return [Pool.read(item) for item in self._client.extension("GET", "/pools", query=query)["pools"]]

    def leftovers(self, host: str = "") -> list[Leftover]:
        """Return what z/VM and the node's tables hold that belongs to no node or guest."""
        query = {"host": host} if host else None
        document = self._client.extension("GET", "/leftovers", query=query, timeout=300)
        return [Leftover.read(item) for item in document["leftovers"]]

    # long work

    def task(self, id: str) -> Task | None:
        """Return the command known by its operation id or its requestid; None when there is none."""
        try:
            return Task.read(self._client.extension("GET", path("tasks", id)))
        except XcatNotFound:
            return None

    def tasks(self) -> list[Task]:
        """Return the commands that run or ran lately."""
        return [Task.read(item) for item in self._client.extension("GET", "/tasks")["tasks"]]
