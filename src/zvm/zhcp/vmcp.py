# SPDX-License-Identifier: Apache-2.0
"""CP commands from Linux under z/VM: the device ``/dev/vmcp``.

A command is written to the device, the answer read from it; three ioctls set the size of the answer's buffer
and ask for CP's code and the answer's length. Source: Linux, ``drivers/s390/char/vmcp.c`` and
``arch/s390/include/uapi/asm/vmcp.h``. Not yet run on hardware.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
from pathlib import Path
from typing import Final, Protocol

from zvm.zhcp import errors
from zvm.zhcp.results import CpResult

LOG = logging.getLogger(__name__)

GETCODE: Final = 0x80041001
SETBUF: Final = 0x40041002
GETSIZE: Final = 0x80041003
#: Octets for an answer: what 8 orders of pages allow, the most the driver takes.
BUFFER: Final = 1 << 20
_SMALLER: Final = 1 << 16


class Kernel(Protocol):
    """The system calls that are needed; tests put a stand-in here."""

    def open(self, path: Path) -> int: ...
    def ioctl(self, fd: int, request: int, argument: bytes) -> bytes: ...
    def write(self, fd: int, data: bytes) -> int: ...
    def read(self, fd: int, length: int) -> bytes: ...
    def close(self, fd: int) -> None: ...


class RealKernel:
    """The system calls themselves."""

    def open(self, path: Path) -> int:
        """open(2) for reading and writing."""
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def ioctl(self, fd: int, request: int, argument: bytes) -> bytes:
        """ioctl(2) with an argument that is read and written."""
        return fcntl.ioctl(fd, request, argument)

    def write(self, fd: int, data: bytes) -> int:
        """write(2)."""
        return os.write(fd, data)

    def read(self, fd: int, length: int) -> bytes:
        """read(2)."""
        return os.read(fd, length)

    def close(self, fd: int) -> None:
        """close(2)."""
        os.close(fd)


class Vmcp:
    """The way to CP.

    :param device: ``/dev/vmcp``.
    """

    def __init__(self, device: Path, kernel: Kernel | None = None) -> None:
        self._device = device
        self._kernel = kernel or RealKernel()

    def run(self, command: str) -> CpResult:
        """Run a command and wait for its end; each has a device of its own, so that threads don't mix.

        :raises errors.Unreachable: there is no such device here; nothing was done.
        :raises errors.OutcomeUnknown: the device failed while the command ran.
        """
        kernel = self._kernel
        try:
            fd = kernel.open(self._device)
        except OSError as error:
            raise errors.Unreachable(
                f"{self._device} cannot be opened: {error.strerror}",
                next_step="Load the kernel module vmcp; run the zHCP as a user that may open the device.",
            ) from error
        try:
            self._set_buffer(fd)
            kernel.write(fd, command.encode("ascii"))
            code = struct.unpack("=i", kernel.ioctl(fd, GETCODE, bytes(4)))[0]
            size = struct.unpack("=i", kernel.ioctl(fd, GETSIZE, bytes(4)))[0]
            text = bytearray()
            while chunk := kernel.read(fd, BUFFER):
                text += chunk
                if len(text) >= min(size, BUFFER):
                    break
        except OSError as error:
            raise errors.OutcomeUnknown(f"{self._device} failed: {error.strerror}") from error
        finally:
            kernel.close(fd)
        if size > len(text):
            LOG.warning("the answer to %s was cut from %s to %s octets", command, size, len(text))
        return CpResult(rc=code, text=text.decode("latin-1"))

    def _set_buffer(self, fd: int) -> None:
        """Ask for the largest buffer; a kernel short of contiguous memory gives a smaller one."""
        try:
            self._kernel.ioctl(fd, SETBUF, struct.pack("=i", BUFFER))
        except OSError:
            self._kernel.ioctl(fd, SETBUF, struct.pack("=i", _SMALLER))
