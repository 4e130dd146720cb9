# SPDX-License-Identifier: Apache-2.0
"""The part of ``/zvm/v1`` that lets guests which exist become instances'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from zvm.xcat.client import Client
from zvm.xcat.records import Guest
from zvm.xcat.urls import path


@dataclass(frozen=True, slots=True)
class AdoptionWanted:
    """What a guest has to be.

    :ivar disk_gb: what is set apart for its root disk in ``pool``, GiB; 0: nothing.
    :ivar cards: an object with vswitch, mac, port and, if any, vlan for each port.
    """

    userid: str
    uuid: str
    host: str
    cpus: int
    memory_mb: int
    disk_gb: int = 0
    pool: str = ""
    cards: Sequence[Mapping[str, Any]] = ()


class Adoptions:
    """Adoptions by the node behind ``client``; thread-safe as that is. Each call may be repeated."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def adopt(self, node: str, wanted: AdoptionWanted) -> Guest:
        """Let ``node`` be that of a guest that exists; the guest is left as it is.

        :raises XcatRefused: it is not what is wanted, or somebody else's.
        :raises XcatNotFound: there is no such userid.
        """
        document = {**asdict(wanted), "cards": [dict(card) for card in wanted.cards]}
        return Guest.read(self._client.extension("PUT", path("guests", node, "adoption"), json=document))

    def release(self, node: str, uuid: str, *, purge: bool = False) -> None:
        """Let an adopted guest be nobody's again.

        :param purge: remove it from z/VM.
        :raises XcatRefused: it was not adopted for this instance.
        :raises XcatNotFound: there is no such node.
        """
        query = {"uuid": uuid, "guest": "purge" if purge else "keep"}
        self._client.extension("DELETE", path("guests", node, "adoption"), query=query)
