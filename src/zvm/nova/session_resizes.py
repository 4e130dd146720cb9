# SPDX-License-Identifier: Apache-2.0
"""The driver's calls about guests that get another size."""

from __future__ import annotations

from zvm.nova.cache import SharedAnswer
from zvm.nova.exceptions import errors_as_nova
from zvm.xcat import Client
from zvm.xcat.records import Guest
from zvm.xcat.resizes import Resizes, SizeWanted


class SessionResizes:
    """Resizes of guests; a part of :class:`zvm.nova.session.Session`."""

    guests: SharedAnswer[Guest]
    _client: Client

    def prepare_resize(self, node: str, size: SizeWanted, destination: str) -> bool:
        """Make the disks for another size; return whether the guest has it already.

        :raises Refused: a disk cannot become so, or ``destination`` is in no cluster with this z/VM system.
        :raises NoSpace: the pool is full; nothing was left in it.
        """
        with errors_as_nova():
            return Resizes(self._client).prepare(node, size, destination)

    def apply_resize(self, node: str, size: SizeWanted) -> None:
        """Give a guest that is off the size that it was prepared for."""
        with errors_as_nova():
            Resizes(self._client).apply(node, size)

    def resize_live(self, node: str, cpus: int, memory_mb: int) -> str:
        """Give a guest other processors and memory as it runs; return "", or why it cannot be.

        :raises Refused: z/VM or the guest's Linux refused; the directory is as it was.
        """
        with errors_as_nova():
            return Resizes(self._client).live(node, cpus, memory_mb)

    def confirm_resize(self, node: str) -> None:
        """Remove the disks that the guest had before its resize, if it had one."""
        with errors_as_nova():
            Resizes(self._client).confirm(node)

    def revert_resize(self, node: str) -> None:
        """Give a guest the size back that it had before its resize, if it had one.

        :raises Refused: it runs and was not resized so, or does not give back what it has.
        """
        with errors_as_nova():
            Resizes(self._client).revert(node)
