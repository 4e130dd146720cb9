# SPDX-License-Identifier: Apache-2.0
"""Nova's Cinder fixture whose volumes are real minidisks of the chain."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from nova.tests.fixtures.cinder import CinderFixture

from tests.support.chain import HOST, PASSWORD, POOL, USER
from tests.support.nova_chain import NovaChain
from zvm.nova.volumes.minidisk import TYPE
from zvm.xcat import Client
from zvm.xcat.volumes import Volumes


class MinidiskCinder(CinderFixture):  # type: ignore[misc]
    """Volumes of the driver ``zvm``: made on z/VM, connected as that driver tells Nova to.

    :ivar minidisks: the management node's own view of them.
    """

    def __init__(self, test: Any, chain: NovaChain) -> None:
        super().__init__(test)
        self._client = Client(chain.manager.url, USER, PASSWORD)
        self.minidisks = Volumes(self._client, HOST)

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self._remove_all)

    def _remove_all(self) -> None:
        for volume in self.minidisks.all():
            self.minidisks.delete(volume.uuid)
        self._client.close()

    def make(self, content: bytes = b"", *, id: str = "") -> str:
        """Make a volume of 4 MiB that begins with ``content``, and return its id."""
        id = id or str(uuid4())
        self.minidisks.create(id, pool=POOL, bytes=4 << 20)
        if content:
            self.minidisks.write(id, content)
        return id

    def attachments(self, id: str) -> list[dict[str, str]]:
        """Return whose directory entries have the volume."""
        found = self.minidisks.get(id)
        assert found is not None
        return found.attachments

    def _find_connection_info(self, volume_id: str, attachment_id: str) -> dict[str, Any]:
        """Return what the driver's initialize_connection does, with what Cinder's manager adds."""
        attachment = self.volume_to_attachment[volume_id].get(attachment_id, {})
        connector = attachment.get("connector") or {}
        found = self.minidisks.get(volume_id, connector.get("zvm_host", ""))
        assert found is not None
        return {
            "driver_volume_type": TYPE,
            "data": {
                "volume_id": volume_id,
                "minidisk_uuid": volume_id,
                "userid": found.userid,
                "multiattach": self._is_multiattach(volume_id),
                "encrypted": False,
                "access_mode": "rw",
                "attachment_id": attachment_id,
            },
        }
