# SPDX-License-Identifier: Apache-2.0
"""The calls of the management node about FCP devices, LUNs, real DASD and guests' block devices.

Errors are Nova's.

All of them may be repeated, so one whose answer was lost is made once more before anybody is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from zvm.nova import exceptions
from zvm.nova.session import Session, errors_as_nova
from zvm.xcat.records import Dasd, Fcp, FcpDevice, Lun
from zvm.xcat.storage import Path

T = TypeVar("T")


class StorageCalls:
    """FCP devices, LUNs and real DASD of the host behind ``session``. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self._host = session.host
        self._storage = session.storage

    def fcp_devices(self) -> list[FcpDevice]:
        """Return the FCP devices of the host."""
        with errors_as_nova():
            return self._storage.fcp_devices(self._host)

    def reserved(self, node: str) -> list[Fcp]:
        """Return the FCP devices of a guest; none when there is no such guest."""
        try:
            with errors_as_nova():
                return self._storage.reserved(node)
        except exceptions.NotInTables:
            return []

    def arriving(self, node: str, host: str, devices: str = "") -> list[Fcp]:
        """Return the FCP devices that a running guest gets on the z/VM system ``host`` when it moves there.

        :raises Refused: it cannot be known, or one of them is not free.
        """
        with errors_as_nova():
            return self._storage.arriving(node, host, devices)

    def reserve(self, node: str, userid: str, uuid: str, paths: int, devices: str) -> list[Fcp]:
        """Let a guest, which need not exist, have FCP devices on so many channel paths."""
        storage, host = self._storage, self._host
        return _twice(lambda: storage.reserve(node, uuid, paths, devices, userid=userid, host=host))

    def release(self, node: str, uuid: str, *, force: bool = False) -> None:
        """Take its FCP devices from a guest; a guest that is not there does no harm."""
        try:
            _twice(lambda: self._storage.release(node, uuid, force=force))
        except exceptions.NotInTables:
            return

    def connect(self, node: str, paths: Sequence[Path]) -> Lun:
        """Let a running guest see a LUN."""
        return _twice(lambda: self._storage.connect(node, paths))

    def disconnect(self, node: str, paths: Sequence[Path]) -> None:
        """Take a LUN from a running guest."""
        _twice(lambda: self._storage.disconnect(node, paths))

    def extend(self, node: str, paths: Sequence[Path]) -> Lun:
        """Let a running guest see that a LUN has grown."""
        return _twice(lambda: self._storage.extend(node, paths))

    def connect_iscsi(
        self,
        node: str,
        target: Mapping[str, Any],
        login: Mapping[str, str],
        keep: Sequence[Mapping[str, Any]] | None,
    ) -> str:
        """Let a running guest see a LUN over iSCSI; return its device, "" when the guest is off."""
        return _twice(lambda: self._storage.connect_iscsi(node, target, login, keep))

    def disconnect_iscsi(self, node: str, target: Mapping[str, Any]) -> None:
        """Take a LUN over iSCSI from a running guest; a guest that is not there does no harm."""
        try:
            _twice(lambda: self._storage.disconnect_iscsi(node, target))
        except exceptions.NotInTables:
            return

    def extend_iscsi(self, node: str, target: Mapping[str, Any]) -> int | None:
        """Let a running guest see that a LUN over iSCSI has grown; return its bytes, None when off."""
        return _twice(lambda: self._storage.extend_iscsi(node, target))

    def dasd(self) -> list[Dasd]:
        """Return the real DASD that guests of the host have."""
        with errors_as_nova():
            return self._storage.dasd(self._host)

    def dasd_of(self, node: str) -> list[Dasd]:
        """Return the real DASD of a guest; none when there is no such guest."""
        try:
            with errors_as_nova():
                return self._storage.dasd_of(node)
        except exceptions.NotInTables:
            return []

    def attach_dasd(self, node: str, rdev: str, *, readonly: bool) -> str:
        """Give the guest a real DASD; return its device number in the guest."""
        return _twice(lambda: self._storage.attach_dasd(node, rdev, readonly=readonly))

    def detach_dasd(self, node: str, rdev: str) -> None:
        """Take a real DASD from the guest; one that it does not have does no harm."""
        _twice(lambda: self._storage.detach_dasd(node, rdev))

    def copy(self, node: str, source: str, target: str) -> int:
        """Copy an unused block device of a running guest to another one; the source is read-only then."""
        return _twice(lambda: self._storage.copy(node, source, target))

    def writable(self, node: str, device: str) -> None:
        """Let a guest write again to a block device that was copied."""
        _twice(lambda: self._storage.writable(node, device))

    def unlock(self, node: str, device: str, name: str, passphrase: str, layout: Mapping[str, Any]) -> str:
        """Let a running guest open an encrypted device; return the name of the open one, "" when off."""
        return _twice(lambda: self._storage.unlock(node, device, name, passphrase, layout))

    def lock(self, node: str, name: str) -> None:
        """Let a running guest close an encrypted device; a guest that is not there does no harm."""
        try:
            _twice(lambda: self._storage.lock(node, name))
        except exceptions.NotInTables:
            return

    def grow(self, node: str, name: str, passphrase: str) -> int:
        """Let an open encrypted device be as large as what is below it."""
        return _twice(lambda: self._storage.grow(node, name, passphrase))


def _twice(call: Callable[[], T]) -> T:
    try:
        with errors_as_nova():
            return call()
    except exceptions.OutcomeUnknown:
        with errors_as_nova():
            return call()
