# SPDX-License-Identifier: Apache-2.0
"""What a kind of volume has to say for itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from nova import objects

from zvm.nova import exceptions
from zvm.nova.session import Session
from zvm.nova.volumes.volume import Volume

T = TypeVar("T")


class Kind(ABC):
    """Volumes of one ``driver_volume_type``. Thread-safe; every verb may be repeated.

    A failure raises an exception of :mod:`zvm.nova.exceptions` and leaves the guest as it was.
    """

    #: Whether the guest can encrypt what it writes to such volumes.
    encryptable = False

    def __init__(self, session: Session) -> None:
        self.session = session

    def connector(self, instance: objects.Instance) -> dict[str, Any]:
        """Return what Cinder has to know of this guest to let it at volumes of this kind.

        The same for every call, until the guest has lost its last volume of this kind. The guest need not
        exist: Nova connects the volumes of a new instance before it spawns it.
        """
        return {}

    @abstractmethod
    def connect(self, instance: objects.Instance, volume: Volume) -> None:
        """Give the volume to the guest, for every later logon and, when it is on, at once.

        Called again for each volume before and after a logon: what is connected already stays as it is.
        """

    @abstractmethod
    def disconnect(self, instance: objects.Instance, volume: Volume) -> None:
        """Take the volume away; a volume or a guest that is not there does no harm."""

    @abstractmethod
    def device(self, volume: Volume) -> str:
        """Return the name below /dev/disk that a connected volume has in the guest, "" while it has none."""

    def boot_from(self, instance: objects.Instance, volume: Volume) -> None:
        """Let the guest's next logon IPL the volume, which is connected.

        :raises NotImplementedError: such a volume cannot be booted.
        """
        raise NotImplementedError

    def check_root(self, volume: Volume) -> None:
        """Return if a guest can boot from the volume.

        :raises InvalidVolume: it cannot; the message has the reason.
        """

    def check_live_migration(self, instance: objects.Instance, volume: Volume, destination: str) -> None:
        """Return if a running guest of this host can take the volume along to another member of its cluster.

        :param destination: node name of the other z/VM system.
        :raises MigrationPreCheckError: it cannot.
        """

    def check_arrival(self, volume: Volume, before: Callable[[], Volume]) -> None:
        """Return if a running guest that is to come here goes on with the volume, as it is connected here.

        :param before: asks Cinder for the volume as it is connected where the guest is now.
        :raises MigrationPreCheckError: it does not.
        """

    def extend(self, instance: objects.Instance, volume: Volume, size: int) -> None:
        """Let the guest see that the volume has grown to ``size`` bytes.

        :raises NotImplementedError: such a volume does not grow while it is connected.
        """
        raise NotImplementedError

    def unused(self, instance: objects.Instance) -> None:
        """Give back what the guest held for volumes of this kind: it has none any more.

        Called after volumes came and went, also when there was nothing to give back.
        """

    def reap(self) -> int:
        """Give back what guests hold for volumes that they do not have; return how many did."""
        return 0

    def or_reap(self, step: Callable[[], T]) -> T:
        """Return what ``step`` returns; one that is refused is tried again if something could be reaped.

        :raises Refused: it still is.
        """
        try:
            return step()
        except exceptions.NotInTables:
            raise
        except exceptions.Refused:
            if not self.reap():
                raise
        return step()
