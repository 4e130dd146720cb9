# SPDX-License-Identifier: Apache-2.0
"""A stand-in of what a Linux kernel under z/VM shows: a sysfs tree, device nodes, /dev/vmcp."""

from __future__ import annotations

import struct
import threading
from pathlib import Path

from zvm.zhcp.vmcp import GETCODE, GETSIZE, SETBUF


class FakeSystem:
    """Folders like /sys, /proc and /dev. A device that is set online gets its block device."""

    def __init__(self, root: Path) -> None:
        self.sysfs, self.procfs, self.devfs = root / "sys", root / "proc", root / "dev"
        (self.sysfs / "bus" / "ccw" / "devices").mkdir(parents=True)
        self.procfs.mkdir()
        self.devfs.mkdir()
        (self.procfs / "cio_ignore").touch()
        (self.procfs / "cio_settle").touch()
        (self.procfs / "sysinfo").write_text("Manufacturer:         IBM\n")

    def device(self, vdev: str) -> Path:
        return self.sysfs / "bus" / "ccw" / "devices" / f"0.0.{vdev.lower()}"

    def add(self, vdev: str, devtype: str, name: str = "", size: int = 0, online: str = "0") -> Path:
        """Add a device; with ``name``, its block device of ``size`` octets in /dev."""
        folder = self.device(vdev)
        folder.mkdir()
        (folder / "online").write_text(online)
        (folder / "devtype").write_text(f"{devtype}\n")
        if devtype.startswith("33"):
            (folder / "raw_track_access").write_text("0\n")
        if name:
            block = folder / "block" / name
            block.mkdir(parents=True)
            (block / "size").write_text(f"{size // 512}\n")
            (block / "ro").write_text("0\n")
            with (self.devfs / name).open("wb") as node:
                node.truncate(size)
        return folder


class FakeVmcp:
    """The system calls on /dev/vmcp: a write runs a command, ioctls tell code and size, a read the text.

    :param answers: code and text by command.
    """

    def __init__(self, answers: dict[str, tuple[int, str]]) -> None:
        self.answers = answers
        self.commands: list[str] = []
        self.buffers: list[int] = []
        self.largest = 1 << 20
        self.open_files: dict[int, dict[str, bytes | int]] = {}
        self._lock = threading.Lock()
        self._last = 100

    def open(self, path: Path) -> int:
        if path.name == "missing":
            raise FileNotFoundError(2, "No such file or directory")
        with self._lock:
            self._last += 1
            self.open_files[self._last] = {"rc": 0, "text": b"", "size": 0, "buffer": 8192}
            return self._last

    def ioctl(self, fd: int, request: int, argument: bytes) -> bytes:
        file = self.open_files[fd]
        if request == SETBUF:
            size = struct.unpack("=i", argument)[0]
            if size > self.largest:
                raise OSError(12, "Cannot allocate memory")
            self.buffers.append(size)
            file["buffer"] = size
            return argument
        return (
            struct.pack("=i", file["rc"] if request == GETCODE else file["size"])
            if request
            in (
                GETCODE,
                GETSIZE,
            )
            else b""
        )

    def write(self, fd: int, data: bytes) -> int:
        command = data.decode("ascii")
        self.commands.append(command)
        code, text = self.answers.get(command, (0, ""))
        if code < 0:
            raise OSError(5, "Input/output error")
        file, octets = self.open_files[fd], text.encode("latin-1")
        file.update(rc=code, size=len(octets), text=octets[: int(file["buffer"])])
        return len(data)

    def read(self, fd: int, length: int) -> bytes:
        file = self.open_files[fd]
        text = bytes(file["text"])  # type: ignore[arg-type]
        file["text"] = text[length:]
        return text[:length]

    def close(self, fd: int) -> None:
        del self.open_files[fd]
