# SPDX-License-Identifier: Apache-2.0
"""Cinder's API, scheduler and volume service in this process, with our driver; Glance is made up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from cinder import service
from cinder.tests.functional import functional_helpers
from cinder.tests.functional.api import client
from cinder.volume import configuration

from tests.support.chain import HOST, PASSWORD, POOL, USER
from tests.support.nova_chain import NovaChain
from tests.support.polling import wait_until
from zvm.cinder.options import OPTIONS
from zvm.xcat import Client
from zvm.xcat.volumes import Volumes

#: Where Cinder's wheel puts its files.
ETC = Path(sys.prefix) / "etc" / "cinder"
CONNECTOR = {"host": "compute1", "zvm_host": HOST, "platform": "s390x", "os_type": "linux"}
DRIVER = "zvm.cinder.driver.ZVMMinidiskDriver"


class Settings(dict):
    """A backend's group in cinder.conf."""

    def __getattr__(self, name: str) -> Any:
        return self.safe_get(name)

    def safe_get(self, name: str) -> Any:
        default = next((option.default for option in OPTIONS if option.name == name), None)
        return self.get(name, default)

    def append_config_values(self, options: Any) -> None:
        """Nothing is read from a file here."""


class Glance:
    """Images in memory."""

    def __init__(self) -> None:
        self.images: dict[str, dict[str, Any]] = {}
        self.content: dict[str, bytes] = {}
        self.downloads = 0

    def add(self, content: bytes, disk_format: str = "raw") -> str:
        """Keep an image and return its id."""
        id = str(uuid4())
        self.images[id] = {
            "id": id,
            "name": "image",
            "status": "active",
            "disk_format": disk_format,
            "container_format": "bare",
            "size": len(content),
            "min_disk": 0,
            "min_ram": 0,
            "properties": {},
            "virtual_size": None,
        }
        self.content[id] = content
        return id

    def show(self, context: Any, image_id: str) -> dict[str, Any]:
        return dict(self.images[image_id])

    def get_location(self, context: Any, image_id: str) -> tuple[None, None]:
        return None, None

    def download(self, context: Any, image_id: str, data: Any = None) -> Iterable[bytes] | None:
        self.downloads += 1
        content = self.content[image_id]
        if data is not None:
            data.write(content)
            return None
        return iter([content[at : at + 65536] for at in range(0, len(content), 65536)])

    def create(self, context: Any, meta: dict[str, Any], data: Any = None) -> dict[str, Any]:
        id = self.add(b"", meta.get("disk_format", "raw"))
        self.images[id].update(meta, id=id, status="queued", properties=meta.get("properties", {}))
        return dict(self.images[id])

    def update(self, context: Any, image_id: str, meta: dict[str, Any], data: Any = None, **_: Any) -> Any:
        if data is not None:
            pieces = list(iter(lambda: data.read(65536), b""))
            self.content[image_id] = b"".join(pieces)
            self.images[image_id].update(status="active", size=len(self.content[image_id]))
        return dict(self.images[image_id])

    def delete(self, context: Any, image_id: str) -> None:
        self.images.pop(image_id, None)


class CinderCase(functional_helpers._FunctionalTestBase):
    """The services of Cinder; ``self.volumes`` is the management node's own view."""

    RESOURCE_FILTER_PATH = str(ETC / "resource_filters.json")
    _vol_type_name = "minidisk"
    _osapi_version = "3.50"

    @pytest.fixture(autouse=True)
    def _use_chain(self, nova_chain: NovaChain) -> None:
        self.chain = nova_chain

    def setUp(self) -> None:
        self.client = Client(self.chain.manager.url, USER, PASSWORD)
        self.addCleanup(self.client.close)
        self.volumes = Volumes(self.client, HOST)
        self.glance = Glance()
        for name in ("get_remote_image_service", "get_default_image_service"):
            answer = (lambda *_: (self.glance, _[1])) if "remote" in name else (lambda: self.glance)
            patch = mock.patch(f"cinder.image.glance.{name}", answer)
            patch.start()
            self.addCleanup(patch.stop)
        super().setUp()
        self.api.create_type(self._vol_type_name)
        self.addCleanup(self._remove_all)
        self.before = self.inventory()

    def _common_cleanup(self) -> None:
        """Stop the services; Cinder's own deletes every attribute, pytest's too."""
        for running in self._services:
            running.stop()

    def _get_flags(self) -> dict[str, Any]:
        group = configuration.SHARED_CONF_GROUP
        for option in OPTIONS:
            configuration.CONF.register_opt(option, group=group)
        flags = super()._get_flags()
        values = {
            "volume_driver": DRIVER,
            "zvm_server": self.chain.manager.url,
            "zvm_username": USER,
            "zvm_password": PASSWORD,
            "zvm_host": HOST,
            "zvm_pools": [POOL],
        }
        flags |= {name: {"v": value, "g": group} for name, value in values.items()}
        flags["default_volume_type"] = {"v": self._vol_type_name}
        flags["image_conversion_dir"] = {
            "v": str(self.useFixture(functional_helpers.fixtures.TempDir()).path)
        }
        return flags

    def _start_api_service(self) -> None:
        functional_helpers.CONF.api_paste_config = str(ETC / "api-paste.ini")
        self.osapi = service.WSGIService("osapi_volume")
        self.osapi.start()
        self.auth_url = f"http://{self.osapi.host}:{self.osapi.port}/v3"

    def _remove_all(self) -> None:
        """Remove what a failed test left, snapshots first."""
        self.chain.simulator.control("DELETE", "/faults")
        for volume in self.volumes.all():
            self.volumes.delete(volume.uuid)

    # what tests do

    def inventory(self) -> dict[str, Any]:
        """Return the state of the simulated system without counters and golden disks."""
        found = dict(self.chain.simulator.control("GET", "/inventory"))
        del found["counters"]
        found["directory"] = {name: text for name, text in found["directory"].items() if name != "ZVMGOLD"}
        return found

    def until(self, condition: Callable[[], Any], seconds: float = 60) -> Any:
        """Return what ``condition`` returns as soon as that is true."""
        return wait_until(condition, seconds)

    def create(self, size: int = 1, expected: str = "available", **how: Any) -> dict[str, Any]:
        """Create a volume and wait for its state."""
        made = self.api.post_volume({"volume": {"size": size, **how}})
        return self.seen(made["id"], expected)

    def seen(self, id: str, expected: str) -> dict[str, Any]:
        """Return the volume as soon as it is in the state."""

        def found() -> dict[str, Any] | None:
            volume = self.api.get_volume(id)
            assert not volume["status"].startswith("error") or expected.startswith("error"), volume
            return volume if volume["status"] == expected else None

        return dict(self.until(found))

    def delete(self, id: str) -> None:
        """Delete a volume and wait until it is gone."""
        self.api.delete_volume(id)

        def gone() -> bool:
            try:
                assert self.api.get_volume(id)["status"] != "error_deleting"
            except client.OpenStackApiException404:
                return True
            return False

        self.until(gone)

    def act(self, id: str, action: str, **body: Any) -> Any:
        """Carry out an action on a volume."""
        return self.api.api_post(f"/volumes/{id}/action", {action: body}, check_response_status=[200, 202])

    def snapshot(self, id: str) -> str:
        """Take a snapshot and return its id."""
        made = self.api.post_snapshot({"snapshot": {"volume_id": id, "force": True}})["id"]
        self.until(lambda: self.api.get_snapshot(made)["status"] == "available")
        return str(made)

    def delete_snapshot(self, id: str) -> None:
        """Delete a snapshot and wait until it is gone."""
        self.api.delete_snapshot(id)

        def gone() -> bool:
            try:
                self.api.get_snapshot(id)
            except client.OpenStackApiException404:
                return True
            return False

        self.until(gone)

    def content(self, id: str, length: int) -> bytes:
        """Return the beginning of what is on a volume."""
        return b"".join(self.volumes.read(id, length))
