# SPDX-License-Identifier: Apache-2.0
"""Servers on FBA disks, whose data is left on the volumes when they go: 9336 volumes as an EDEV is one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.nova_chain import NovaChain
from tests.support.servers import Servers
from zvm.xcat.records import Minidisk

_CONFIG = """
[[volume]]
volser = "M01RES"
devtype = "3390"
cylinders = 10017
rdev = "1000"
use = "OWNED"

[[volume]]
volser = "EDV001"
devtype = "9336"
blocks = 20971520
rdev = "2001"

[[pool]]
name = "POOLF"
regions = ["EDV001"]
"""


@pytest.fixture(scope="module")
def fba_chain() -> Iterator[NovaChain]:
    """A chain whose only pool is one of FBA volumes, and is not erased."""
    with tempfile.TemporaryDirectory(prefix="zvm-", ignore_cleanup_errors=True) as folder:
        config = Path(folder) / "simulator.toml"
        config.write_text(_CONFIG)
        running = NovaChain(Path(folder), "--config", str(config), pools="POOLF", data_security_erase="no")
        yield running
        running.stop()


class TestFba(Servers):
    """One life of a server with all kinds of disks."""

    @pytest.fixture(autouse=True)
    def _use_chain(self, fba_chain: NovaChain) -> None:
        self.chain = fba_chain

    def _setup_services(self) -> None:
        self.flags(allow_resize_to_same_host=True)
        super()._setup_services()

    def start_service(self, name: str, *args: Any, **how: Any) -> Any:
        """Start a service; the compute service's pool is the one that there is."""
        self.flags(group="zvm_xcat", diskpool="POOLF")
        return super().start_service(name, *args, **how)

    def flavor(self, **how: Any) -> str:
        """Return the id of a new flavor."""
        return self._create_flavor(**{"memory_mb": 512, "vcpu": 1, "disk": 1, **how})

    def minidisks(self, server: dict[str, Any]) -> list[Minidisk]:
        """Return the server's minidisks."""
        return self.compute.driver._session.detail(server["OS-EXT-SRV-ATTR:instance_name"]).minidisks

    def disks(self, server: dict[str, Any]) -> dict[str, tuple[int, str]]:
        """Return device number -> blocks and volume of the server's minidisks."""
        return {disk.vdev: (disk.size, disk.volume) for disk in self.minidisks(server)}

    def test_life(self) -> None:
        server = self.boot(flavor_id=self.flavor(ephemeral=1, swap=256))
        gigabyte, was = 1 << 21, self.state(server)["linux"]
        assert self.disks(server) == {
            "0100": (gigabyte, "EDV001"),
            "0101": (gigabyte, "EDV001"),
            "0110": (gigabyte // 4, "EDV001"),
        }
        assert was["mounts"] == {"0101": "ephemeral0 on /mnt", "0110": "swap"}
        larger = {"resize": {"flavorRef": self.flavor(disk=2, ephemeral=1, swap=256)}}
        server = self.act(server, larger, "VERIFY_RESIZE")
        assert self.state(server)["linux"] == was
        server = self.act(server, {"confirmResize": None})
        assert self.disks(server)["0100"] == (2 * gigabyte, "EDV001")
        server = self.act(server, {"os-stop": None}, "SHUTOFF")
        [root] = [disk for disk in self.minidisks(server) if disk.vdev == "0100"]
        content = self.content(root)
        self.delete(server)
        assert self.content(root) == content

    def content(self, disk: Minidisk) -> str:
        """Return the SHA-256 of the first MiB of the volume from where the minidisk begins."""
        query = f"start_block={disk.start}&bytes={1 << 20}"
        return self.chain.simulator.control("GET", f"/volumes/{disk.volume}/sha256?{query}")["sha256"]
