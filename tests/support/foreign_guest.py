# SPDX-License-Identifier: Apache-2.0
"""A guest that an operator has made with xCAT's commands, and whose node is gone: no cloud's."""

from __future__ import annotations

import hashlib
from types import TracebackType
from typing import Any, Self

from tests.support import images
from tests.support.chain import HCP, POOL, Manager
from tests.support.simulator import SimulatorProcess
from zvm.xcat import Extension
from zvm.xcat.urls import path

_IMAGE = "img-foreign"


class ForeignGuest:
    """Two processors, 512 MB, a small root disk at 0150, 1 GB at 0101, a card in no VLAN; it runs.

    :param hcp: host name of the zHCP of its z/VM system.
    :param run: log it on.
    """

    MAC = "02:00:06:0a:0b:0c"
    VSWITCH = "XCATVSW1"

    def __init__(
        self,
        manager: Manager,
        simulator: SimulatorProcess,
        userid: str = "PAYROLL",
        *,
        hcp: str = HCP,
        run: bool = True,
    ) -> None:
        self.userid = userid
        self._manager = manager
        self._simulator = simulator
        self._hcp = hcp
        self._run = run

    def __enter__(self) -> Self:
        node = path("nodes", self.userid.lower())
        vm = path("vms", self.userid.lower())
        with self._manager.client() as client:
            content = images.bootable(seed="foreign")
            Extension(client).put_image(_IMAGE, content, sha256=hashlib.sha256(content).hexdigest())
            client.request("POST", node, body=[f"userid={self.userid}", f"hcp={self._hcp}", "mgt=zvm"])
            card = f"nic=0600,vswitch={self.VSWITCH},mac={self.MAC}"
            words = ["profile=LNXDFLT", "cpu=2", "memory=512m", "privilege=G", "password=SECRET", "ipl=0150"]
            client.request("POST", vm, body=[*words, card])
            for vdev, size in ("0150", "10M"), ("0101", "1G"):
                client.request("PUT", vm, body=[f"--add3390 {POOL} {vdev} {size}"])
            client.request("PUT", f"{node}/bootstate", body=["netboot", "device=0150", f"osimage={_IMAGE}"])
            if self._run:
                client.request("PUT", f"{node}/power", body=["on"])
            client.request("DELETE", node)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._simulator.control("DELETE", "/faults")
        if self.state is not None:
            self._simulator.smapi.call("Image_Deactivate", self.userid, force_time="IMMED")
        if self.entry:
            self._simulator.smapi.call("Image_Delete_DM", self.userid, data_security_erase=1)

    @property
    def entry(self) -> list[str]:
        """The records of its directory entry, passwords too; none when there is none."""
        records: list[str] = self._inventory()["directory"].get(self.userid, [])
        return records

    @property
    def state(self) -> Any:
        """What the simulated system says of it while it is logged on, else None."""
        return self._inventory()["guests"].get(self.userid)

    def life(self) -> tuple[Any, ...]:
        """Return all there is of it, and what another logon or IPL would change."""
        found = self._inventory()
        counters = found["counters"]
        return (
            found["directory"][self.userid],
            found["guests"].get(self.userid),
            counters["logon_times"].get(self.userid),
            counters["console_lines"].get(self.userid),
            found["network"].get(f"adapters {self.userid}"),
        )

    def _inventory(self) -> dict[str, Any]:
        found: dict[str, Any] = self._simulator.control("GET", "/inventory")
        return found
