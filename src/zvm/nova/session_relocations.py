# SPDX-License-Identifier: Apache-2.0
"""The driver's calls about guests that move between the z/VM systems of one cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zvm.nova.cache import SharedAnswer
from zvm.nova.exceptions import errors_as_nova
from zvm.xcat import Client, Extension
from zvm.xcat.events import GuestEvent, listen
from zvm.xcat.records import Guest, Nic, Relocation
from zvm.xcat.relocations import Relocations


class SessionRelocations:
    """Relocations of guests; a part of :class:`zvm.nova.session.Session`."""

    host: str
    guests: SharedAnswer[Guest]
    nics: SharedAnswer[Nic]
    _client: Client
    _extension: Extension

    def relocate(
        self, node: str, destination: str, *, immediate: bool, max_total: int | None, max_quiesce: int | None
    ) -> Relocation:
        """Begin to relocate the guest to another z/VM system.

        :raises Refused: CP does not, for all the reasons that the text has.
        """
        with errors_as_nova():
            return Relocations(self._client).start(
                node, destination, immediate=immediate, max_total=max_total, max_quiesce=max_quiesce
            )

    def test_relocation(self, node: str, destination: str) -> None:
        """Return if CP would relocate the guest to another z/VM system.

        :raises Refused: it would not, for all the reasons that the text has.
        """
        with errors_as_nova():
            Relocations(self._client).start(node, destination, test=True)

    def relocation(self, node: str) -> Relocation:
        """Return where the guest is and how far its relocation."""
        with errors_as_nova():
            found = Relocations(self._client).get(node)
        if found.host != self.host:
            self.expire_all()
        return found

    def modify_relocation(self, node: str, max_total: int | None, max_quiesce: int | None) -> bool:
        """Set other limits in seconds, None: none; return whether there was a relocation."""
        with errors_as_nova():
            return Relocations(self._client).modify(node, max_total=max_total, max_quiesce=max_quiesce)

    def cancel_relocation(self, node: str) -> bool:
        """Cancel the guest's relocation; return whether there was one."""
        with errors_as_nova():
            return Relocations(self._client).cancel(node)

    def take_over(self, node: str, host: str = "") -> None:
        """Let a z/VM system, by default this session's, look after a guest that is off in all of the cluster.

        :raises Refused: it is logged on at a member that is up, or the systems share no cluster.
        """
        try:
            with errors_as_nova():
                Relocations(self._client).take_over(node, host or self.host)
        finally:
            self.expire_all()

    def everywhere(self) -> Iterable[Guest]:
        """Return the guests of all z/VM systems that the management node knows."""
        with errors_as_nova():
            return self._extension.guests()

    def events(self) -> Iterator[GuestEvent | None]:
        """Yield what happens to the guests of this session's z/VM system, None now and then."""
        with errors_as_nova():
            yield from listen(self._client, self.host)

    def expire_all(self) -> None:
        """Make the next questions about guests and cards fetch anew."""
        self.guests.expire()
        self.nics.expire()
