# SPDX-License-Identifier: Apache-2.0
"""Nova's Cinder fixture with a storage server behind it: the simulator's array.

A volume is a LUN there. An attachment that is given a connector lets its port names at the LUN, one that is
deleted shuts them out again, so that a guest finds exactly what Cinder has let it at.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from nova import exception
from nova.tests import fixtures

from tests.support.simulator import SimulatorProcess

#: Target ports of the array.
TARGETS = ["500507630B10C1E0", "500507630B50C1E0"]
MIB = 1 << 20
#: Of the one key that Nova's key manager for tests has.
FIXED_KEY_ID = "00000000-0000-0000-0000-000000000000"


class StorageServer(fixtures.CinderFixture):
    """Cinder over Fibre Channel.

    :param zoned: whether its connections tell which port name reaches which target.
    """

    #: What a connector has to have.
    WANTED: tuple[str, ...] = ("wwpns", "wwnns")

    def __init__(self, test: Any, simulator: SimulatorProcess, *, zoned: bool = True) -> None:
        super().__init__(test)
        self._simulator = simulator
        #: What Cinder wants the hypervisor to limit of volumes that are attached from here on.
        self.qos: dict[str, str] = {}
        self._zoned = zoned
        self.luns: dict[str, dict[str, Any]] = {}
        self.shared: set[str] = set()
        #: Volumes of an encrypted type, with what Cinder tells of the encryption.
        self.encrypted: dict[str, dict[str, Any]] = {}
        self.connectors: list[dict[str, Any]] = []
        #: Start of port names → what is added to the number of every LUN that is shown to them.
        self.renumbered: dict[str, int] = {}

    def volume(
        self, mebibytes: int = 64, *, content: bytes = b"", image: str = "", shared: bool = False
    ) -> str:
        """Make a volume and return its id.

        :param content: what is on it from its start.
        :param image: id of the image that Cinder says it was made from; it is bootable then.
        :param shared: several servers may have it.
        """
        id = str(uuid4())
        self.luns[id] = self._lun(id, mebibytes * MIB // 512)
        self.test.addCleanup(self._simulator.control, "DELETE", self.place(id))
        if shared:
            self.shared.add(id)
        self.volumes[id] = {
            "id": id,
            "display_name": id,
            "size": 1,
            "multiattach": shared,
            "availability_zone": self.az,
            "bootable": bool(image),
            "volume_image_metadata": {"image_id": image} if image else {},
            "status": "available",
            "attach_status": "detached",
        }
        if content:
            self.write(id, 0, content)
        return id

    def _lun(self, id: str, blocks: int) -> dict[str, Any]:
        """Make the LUN of a volume and return what the array says of it, with its number."""
        taken = {int(lun["lun"][:4], 16) for lun in self._simulator.control("GET", "/array/luns")}
        number = next(number for number in range(1, 1 << 14) if number not in taken)
        wanted = {"lun": f"{number:04x}", "blocks": blocks, "targets": TARGETS, "initiators": []}
        return {**self._simulator.control("POST", "/array/luns", wanted), "number": number}

    def place(self, id: str) -> str:
        """Return where the control API has a volume."""
        return f"/array/luns/{self.luns[id]['uuid']}"

    def encrypt(self, id: str, **more: Any) -> str:
        """Let a volume be of an encrypted type, its key the one of Nova's own key manager; return its id."""
        known = {"provider": "luks2", "control_location": "front-end", "cipher": "aes-xts-plain64"}
        self.encrypted[id] = {**known, "key_size": 256, "encryption_key_id": FIXED_KEY_ID, **more}
        return id

    def write(self, id: str, offset: int, data: bytes) -> None:
        """Write to a volume from the storage server's side."""
        self._simulator.control("PUT", f"{self.place(id)}/data?offset={offset}", data)

    def read(self, id: str, offset: int, length: int) -> bytes:
        """Read a volume from the storage server's side."""
        path = f"{self.place(id)}/data?offset={offset}&length={length}"
        return bytes(self._simulator.control("GET", path))

    def grow(self, id: str, mebibytes: int) -> None:
        """Let a volume grow."""
        self._simulator.control("PUT", self.place(id), {"blocks": mebibytes * MIB // 512})

    def seen_by(self, id: str) -> list[str]:
        """Return the port names that are let at a volume."""
        lun = self._simulator.control("GET", self.place(id))
        return sorted(lun["initiators"])

    # what Nova calls

    def setUp(self) -> None:
        """Tell Nova of encryption, too."""
        super().setUp()
        self.test.stub_out(
            "nova.volume.cinder.API.get_volume_encryption_metadata",
            lambda api, context, volume_id: self.encrypted.get(volume_id, {}),
        )

    def _is_multiattach(self, volume_id: str) -> bool:
        return volume_id in getattr(self, "shared", ()) or super()._is_multiattach(volume_id)

    def _mask(self, id: str) -> None:
        attachments = self.volume_to_attachment[id].values()
        names = {name for item in attachments for name in self._names(item.get("connector") or {})}
        self._simulator.control("PUT", self.place(id), {"initiators": sorted(names)})

    def _names(self, connector: dict[str, Any]) -> list[str]:
        """Return the names by which the array knows who is connected."""
        return list(connector.get("wwpns", ()))

    def fake_attachment_create(
        self,
        context: Any,
        volume_id: str,
        instance_uuid: str,
        connector: dict[str, Any] | None = None,
        mountpoint: str | None = None,
    ) -> dict[str, Any]:
        """Make an attachment; of a server on its way to another host Nova tells the connector at once."""
        made = super().fake_attachment_create(context, volume_id, instance_uuid, None, mountpoint)
        if not connector:
            return dict(made)
        try:
            return self.fake_attachment_update(context, made["id"], connector, mountpoint)
        except exception.NovaException:
            del self.volume_to_attachment[volume_id][made["id"]]
            raise

    def fake_attachment_update(
        self, context: Any, attachment_id: str, connector: dict[str, Any], mountpoint: str | None = None
    ) -> dict[str, Any]:
        """Let the connector's names at the LUN; Cinder wants all that belong to the transport."""
        volume_id, attachment, attachments = self._find_attachment(attachment_id)
        if missing := [name for name in self.WANTED if not connector.get(name)]:
            raise exception.InvalidInput(f"Connector doesn't have required information: {missing[0]}")
        server = attachment["instance_uuid"]
        others = [
            item for item in attachments.values() if item["connector"] and item["instance_uuid"] != server
        ]
        if others and volume_id not in self.shared:
            raise exception.InvalidInput(f"Volume {volume_id} is already connected")
        attachment["connector"] = {**connector, "device": mountpoint}
        self.connectors.append(attachment["connector"])
        self._mask(volume_id)
        return {"id": attachment_id, "connection_info": self._find_connection_info(volume_id, attachment_id)}

    def fake_attachment_complete(self, context: Any, attachment_id: str) -> None:
        """Remember that the attachment is complete."""
        super().fake_attachment_complete(context, attachment_id)
        self._find_attachment(attachment_id)[1]["complete"] = True

    def has(self, server: str, id: str) -> bool:
        """Return whether a volume is attached to a server, completely."""
        attachments = self.volume_to_attachment[id].values()
        return any(item["instance_uuid"] == server and item.get("complete") for item in attachments)

    def fake_attachment_delete(self, context: Any, attachment_id: str) -> None:
        """Shut the connector's port names out."""
        volume_id, _, _ = self._find_attachment(attachment_id)
        super().fake_attachment_delete(context, attachment_id)
        self._mask(volume_id)
        if not self.volume_to_attachment[volume_id]:
            self.volumes[volume_id].update(status="available", attach_status="detached")

    def fake_reimage_volume(self, context: Any, volume_id: str, image_id: str, **how: Any) -> None:
        """Write an image to the volume and tell Nova, as Cinder does."""
        self.write(volume_id, 0, self.test.glance._imagedata[image_id])
        [server] = {item["instance_uuid"] for item in self.volume_to_attachment[volume_id].values()}
        event = {"name": "volume-reimaged", "server_uuid": server, "tag": volume_id, "status": "completed"}
        self.test.api.create_server_external_events([event])

    def _find_connection_info(self, volume_id: str, attachment_id: str) -> dict[str, Any]:
        attachment = self.volume_to_attachment[volume_id][attachment_id]
        names = (attachment["connector"] or {}).get("wwpns", ())
        data: dict[str, Any] = {
            "target_wwn": [name.lower() for name in TARGETS],
            "target_lun": self.luns[volume_id]["number"]
            + sum(more for start, more in self.renumbered.items() if names and names[0].startswith(start)),
            "volume_id": volume_id,
            "attachment_id": attachment_id,
            "access_mode": "rw",
            "encrypted": volume_id in self.encrypted,
        }
        if self.qos:
            data["qos_specs"] = self.qos
        if self._zoned:
            data["initiator_target_map"] = dict.fromkeys(names, data["target_wwn"])
        return {"driver_volume_type": "fibre_channel", "data": data}
