# SPDX-License-Identifier: Apache-2.0
"""The programs about disks that a light guest has: of s390-tools, multipath-tools, cryptsetup, coreutils.

iSCSI's are in :mod:`zvm.simulator.iscsi_programs`.

Only the forms that administrators' scripts use without a terminal; others end with a usage message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zvm.simulator import iscsi_programs, luks
from zvm.simulator.block_devices import BlockDevice, BlockDevices
from zvm.simulator.scsi_disks import DeviceError

if TYPE_CHECKING:
    from zvm.simulator.light_guest import Linux

Result = tuple[int, bytes, bytes]
_HOST = re.compile(r"(?:0\.0\.)?([0-9a-f]{4})", re.IGNORECASE)
_LUN = re.compile(r"(?:0\.0\.)?([0-9a-f]{4}):0x([0-9a-f]{16}):0x([0-9a-f]{16})", re.IGNORECASE)
#: chzdev's exit codes. Source: chzdev(8).
_USAGE, _UNKNOWN_TYPE, _DEVICE_NOT_FOUND, _RUNTIME = 1, 3, 6, 15
_CHUNK = 1 << 20
#: Where ext4's superblock has its magic number, and the number.
_EXT4, _EXT4_MAGIC = slice(1080, 1082), b"\x53\xef"


@dataclass
class Shell:
    """What a program works on."""

    linux: Linux
    devices: BlockDevices
    stdin: bytes = b""

    @property
    def state(self) -> dict[str, Any]:
        """What the running Linux has made of its disks."""
        return self.linux.storage

    def device(self, path: str) -> BlockDevice:
        """Return a block device.

        :raises DeviceError: there is none.
        """
        found = self.devices.find(path)
        if found is None:
            raise DeviceError(f"{path}: No such file or directory")
        return found


def _said(text: str = "") -> Result:
    return 0, text.encode(), b""


def _failed(code: int, text: str) -> Result:
    return code, b"", f"{text}\n".encode()


def _chzdev(shell: Shell, words: list[str]) -> Result:
    """``chzdev -e|-d dasd|zfcp-host|zfcp-lun ID``."""
    plain = [word for word in words if not word.startswith("-")]
    enable = bool({"-e", "--enable"} & set(words))
    if len(plain) != 2 or not (enable or {"-d", "--disable"} & set(words)):
        return _failed(_USAGE, "Usage: chzdev -e|-d TYPE DEVICE")
    type_, id = plain
    pattern = {"dasd": _HOST, "zfcp-host": _HOST, "zfcp-lun": _LUN}.get(type_)
    if pattern is None:
        return _failed(_UNKNOWN_TYPE, f"chzdev: Unknown device type: {type_}")
    match = pattern.fullmatch(id)
    if match is None:
        return _failed(_USAGE, f"chzdev: Invalid device ID format: {id}")
    parts = [part.upper() for part in match.groups()]
    scsi = shell.devices.scsi
    try:
        if type_ == "dasd":
            shell.devices.switch_dasd(parts[0], enable)
        elif type_ == "zfcp-host":
            (scsi.online if enable else scsi.offline)(*parts)
        elif enable:
            scsi.add(parts[0], parts[1], parts[2])
        else:
            scsi.remove(parts[0], parts[1], parts[2])
    except DeviceError as error:
        return _failed(_DEVICE_NOT_FOUND if "not found" in str(error) else _RUNTIME, str(error))
    return _said(f"{type_} {id} {'configured' if enable else 'deconfigured'}\n")


def _lszfcp(shell: Shell, words: list[str]) -> Result:
    """``lszfcp -D``: each path with its SCSI address."""
    if words != ["-D"]:
        return _failed(_USAGE, "Usage: lszfcp -D")
    return _said(
        "".join(
            f"0.0.{disk.vdev.lower()}/0x{disk.wwpn.lower()}/0x{disk.number.lower()} {disk.hctl}\n"
            for disk in shell.devices.scsi.disks()
        )
    )


def _multipath(shell: Shell, words: list[str]) -> Result:
    """``multipath -f WWID``: remove a map that nobody uses."""
    if len(words) != 2 or words[0] != "-f":
        return _failed(_USAGE, "usage: multipath -f MAP")
    wwid = words[1]
    device = shell.devices.find(f"/dev/mapper/{wwid}")
    if device is None or wwid not in shell.devices.scsi.maps:
        return _failed(1, f"{wwid}: map not found")
    if shell.devices.holders(device):
        return _failed(1, f"{wwid}: map in use")
    shell.devices.scsi.flush(wwid)
    return _said()


def _multipathd(shell: Shell, words: list[str]) -> Result:
    """``multipathd resize map WWID``."""
    if len(words) != 3 or words[:2] != ["resize", "map"]:
        return _failed(_USAGE, "fail")
    try:
        shell.devices.scsi.resize(words[2])
    except DeviceError as error:
        return 1, f"{error}\n".encode(), b""
    return _said("ok\n")


def _blockdev(shell: Shell, words: list[str]) -> Result:
    """``blockdev --getsize64|--flushbufs|--setro|--setrw DEVICE``."""
    if len(words) != 2 or words[0] not in ("--getsize64", "--flushbufs", "--setro", "--setrw"):
        return _failed(_USAGE, "usage: blockdev --getsize64 DEVICE")
    device = shell.device(words[1])
    if words[0] in ("--setro", "--setrw"):
        shell.devices.set_read_only(device, words[0] == "--setro")
    return _said(f"{device.size}\n" if words[0] == "--getsize64" else "")


def _lsblk(shell: Shell, words: list[str]) -> Result:
    """``lsblk --noheadings --raw --output NAME,TYPE,MOUNTPOINT DEVICE``: it and what is built upon it."""
    if words[:-1] != ["--noheadings", "--raw", "--output", "NAME,TYPE,MOUNTPOINT"]:
        return _failed(_USAGE, "Usage: lsblk --noheadings --raw --output NAME,TYPE,MOUNTPOINT DEVICE")
    device = shell.device(words[-1])
    held = shell.devices.holders(device)
    mounted = next((point for point in held if point.startswith("/")), "")
    kind = "mpath" if device.links[:1] and device.links[0].startswith("/dev/mapper/") else "disk"
    above = [f"{name} crypt \n" for name in held if not name.startswith("/")]
    return _said("".join([f"{device.name} {kind} {mounted}\n", *above]))


def _readlink(shell: Shell, words: list[str]) -> Result:
    """``readlink -f PATH``: the kernel's name of a device, a path that leads nowhere as it is."""
    if len(words) != 2 or words[0] != "-f":
        return _failed(_USAGE, "readlink: missing operand")
    device = shell.devices.find(words[1])
    return _said(f"/dev/{device.name}\n" if device else f"{words[1]}\n")


def _dd(shell: Shell, words: list[str]) -> Result:
    """``dd if=DEVICE of=DEVICE``: copy all of a device that fits."""
    given = dict(word.partition("=")[::2] for word in words)
    source, target = shell.device(given.get("if", "")), shell.device(given.get("of", ""))
    if source.size > target.size:
        return _failed(1, f"dd: error writing '{given['of']}': No space left on device")
    for at in range(0, source.size, _CHUNK):
        data = shell.devices.read(source, at, _CHUNK)
        if any(data) or any(shell.devices.read(target, at, _CHUNK)):
            shell.devices.write(target, at, data)
    return 0, b"", f"{source.size} bytes copied\n".encode()


def _mount(shell: Shell, words: list[str]) -> Result:
    """``mount DEVICE DIRECTORY``."""
    if len(words) != 2:
        return _failed(_USAGE, "mount: bad usage")
    shell.device(words[0])
    shell.linux.keep("mounts", {**shell.state.get("mounts", {}), words[1]: words[0]})
    return _said()


def _umount(shell: Shell, words: list[str]) -> Result:
    """``umount DIRECTORY``."""
    mounts = dict(shell.state.get("mounts", {}))
    if len(words) != 1 or mounts.pop(words[0], None) is None:
        return _failed(32, f"umount: {' '.join(words)}: not mounted.")
    shell.linux.keep("mounts", mounts)
    return _said()


def _cryptsetup(shell: Shell, words: list[str]) -> Result:
    """``isLuks|luksFormat DEVICE``, ``luksOpen DEVICE NAME``, ``luksClose|resize NAME``; key on stdin."""
    plain = [word for word in words if not word.startswith("-")]
    opened: dict[str, Any] = dict(shell.state.get("crypt", {}))
    match plain:
        case ["isLuks", path]:
            start = shell.devices.read(shell.device(path), 0, len(luks.MAGIC))
            return (0, b"", b"") if start == luks.MAGIC else (1, b"", b"")
        case ["luksFormat", path]:
            device = shell.device(path)
            if shell.devices.holders(device):
                return _failed(5, f"Cannot format device {path} in use.")
            shell.devices.write(device, 0, luks.header(shell.stdin))
        case ["luksOpen", path, name]:
            device = shell.device(path)
            key = luks.key(shell.devices.read(device, 0, 512), shell.stdin)
            if name in opened:
                return _failed(5, f"Device {name} already exists.")
            if not key:
                return _failed(2, "No key available with this passphrase.")
            shell.linux.keep("crypt", {**opened, name: [path, key, device.size]})
        case ["luksClose", name]:
            inner = shell.devices.find(f"/dev/mapper/{name}")
            if name not in opened:
                return _failed(4, f"Device {name} is not active.")
            if inner and shell.devices.holders(inner):
                return _failed(5, f"Device {name} is still in use.")
            del opened[name]
            shell.linux.keep("crypt", opened)
        case ["resize", name]:
            if name not in opened:
                return _failed(4, f"Device {name} is not active.")
            device = shell.device(opened[name][0])
            if luks.key(shell.devices.read(device, 0, 512), shell.stdin) != opened[name][1]:
                return _failed(2, "No key available with this passphrase.")
            shell.linux.keep("crypt", {**opened, name: [*opened[name][:2], device.size]})
        case _:
            return _failed(_USAGE, "cryptsetup: Argument <action> missing.")
    return _said()


def _blkid(shell: Shell, words: list[str]) -> Result:
    """``blkid --probe --output value --match-tag TYPE --match-tag PTTYPE DEVICE``: what is on a device.

    Of all signatures it knows LUKS and ext4.
    """
    if "--probe" not in words or len(words) < 2:
        return _failed(4, "blkid: bad usage")
    start = shell.devices.read(shell.device(words[-1]), 0, 4096)
    if start.startswith(luks.MAGIC):
        return _said("crypto_LUKS\n")
    return _said("ext4\n") if start[_EXT4.start : _EXT4.stop] == _EXT4_MAGIC else _failed(2, "")


PROGRAMS: dict[str, Callable[[Shell, list[str]], Result]] = {
    "chzdev": _chzdev,
    "lszfcp": _lszfcp,
    "multipath": _multipath,
    "multipathd": _multipathd,
    "blkid": _blkid,
    "blockdev": _blockdev,
    "cryptsetup": _cryptsetup,
    "dd": _dd,
    "find": iscsi_programs.find,
    "iscsiadm": iscsi_programs.iscsiadm,
    "lsblk": _lsblk,
    "readlink": _readlink,
    "mount": _mount,
    "umount": _umount,
}


def run(shell: Shell, path: str, words: list[str]) -> Result | None:
    """Return exit code, stdout and stderr of a program, or None when it is none of these."""
    name = path.rpartition("/")[2]
    program = PROGRAMS.get(name)
    if program is None:
        return None
    try:
        return program(shell, words)
    except DeviceError as error:
        return _failed(1, f"{name}: {error}")
    finally:
        shell.devices.tidy()


def read_sysfs(devices: BlockDevices, path: str) -> bytes | None:
    """Return the contents of an attribute of a SCSI disk, or None."""
    match = re.fullmatch(r"/sys/bus/scsi/devices/([\d:]+)/(wwid|rescan)", path)
    disk = next((disk for disk in devices.scsi.disks() if match and disk.hctl == match[1]), None)
    if match is None or disk is None:
        return None
    return f"naa.{disk.lun.wwid[1:]}\n".encode() if match[2] == "wwid" else b""


def write_sysfs(devices: BlockDevices, path: str, content: bytes) -> bool:
    """Write an attribute; return whether there is one of this name."""
    if path.startswith("/sys/block/") and path.endswith("/device/delete"):
        devices.iscsi.delete(path.split("/")[3])
        return True
    match = re.fullmatch(r"/sys/bus/scsi/devices/([\d:]+)/rescan", path)
    if match is None:
        return False
    if content.strip() == b"1":
        devices.scsi.rescan(match[1])
    return True
