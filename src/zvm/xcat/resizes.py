# SPDX-License-Identifier: Apache-2.0
"""The part of ``/zvm/v1`` that gives guests another size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from zvm.xcat.client import Client
from zvm.xcat.urls import path


@dataclass(frozen=True, slots=True)
class DiskWanted:
    """A disk that a guest is to have: its size in octets; None: as it is.

    :ivar device_type: 3390 or 9336, of the volumes of ``pool``.
    :ivar copy: take over what the disk of this number holds.
    """

    vdev: str
    bytes: int | None = None
    pool: str = ""
    device_type: str = "3390"
    copy: bool = False


@dataclass(frozen=True, slots=True)
class SizeWanted:
    """The size that a guest is to have; ``disks`` are all from 0100 to 0110 that there are to be.

    :ivar max_cpus: processors that it can have as it runs, 0: no more than those; ``max_memory_mb`` likewise.
        With None for both the directory entry says what it said.
    :ivar operands: those of mkvm ``profile``, ``share``, ``iopriority`` ("": none) and ``dedicate`` (yes, no)
        that are to be others; what is not among them stays.
    """

    cpus: int
    memory_mb: int
    disks: Sequence[DiskWanted]
    max_cpus: int | None = None
    max_memory_mb: int | None = None
    operands: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return it as JSON's object."""
        disks = [asdict(disk) for disk in self.disks]
        most = {"max_cpus": self.max_cpus, "max_memory_mb": self.max_memory_mb}
        size = {"cpus": self.cpus, "memory_mb": self.memory_mb, "disks": disks}
        return {**size, **most, "operands": dict(self.operands)}


class Resizes:
    """Resizes by the node behind ``client``; thread-safe as that is. Each call may be repeated.

    :param timeout: seconds that a copy of a disk may take where z/VM has no FLASHCOPY.
    """

    def __init__(self, client: Client, timeout: float = 3600) -> None:
        self._client = client
        self._timeout = timeout

    def prepare(self, node: str, size: SizeWanted, destination: str = "") -> bool:
        """Make the disks for another size; the guest may run. Return whether it has the size already.

        :param destination: node name of the z/VM system that the guest is to move to.
        """
        body = {**size.document(), **({"destination": destination} if destination else {})}
        return bool(self._client.extension("POST", path("guests", node, "resize"), json=body)["applied"])

    def apply(self, node: str, size: SizeWanted) -> None:
        """Give a guest that is off the size that it was prepared for."""
        url = path("guests", node, "resize", "apply")
        self._client.extension("POST", url, json=size.document(), timeout=self._timeout)

    def live(self, node: str, cpus: int, memory_mb: int) -> str:
        """Give a guest other processors and memory as it runs; return "", or why it cannot be."""
        url, wanted = path("guests", node, "resize", "live"), {"cpus": cpus, "memory_mb": memory_mb}
        answer = self._client.extension("POST", url, json=wanted, timeout=self._timeout)
        return "" if answer["applied"] else str(answer["reason"])

    def confirm(self, node: str) -> None:
        """Remove the disks that the guest had before."""
        self._client.extension("POST", path("guests", node, "resize", "confirm"))

    def revert(self, node: str) -> None:
        """Give a guest the size back that it had: as it runs if it took the other so, else while off."""
        self._client.extension("POST", path("guests", node, "resize", "revert"), timeout=self._timeout)
