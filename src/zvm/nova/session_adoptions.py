# SPDX-License-Identifier: Apache-2.0
"""The driver's calls about guests that it adopts."""

from __future__ import annotations

from zvm.nova.cache import SharedAnswer
from zvm.nova.exceptions import errors_as_nova
from zvm.xcat import Client
from zvm.xcat.adoptions import Adoptions, AdoptionWanted
from zvm.xcat.records import Guest, Nic


class SessionAdoptions:
    """Adoptions of guests; a part of :class:`zvm.nova.session.Session`."""

    guests: SharedAnswer[Guest]
    nics: SharedAnswer[Nic]
    _client: Client

    def adopt(self, node: str, wanted: AdoptionWanted) -> Guest:
        """Let the node be that of a guest that exists, and return that.

        :raises Refused: it is not what is wanted, or somebody else's.
        """
        try:
            with errors_as_nova():
                return Adoptions(self._client).adopt(node, wanted)
        finally:
            self.guests.expire()
            self.nics.expire()

    def release(self, node: str, uuid: str, *, purge: bool = False) -> None:
        """Let an adopted guest be nobody's again, or remove it.

        :raises NotInTables: there is no such node.
        :raises Refused: its guest was not adopted for this instance.
        """
        try:
            with errors_as_nova():
                Adoptions(self._client).release(node, uuid, purge=purge)
        finally:
            self.guests.expire()
            self.nics.expire()
