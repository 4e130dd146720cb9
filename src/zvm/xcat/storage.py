# SPDX-License-Identifier: Apache-2.0
"""The part of the extension API about volumes of storage servers: FCP devices with LUNs, iSCSI, real DASD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zvm.xcat.client import Client
from zvm.xcat.records import Dasd, Fcp, FcpDevice, Lun
from zvm.xcat.urls import path

#: Seconds that a guest may take to find a LUN, over all its paths.
_FIND = 600
#: Seconds that a copy of a volume may take: longer than the node gives it.
_COPY = 3700

#: A way to a LUN: ``vdev`` of the guest's FCP device, ``wwpn`` of the target, ``lun``; hexadecimal.
Path = Mapping[str, str]


class Storage:
    """FCP devices, LUNs and real DASD behind ``client``; thread-safe as that is."""

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

    def arriving(self, node: str, host: str, devices: str = "") -> list[Fcp]:
        """Return the FCP devices that a running guest gets on the z/VM system ``host`` when it moves there.

        :param devices: ranges of device numbers that guests may have there; "": all.
        """
        query = {"host": host, "devices": devices}
        return _devices(self._client.extension("GET", path("guests", node, "fcp"), query=query))

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

    def connect_iscsi(
        self,
        node: str,
        target: Mapping[str, Any],
        login: Mapping[str, str],
        keep: Sequence[Mapping[str, Any]] | None = None,
    ) -> str:
        """Let a running guest log in to an iSCSI target and see a LUN; return its device, "" when off.

        :param target: ``portal``, ``iqn`` and ``lun``.
        :param login: ``initiator``, and ``user`` and ``password`` where the target wants them (CHAP).
        :param keep: the other targets that the guest uses; it logs out of further ones. None: of none.
        """
        body: dict[str, Any] = {**target, **login}
        if keep is not None:
            body["keep"] = [dict(item) for item in keep]
        url = path("guests", node, "iscsi")
        return str(self._client.extension("POST", url, json=body, timeout=_FIND)["device"])

    def disconnect_iscsi(self, node: str, target: Mapping[str, Any]) -> None:
        """Take a LUN over iSCSI from a running guest."""
        url = path("guests", node, "iscsi", "disconnect")
        self._client.extension("POST", url, json=dict(target), timeout=_FIND)

    def extend_iscsi(self, node: str, target: Mapping[str, Any]) -> int | None:
        """Let a running guest see that a LUN over iSCSI has grown; return its bytes, None when off."""
        url = path("guests", node, "iscsi", "extend")
        disk = self._client.extension("POST", url, json=dict(target), timeout=_FIND)
        return int(disk["bytes"]) if disk["device"] else None

    def dasd(self, host: str) -> list[Dasd]:
        """Return the real DASD that guests of a z/VM system have."""
        answer = self._client.extension("GET", "/dasd", query={"host": host})
        return [Dasd.read(item) for item in answer["devices"]]

    def dasd_of(self, node: str) -> list[Dasd]:
        """Return the real DASD of a guest."""
        answer = self._client.extension("GET", path("guests", node, "dasd"))
        return [Dasd.read(item) for item in answer["devices"]]

    def attach_dasd(self, node: str, rdev: str, *, readonly: bool = False) -> str:
        """Give the guest a real DASD; return its device number in the guest."""
        body = {"rdev": rdev, "readonly": readonly}
        url = path("guests", node, "dasd")
        return str(self._client.extension("POST", url, json=body, timeout=_FIND)["vdev"])

    def detach_dasd(self, node: str, rdev: str) -> None:
        """Take a real DASD from the guest; one that it does not have does no harm."""
        self._client.extension("DELETE", path("guests", node, "dasd", rdev), timeout=_FIND)

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

    def unlock(self, node: str, device: str, name: str, passphrase: str, layout: Mapping[str, Any]) -> str:
        """Let a running guest open a device encrypted with LUKS; return the open one's name, "" when off.

        :param device: its link below /dev/disk.
        :param name: what the open one is called below /dev/mapper.
        :param layout: ``type``, ``cipher`` and ``key_size`` of a device that is formatted because it is new.
        """
        body = {"device": device, "name": name, "passphrase": passphrase, "layout": dict(layout)}
        url = path("guests", node, "devices", "unlock")
        return str(self._client.extension("POST", url, json=body, timeout=_FIND)["device"])

    def lock(self, node: str, name: str) -> None:
        """Let a running guest close an encrypted device."""
        self._client.extension("POST", path("guests", node, "devices", "lock"), json={"name": name})

    def grow(self, node: str, name: str, passphrase: str) -> int:
        """Let an open encrypted device be as large as what is below it; return its size in bytes."""
        body = {"name": name, "passphrase": passphrase}
        url = path("guests", node, "devices", "grow")
        return int(self._client.extension("POST", url, json=body, timeout=_FIND)["bytes"])

    def _luns(self, node: str, paths: Sequence[Path], *verb: str) -> Any:
        body = {"paths": [dict(item) for item in paths]}
        url = path("guests", node, "luns", *verb)
        return self._client.extension("POST", url, json=body, timeout=_FIND)


def _devices(answer: Mapping[str, Any]) -> list[Fcp]:
    return [Fcp.read(item) for item in answer["devices"]]
