# SPDX-License-Identifier: Apache-2.0
"""Channel-attached devices as Linux shows them in sysfs: find them, bring them online, take them offline.

Source: Linux, ``Documentation/arch/s390/driver-model.rst`` and ``cds.rst`` (cio_ignore, cio_settle). Not yet
run on hardware.
"""

from __future__ import annotations

import time
from pathlib import Path

from zvm.zhcp import errors

#: Seconds a device may take to appear, or to come online.
_PATIENCE = 30.0


class Ccw:
    """The ccw devices of this Linux. All methods block, for at most half a minute.

    :param sysfs: ``/sys``.
    :param procfs: ``/proc``.
    """

    def __init__(self, sysfs: Path, procfs: Path, *, patience: float = _PATIENCE) -> None:
        self._devices = sysfs / "bus" / "ccw" / "devices"
        self._procfs = procfs
        self._patience = patience

    def folder(self, vdev: str) -> Path:
        """Return the device's folder in sysfs."""
        return self._devices / f"0.0.{vdev.lower()}"

    def attribute(self, vdev: str, name: str) -> str:
        """Return an attribute of a device, "" where it has no such."""
        try:
            return (self.folder(vdev) / name).read_text().strip()
        except OSError:
            return ""

    def find(self, vdev: str) -> None:
        """Make Linux see a device that CP has just given it.

        :raises errors.NotFound: it does not appear.
        """
        if not self.folder(vdev).exists():
            self._tell("cio_ignore", f"free 0.0.{vdev.lower()}")
            # Returns when all devices found so far have been looked at.
            self._tell("cio_settle", "1")
        self._until(lambda: self.folder(vdev).exists(), f"device {vdev} does not appear in sysfs")

    def online(self, vdev: str) -> None:
        """Bring a device online; one that is online already stays so.

        :raises errors.Refused: Linux cannot.
        """
        if self.attribute(vdev, "online") == "1":
            return
        self.set(vdev, "online", "1")
        self._until(lambda: self.attribute(vdev, "online") == "1", f"device {vdev} does not come online")

    def offline(self, vdev: str) -> None:
        """Take a device offline; one that is offline or gone is fine."""
        if self.attribute(vdev, "online") == "1":
            self.set(vdev, "online", "0")

    def set(self, vdev: str, name: str, value: str) -> None:
        """Set an attribute of a device.

        :raises errors.Refused: Linux does not take the value.
        """
        try:
            (self.folder(vdev) / name).write_text(value)
        except OSError as error:
            raise errors.Refused(
                f"Linux refused to set {name} of device {vdev} to {value}: {error.strerror}",
                function=f"sysfs {name}",
                next_step="See dmesg on the zHCP.",
            ) from error

    def _tell(self, name: str, text: str) -> None:
        path = self._procfs / name
        if path.exists():
            path.write_text(text)

    def _until(self, reached: object, otherwise: str) -> None:
        assert callable(reached)  # noqa: S101
        deadline = time.monotonic() + self._patience
        while not reached():
            if time.monotonic() > deadline:
                raise errors.NotFound(otherwise)
            time.sleep(0.05)
