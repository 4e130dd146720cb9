# SPDX-License-Identifier: Apache-2.0
"""Cinder's driver ``zvm``: thin verbs, each a call of the management node.

What is not here cannot be done with minidisks, or not by a host that is no guest of the z/VM system: such
verbs raise NotImplementedError from the base class, or say why.
"""

from __future__ import annotations

from typing import Any

from cinder import exception, interface
from cinder.i18n import _
from cinder.volume import driver, volume_utils
from oslo_log import log as logging
from oslo_utils import units

from zvm.cinder.exceptions import Refused, errors_as_cinder
from zvm.cinder.images import Images
from zvm.cinder.options import OPTIONS
from zvm.xcat import Client, Extension
from zvm.xcat.records import Pool
from zvm.xcat.records import Volume as Minidisk
from zvm.xcat.volumes import Volumes

LOG = logging.getLogger(__name__)

#: ``driver_volume_type`` that Nova's driver for z/VM connects.
VOLUME_TYPE = "zvm_minidisk"
#: What Nova's driver says of itself in its connector.
CONNECTOR = "zvm_host"


@interface.volumedriver
class ZVMMinidiskDriver(driver.VolumeDriver):
    """Volumes that are minidisks of the disk pools of one z/VM system, or of the members of one SSI cluster.

    .. code-block:: default

        1.0.0 - first version
    """

    VERSION = "1.0.0"
    CI_WIKI_NAME = ""
    SUPPORTED = True
    # Every call may be repeated by anybody, and the management node keeps two for one volume apart.
    SUPPORTS_ACTIVE_ACTIVE = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(OPTIONS)
        self._backend_name = self.configuration.safe_get("volume_backend_name") or "zvm"

    @staticmethod
    def get_driver_options() -> list[Any]:
        """Return the options, for Cinder's list of them."""
        return OPTIONS

    # the service

    def do_setup(self, context: Any) -> None:
        """Make the client of the management node."""
        conf = self.configuration
        for name in ("zvm_server", "zvm_password", "zvm_host"):
            if not conf.safe_get(name):
                raise exception.InvalidConfigurationValue(option=name, value=None)
        server = conf.zvm_server
        try:
            self._client = Client(
                server if "://" in server else f"https://{server}",
                conf.zvm_username,
                conf.zvm_password,
                ca_file=conf.zvm_ca_file,
                timeout=conf.zvm_request_timeout,
            )
        except ValueError as problem:
            raise exception.InvalidInput(reason=str(problem)) from problem
        self._extension = Extension(self._client)
        self._volumes = Volumes(self._client, conf.zvm_host, patience=conf.zvm_retry_timeout)
        self._images = Images(self._extension, self._volumes)
        self._wanted_pools = [name.upper() for name in conf.zvm_pools]

    def check_for_setup_error(self) -> None:
        """Check that the node can do volumes and knows the system and its pools."""
        with errors_as_cinder():
            known = self._extension.extensions()
        if "volumes" not in known:
            raise Refused(
                f"the management node at {self._client.url} has no volumes: it is a genuine xCAT, or too old"
            )
        found = {pool.name for pool in self._pools()}
        if missing := sorted(set(self._wanted_pools) - found) or (["any"] if not found else []):
            raise Refused(
                f"{self.configuration.zvm_host} has no disk pool {', '.join(missing)}; it has"
                f" {', '.join(sorted(found)) or 'none'}. Set zvm_pools, and pools of the management node"
            )

    def _pools(self) -> list[Pool]:
        with errors_as_cinder():
            found = self._extension.pools(self.configuration.zvm_host)
        return [pool for pool in found if not self._wanted_pools or pool.name in self._wanted_pools]

    def _update_volume_stats(self) -> None:
        """Learn the room in each pool; one call.

        ``largest_free_gb`` is what a single volume can have: a minidisk lies in one piece.
        """
        conf = self.configuration
        self._stats = {
            "volume_backend_name": self._backend_name,
            "vendor_name": "nova-zvm",
            "driver_version": self.VERSION,
            "storage_protocol": VOLUME_TYPE,
            "pools": [
                {
                    "pool_name": pool.name,
                    "total_capacity_gb": _gib(pool.total_bytes),
                    "free_capacity_gb": _gib(pool.free_bytes),
                    "provisioned_capacity_gb": _gib(pool.used_bytes),
                    "largest_free_gb": _gib(pool.largest_free_bytes),
                    "device_type": pool.device_type,
                    "location_info": f"{conf.zvm_host}:{pool.name}",
                    "reserved_percentage": conf.safe_get("reserved_percentage"),
                    "thin_provisioning_support": False,
                    "thick_provisioning_support": True,
                    "multiattach": True,
                    "online_extend_support": False,
                    "QoS_support": False,
                    "filter_function": self.get_filter_function(),
                    "goodness_function": self.get_goodness_function(),
                }
                for pool in self._pools()
            ],
        }

    def get_default_filter_function(self) -> str:
        """Return the rule for pools in which no single piece is large enough."""
        return "volume.size <= capabilities.largest_free_gb"

    # volumes

    def create_volume(self, volume: Any) -> dict[str, Any]:
        """Make a blank volume."""
        return self._create(volume)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> dict[str, Any]:
        """Make a copy of a volume, by FLASHCOPY where z/VM can."""
        return self._create(volume, _uuid(src_vref))

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> dict[str, Any]:
        """Make a copy of a snapshot, by FLASHCOPY where z/VM can."""
        return self._create(volume, _uuid(snapshot))

    def _create(self, volume: Any, source: str = "") -> dict[str, Any]:
        if volume.encryption_key_id:
            raise exception.VolumeDriverException(
                message=_("minidisk volumes are not encrypted; use a volume type without encryption")
            )
        uuid, pool = volume.name_id, volume_utils.extract_host(volume.host, "pool") or ""
        with errors_as_cinder():
            self._volumes.create(uuid, pool=pool, bytes=volume.size * units.Gi, source=source)
        return {"provider_id": uuid}

    def delete_volume(self, volume: Any) -> None:
        """Delete a volume; one that is not there does no harm.

        :raises VolumeIsBusy: a guest's directory entry still has it.
        """
        self._delete(volume, exception.VolumeIsBusy(volume_name=volume.name))

    def _delete(self, item: Any, busy: Exception) -> None:
        uuid = _uuid(item)
        try:
            with errors_as_cinder():
                self._volumes.delete(uuid, erase=self.configuration.zvm_secure_erase)
        except Refused as problem:
            with errors_as_cinder():
                found = self._volumes.get(uuid)
            if found is None or not found.attachments:
                raise
            LOG.error("%s", problem)
            raise busy from problem

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Make a volume larger, which no server has at the time."""
        with errors_as_cinder(volume.id):
            self._volumes.extend(_uuid(volume), new_size * units.Gi)

    # snapshots

    def create_snapshot(self, snapshot: Any) -> dict[str, Any]:
        """Copy a volume as it is now; the snapshot stands on its own, whatever becomes of the volume."""
        with errors_as_cinder(snapshot.volume_id):
            self._volumes.create(snapshot.id, source=_uuid(snapshot.volume), snapshot=True)
        return {"provider_id": snapshot.id}

    def delete_snapshot(self, snapshot: Any) -> None:
        """Delete a snapshot; one that is not there does no harm."""
        self._delete(snapshot, exception.SnapshotIsBusy(snapshot_name=snapshot.name))

    # images

    def clone_image(
        self, context: Any, volume: Any, image_location: Any, image_meta: dict[str, Any], image_service: Any
    ) -> tuple[dict[str, Any] | None, bool]:
        """Make a volume that holds an image, without a copy of the image on this host.

        An image whose signature Cinder is to check goes the long way, as does one in a format that the node
        cannot unpack: Cinder refuses it there.
        """
        signed = "img_signature" in (image_meta.get("properties") or {})
        if signed or image_meta.get("disk_format") not in ("raw", "qcow2"):
            return None, False
        made = self._create(volume)
        try:
            self._images.to_volume(context, volume.name_id, image_service, image_meta["id"])
        except Exception:
            self.delete_volume(volume)
            raise
        return made, True

    def copy_image_to_volume(
        self, context: Any, volume: Any, image_service: Any, image_id: str, disable_sparse: bool = False
    ) -> None:
        """Write an image to a volume that exists."""
        self._images.to_volume(context, _uuid(volume), image_service, image_id)

    def copy_image_to_encrypted_volume(
        self, context: Any, volume: Any, image_service: Any, image_id: str, disable_sparse: bool = False
    ) -> None:
        """Refuse: minidisk volumes are not encrypted."""
        raise NotImplementedError

    def copy_volume_to_image(
        self, context: Any, volume: Any, image_service: Any, image_meta: dict[str, Any]
    ) -> None:
        """Store a volume as a raw or qcow2 image; of one in use, a copy of it as of now."""
        extra = volume.volume_type.extra_specs if volume.volume_type else {}
        base = volume.glance_metadata.get("image_id") if volume.glance_metadata else None
        store = extra.get("image_service:store_id")
        self._images.from_volume(
            context, _uuid(volume), image_service, image_meta, store_id=store, base_image_ref=base
        )

    # connections

    def validate_connector(self, connector: dict[str, Any]) -> None:
        """Accept guests of z/VM only: Cinder's own host cannot link a minidisk."""
        if not connector.get(CONNECTOR):
            LOG.error("Only servers on z/VM can have minidisk volumes, not host %s", connector.get("host"))
            raise exception.InvalidConnectorException(missing=CONNECTOR)

    def initialize_connection(self, volume: Any, connector: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Return what Nova's driver needs; it lets the guest at the volume."""
        self.validate_connector(connector)
        uuid = _uuid(volume)
        with errors_as_cinder():
            # The guest's own system: that of the volumes may be down, and the guest evacuated from it.
            found = self._volumes.get(uuid, connector[CONNECTOR])
        if found is None:
            raise exception.VolumeNotFound(volume_id=volume.id)
        return {
            "driver_volume_type": VOLUME_TYPE,
            "data": {
                "volume_id": volume.id,
                "minidisk_uuid": uuid,
                "userid": found.userid,
                "multiattach": bool(volume.multiattach),
                "encrypted": False,
                "discard": False,
            },
        }

    def terminate_connection(self, volume: Any, connector: dict[str, Any] | None, **kwargs: Any) -> None:
        """Do nothing: the guest lost the volume when Nova's driver detached it.

        A LINK in a directory entry is the only thing that connects the two, and :meth:`delete_volume` refuses
        as long as there is one.
        """

    def ensure_export(self, context: Any, volume: Any) -> None:
        """Do nothing: nothing is exported."""

    def create_export(self, context: Any, volume: Any, connector: dict[str, Any]) -> None:
        """Do nothing: nothing is exported."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Do nothing: nothing is exported."""

    # types, hosts, foreign volumes

    def retype(
        self, context: Any, volume: Any, new_type: Any, diff: dict[str, Any], host: dict[str, Any]
    ) -> Any:
        """Take on another type that means the same to a minidisk; another pool or encryption is refused."""
        same = host["host"] == volume.host and not diff.get("encryption") and not diff.get("qos_specs")
        return same, None

    def migrate_volume(self, context: Any, volume: Any, host: dict[str, Any]) -> tuple[bool, None]:
        """Refuse: a minidisk stays in its pool. Clone it into the other one."""
        return False, None

    def get_pool(self, volume: Any) -> str:
        """Return the volume's pool, as the directory has it.

        :raises VolumeNotFound: there is no such volume.
        """
        return self._found(_uuid(volume), volume.id).pool

    def _found(self, uuid: str, volume_id: str) -> Minidisk:
        with errors_as_cinder():
            found = self._volumes.get(uuid)
        if found is None:
            raise exception.VolumeNotFound(volume_id=volume_id)
        return found

    def manage_existing(self, volume: Any, existing_ref: dict[str, Any]) -> dict[str, Any]:
        """Take over a volume that Cinder no longer knows; it keeps its id in the directory."""
        return {"provider_id": self._existing(existing_ref).uuid}

    def manage_existing_get_size(self, volume: Any, existing_ref: dict[str, Any]) -> int:
        """Return its size in GiB."""
        return _whole_gib(self._existing(existing_ref).bytes)

    def _existing(self, existing_ref: dict[str, Any]) -> Minidisk:
        wanted = str(existing_ref.get("source-id") or existing_ref.get("source-name") or "")
        with errors_as_cinder():
            found = next((item for item in self._volumes.all() if wanted in (item.uuid, item.userid)), None)
        reason = ""
        if found is None:
            reason = _("source-id is the uuid, source-name the userid of a volume in the z/VM directory")
        elif found.snapshot_of or found.attachments or found.state != "complete":
            reason = _("it is a snapshot, attached, or a copy that is not complete")
        if found is None or reason:
            raise exception.ManageExistingInvalidReference(existing_ref=existing_ref, reason=reason)
        return found

    def get_manageable_volumes(
        self, cinder_volumes: Any, marker: Any, limit: Any, offset: Any, sort_keys: Any, sort_dirs: Any
    ) -> list[dict[str, Any]]:
        """Return the volumes in the directory, and which of them Cinder does not know."""
        with errors_as_cinder():
            found = [item for item in self._volumes.all() if not item.snapshot_of]
        known = {_uuid(volume): volume.id for volume in cinder_volumes}
        entries = [
            {
                "reference": {"source-id": item.uuid},
                "size": _whole_gib(item.bytes),
                "safe_to_manage": item.uuid not in known and not item.attachments,
                "reason_not_safe": "already managed"
                if item.uuid in known
                else "attached"
                if item.attachments
                else None,
                "cinder_id": known.get(item.uuid),
                "extra_info": {"userid": item.userid, "pool": item.pool},
            }
            for item in found
        ]
        return volume_utils.paginate_entries_list(entries, marker, limit, offset, sort_keys, sort_dirs)

    def unmanage(self, volume: Any) -> None:
        """Do nothing: the volume stays in the directory under its id."""


def _uuid(item: Any) -> str:
    """Return the id that a volume or snapshot has in the directory."""
    return str(item.provider_id or getattr(item, "name_id", None) or item.id)


def _gib(octets: int) -> float:
    return round(octets / units.Gi, 2)


def _whole_gib(octets: int) -> int:
    """Return a size in GiB; the part of a cylinder by which a volume is larger does not count."""
    return max(1, int(octets / units.Gi + 0.99))
