# SPDX-License-Identifier: Apache-2.0
"""The volumes of ``/zvm/v1`` with types: minidisks that outlive guests. A genuine xCAT has none of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from zvm.xcat.client import Client, Content
from zvm.xcat.errors import XcatError, XcatNotFound, XcatOutcomeUnknown, XcatUnreachable
from zvm.xcat.patience import again
from zvm.xcat.records import Volume
from zvm.xcat.urls import path

T = TypeVar("T")

#: Seconds that a copy may take where z/VM refuses FLASHCOPY.
COPY = 3600.0


class Volumes:
    """The volumes of the node behind ``client``; thread-safe as that is.

    Every call may be repeated: volumes are known by their uuid, and what was done is not done again. A call
    whose answer is lost is therefore made once more.

    :param host: node name of the z/VM system on which volumes are made.
    :param patience: seconds for which such a call is repeated while the node does not answer.
    """

    def __init__(self, client: Client, host: str, *, patience: float = 30.0) -> None:
        self._client = client
        self._host = host
        self._patience = patience

    def all(self) -> list[Volume]:
        """Return all volumes and snapshots, in a number of calls that does not grow with theirs."""
        document = self._client.extension("GET", "/volumes", query={"host": self._host})
        return [Volume.read(item) for item in document["volumes"]]

    def get(self, uuid: str, host: str = "") -> Volume | None:
        """Return a volume, with who has it; None when there is none.

        :param host: the z/VM system that is asked, when it is another one of the cluster.
        """
        try:
            url = path("volumes", uuid)
            return Volume.read(self._client.extension("GET", url, query={"host": host or self._host}))
        except XcatNotFound:
            return None

    def create(
        self, uuid: str, *, pool: str = "", bytes: int = 0, source: str = "", snapshot: bool = False
    ) -> Volume:
        """Make a volume.

        :param pool: disk pool; "" for that of the source.
        :param bytes: its size at least; 0 for that of the source.
        :param source: uuid of the volume or snapshot to copy, "" for a blank one.
        :param snapshot: it is a snapshot of ``source``, which no guest can have.
        """
        wanted = {"uuid": uuid, "host": self._host, "pool": pool, "bytes": bytes}
        wanted |= {"source": source, "snapshot": snapshot} if source else {}
        return Volume.read(
            self._again(lambda: self._client.extension("POST", "/volumes", json=wanted, timeout=COPY))
        )

    def delete(self, uuid: str, *, erase: bool = True) -> None:
        """Delete a volume or snapshot; one that is not there does no harm."""
        query = {"host": self._host, "erase": "true" if erase else "false"}
        self._again(lambda: self._client.extension("DELETE", path("volumes", uuid), query=query))

    def extend(self, uuid: str, bytes: int) -> Volume:
        """Give a volume at least ``bytes`` octets."""
        url, query = path("volumes", uuid, "extend"), {"host": self._host}
        wanted = {"bytes": bytes}
        return Volume.read(
            self._again(lambda: self._client.extension("POST", url, query=query, json=wanted, timeout=COPY))
        )

    def put_image(self, uuid: str, image: str) -> str:
        """Put an image of the node on a volume; return how: flashcopy, copy or stream."""
        url, query = path("volumes", uuid, "image"), {"host": self._host}
        wanted = {"image": image}
        answer = self._again(
            lambda: self._client.extension("POST", url, query=query, json=wanted, timeout=COPY)
        )
        return str(answer["method"])

    def write(self, uuid: str, content: Content, *, sha256: str = "") -> int:
        """Write a volume from its start; return how many octets. The stream is never held in memory."""
        query = {"host": self._host, **({"sha256": sha256} if sha256 else {})}
        url = path("volumes", uuid, "content")
        return int(self._client.extension("PUT", url, query=query, data=content, timeout=COPY)["bytes"])

    def read(
        self, uuid: str, length: int | None = None, *, format: str = "raw"
    ) -> Generator[bytes, None, None]:
        """Yield what is on a volume; while a guest has it, of a copy made before the first octets come.

        :param format: raw, or qcow2, in which what is zero takes no room.
        """
        query = {"host": self._host, "format": format, **({"length": str(length)} if length else {})}
        return self._client.extension_stream(path("volumes", uuid, "content"), query=query)

    def _again(self, call: Callable[[], T]) -> T:
        """Make a call that may be repeated; repeat it while its answer is lost."""
        return again(
            call,
            self._patience,
            XcatError,
            lambda problem: isinstance(problem, (XcatOutcomeUnknown, XcatUnreachable)),
        )


def attach(client: Client, node: str, uuid: str, mode: str) -> tuple[str, bool]:
    """Give the guest ``node`` a volume; return its device number and whether its Linux has taken it up.

    :param mode: CP's access mode: RR to read, M to write alone, MW to write beside others.
    """
    wanted = {"uuid": uuid, "mode": mode}
    answer = client.extension("POST", path("guests", node, "volumes"), json=wanted)
    return str(answer["vdev"]), bool(answer["online"])


def detach(client: Client, node: str, uuid: str) -> None:
    """Take a volume from the guest; one that it does not have does no harm."""
    client.extension("DELETE", path("guests", node, "volumes", uuid))
