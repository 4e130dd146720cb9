# SPDX-License-Identifier: Apache-2.0
"""Cinder's driver for the simulator's storage server: volumes are LUNs over Fibre Channel.

For a cloud on the simulator alone: it stands where the driver of a DS8000 or FlashSystem does, and gives
Nova what such a one gives.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

import requests
from cinder import exception, interface
from cinder.i18n import _
from cinder.volume import driver
from oslo_config import cfg
from oslo_utils import units

OPTIONS = [cfg.StrOpt("simulator_control", help="URL of the simulator's control API.")]
#: Target ports of the array, one behind each of two switches.
TARGETS = ["500507630B10C1E0", "500507630B50C1E0"]
#: What Cinder's scheduler hears of the room: LUNs are sparse files.
_CAPACITY = 4096
_BLOCK = 512
_CHUNK = 8 << 20
#: LUNs have one level here, of 14 bits (SAM-5: peripheral and flat addressing).
_NUMBERS = range(1, 1 << 14)


class Array:
    """The administration of the storage server. Thread-safe: whoever reads to change has the lock.

    :param url: of the simulator's control API.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._lock = threading.Lock()
        self._session = requests.Session()
        self._session.trust_env = False

    def _ask(self, method: str, path: str, **what: Any) -> requests.Response:
        try:
            answer = self._session.request(method, f"{self._url}/array/luns{path}", timeout=300, **what)
        except requests.RequestException as problem:
            raise exception.VolumeBackendAPIException(data=f"the simulator: {problem}") from problem
        if answer.status_code >= 400:
            raise exception.VolumeBackendAPIException(data=f"{method} {path}: {answer.text}")
        return answer

    def luns(self) -> list[dict[str, Any]]:
        """Return all LUNs."""
        return list(self._ask("GET", "").json())

    def lun(self, id: str) -> dict[str, Any] | None:
        """Return the LUN of a volume or snapshot, None when there is none."""
        return next((lun for lun in self.luns() if lun["uuid"] == name_of(id)), None)

    def add(self, id: str, gib: float, source: str = "") -> None:
        """Make the LUN of a volume or snapshot, which nobody sees.

        :param source: the volume or snapshot of which it is a copy.
        """
        with self._lock:
            taken = {lun["lun"][:4] for lun in self.luns()}
            number = next(lun for at in _NUMBERS if (lun := f"{at:04X}") not in taken)
            wanted = {
                "lun": number,
                "blocks": int(gib * units.Gi) // _BLOCK,
                "targets": TARGETS,
                "initiators": [],
                "uuid": name_of(id),
            }
            copied = {"source": name_of(source)} if source else {}
            self._ask("POST", "", json=wanted, params=copied)

    def remove(self, id: str) -> None:
        """Remove a LUN; one that is not there does no harm."""
        if self.lun(id):
            self._ask("DELETE", f"/{name_of(id)}")

    def grow(self, id: str, gib: int) -> None:
        """Let a LUN grow to ``gib`` GiB."""
        self._ask("PUT", f"/{name_of(id)}", json={"blocks": gib * units.Gi // _BLOCK})

    def let_in(self, id: str, names: Iterable[str]) -> dict[str, Any] | None:
        """Let port names at a LUN; return it, None when there is none."""
        with self._lock:
            return self._mask(id, lambda seen: seen.union(names))

    def shut_out(self, id: str, names: Iterable[str] | None) -> None:
        """Shut port names out, None: all; a LUN that is not there does no harm."""
        with self._lock:
            self._mask(id, lambda seen: set() if names is None else seen.difference(names))

    def _mask(self, id: str, change: Callable[[set[str]], set[str]]) -> dict[str, Any] | None:
        lun = self.lun(id)
        if lun is not None:
            wanted = sorted(change(set(lun["initiators"])))
            self._ask("PUT", f"/{name_of(id)}", json={"initiators": wanted})
        return lun

    def write(self, id: str, chunks: Iterable[bytes]) -> None:
        """Write from the start of a LUN, leaving out what is zero."""
        at = 0
        for chunk in chunks:
            if chunk != bytes(len(chunk)):
                self._ask("PUT", f"/{name_of(id)}/data", params={"offset": at}, data=chunk)
            at += len(chunk)

    def read(self, id: str, offset: int, length: int) -> bytes:
        """Return octets of a LUN, fewer at its end."""
        place = {"offset": offset, "length": length}
        return self._ask("GET", f"/{name_of(id)}/data", params=place).content


class Content(io.RawIOBase):
    """What is on a LUN, as a file to read."""

    def __init__(self, array: Array, id: str) -> None:
        self._array = array
        self._id = id
        self._at = 0

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read on."""
        data = self._array.read(self._id, self._at, min(len(buffer), _CHUNK))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@interface.volumedriver
class StorageServerDriver(driver.FibreChannelDriver):  # type: ignore[misc]
    """Volumes that are LUNs of the simulator's storage server.

    .. code-block:: default

        1.0.0 - first version
    """

    VERSION = "1.0.0"
    CI_WIKI_NAME = ""
    SUPPORTED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(OPTIONS)

    @staticmethod
    def get_driver_options() -> list[Any]:
        """Return the options, for Cinder's list of them."""
        return OPTIONS

    def do_setup(self, context: Any) -> None:
        """Know where the simulator is."""
        if not self.configuration.simulator_control:
            raise exception.InvalidConfigurationValue(option="simulator_control", value=None)
        self._array = Array(self.configuration.simulator_control)

    def check_for_setup_error(self) -> None:
        """Check that the simulator answers."""
        self._array.luns()

    def _update_volume_stats(self) -> None:
        used = sum(lun["bytes"] for lun in self._array.luns()) / units.Gi
        self._stats = {
            "volume_backend_name": self.configuration.safe_get("volume_backend_name"),
            "vendor_name": "nova-zvm",
            "driver_version": self.VERSION,
            "storage_protocol": "FC",
            "total_capacity_gb": _CAPACITY,
            "free_capacity_gb": _CAPACITY - used,
            "multiattach": True,
            "online_extend_support": True,
            "QoS_support": False,
        }

    def create_volume(self, volume: Any) -> None:
        """Make a blank LUN."""
        self._array.add(volume.name_id, volume.size)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        """Make a LUN with what is on another one."""
        self._array.add(volume.name_id, volume.size, src_vref.name_id)

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """Make a LUN with what is on a snapshot."""
        self._array.add(volume.name_id, volume.size, snapshot.id)

    def delete_volume(self, volume: Any) -> None:
        """Remove the LUN."""
        self._array.remove(volume.name_id)

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Let the LUN grow, also while a server has it."""
        self._array.grow(volume.name_id, new_size)

    def create_snapshot(self, snapshot: Any) -> None:
        """Copy the LUN as it is now; nobody sees the copy."""
        self._array.add(snapshot.id, snapshot.volume_size, snapshot.volume.name_id)

    def delete_snapshot(self, snapshot: Any) -> None:
        """Remove the copy."""
        self._array.remove(snapshot.id)

    # images

    def clone_image(
        self, context: Any, volume: Any, image_location: Any, image_meta: dict[str, Any], image_service: Any
    ) -> tuple[dict[str, Any] | None, bool]:
        """Make a LUN that holds a raw image; any other Cinder has to convert, for which it needs a host."""
        if image_meta.get("disk_format") != "raw":
            return None, False
        self.create_volume(volume)
        try:
            self.copy_image_to_volume(context, volume, image_service, image_meta["id"])
        except Exception:
            self.delete_volume(volume)
            raise
        return {}, True

    def copy_image_to_volume(
        self, context: Any, volume: Any, image_service: Any, image_id: str, disable_sparse: bool = False
    ) -> None:
        """Write a raw image to a LUN.

        :raises ImageUnacceptable: it is not raw.
        """
        if image_service.show(context, image_id)["disk_format"] != "raw":
            raise exception.ImageUnacceptable(image_id=image_id, reason=_("its disk_format is not raw"))
        self._array.write(volume.name_id, image_service.download(context, image_id) or ())

    def copy_volume_to_image(
        self, context: Any, volume: Any, image_service: Any, image_meta: dict[str, Any]
    ) -> None:
        """Store what is on a LUN as a raw image.

        :raises ImageUnacceptable: another format is wanted.
        """
        if (image_meta.get("disk_format") or "raw") != "raw":
            reason = _("a volume becomes an image of disk_format raw")
            raise exception.ImageUnacceptable(image_id=image_meta["id"], reason=reason)
        content = io.BufferedReader(Content(self._array, volume.name_id), _CHUNK)
        image_service.update(context, image_meta["id"], {}, content)

    # connections

    def initialize_connection(self, volume: Any, connector: dict[str, Any]) -> dict[str, Any]:
        """Let the connector's port names at the LUN.

        :raises VolumeNotFound: there is none.
        """
        lun = self._array.let_in(volume.name_id, _names(connector))
        if lun is None:
            raise exception.VolumeNotFound(volume_id=volume.id)
        targets = [name.lower() for name in TARGETS]
        return {
            "driver_volume_type": "fibre_channel",
            "data": {
                "volume_id": volume.id,
                "target_discovered": False,
                "target_lun": int(lun["lun"][:4], 16),
                "target_wwn": targets,
                "initiator_target_map": dict.fromkeys(connector["wwpns"], targets),
                "multiattach": bool(volume.multiattach),
                "encrypted": False,
            },
        }

    def terminate_connection(self, volume: Any, connector: dict[str, Any] | None, **kwargs: Any) -> None:
        """Shut the connector's port names out, all of them without a connector."""
        self._array.shut_out(volume.name_id, _names(connector) if connector else None)

    def retype(
        self, context: Any, volume: Any, new_type: Any, diff: dict[str, Any], host: dict[str, Any]
    ) -> Any:
        """Take on another type that means the same to a LUN."""
        same = host["host"] == volume.host and not diff.get("encryption") and not diff.get("qos_specs")
        return same, None

    def ensure_export(self, context: Any, volume: Any) -> None:
        """Do nothing: a LUN is there."""

    def create_export(self, context: Any, volume: Any, connector: dict[str, Any]) -> None:
        """Do nothing: a LUN is there."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Do nothing."""


def _names(connector: dict[str, Any]) -> list[str]:
    return [name.upper() for name in connector["wwpns"]]


def name_of(id: str) -> str:
    """Return the SCSI name (NAA 6, without its type digit) of the LUN of a volume or snapshot."""
    return f"6005076{id.replace('-', '')[:25]}".upper()
