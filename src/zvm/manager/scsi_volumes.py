# SPDX-License-Identifier: Apache-2.0
"""LUNs in running guests: set online, found, grown and taken away, by programs of s390-tools in the guest.

A guest that is off needs none of it: its FCP devices stand in the directory, and Linux finds by itself what
is masked to a device with an NPIV port name once that is online. All verbs may be repeated.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from zvm.directory import Dedicate, names
from zvm.manager import fcp, guest_devices, guest_programs, guests
from zvm.manager.errors import Invalid, Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

_NAME = re.compile(r"(?:0x)?([0-9A-Fa-f]{16})\Z")
_LISTED = re.compile(
    r"0\.0\.([0-9a-f]{4})/0x([0-9a-f]{16})/0x([0-9a-f]{16}) (\d+:\d+:\d+:\d+)", re.IGNORECASE
)
#: How often, and how many seconds apart, it is looked for paths that the kernel has not found yet.
_LOOKS, _PAUSE = 10, 0.5
#: Exit code of chzdev that says that there is no such device. Source: chzdev(8).
_NOT_FOUND = 6


@dataclass(frozen=True, slots=True)
class Path:
    """A way to a LUN: FCP device of the guest, port name of the target, LUN; capital hexadecimal digits."""

    vdev: str
    wwpn: str
    lun: str

    @classmethod
    def parse(cls, vdev: object, wwpn: object, lun: object) -> Path:
        """Return the checked path.

        :raises Invalid: a part breaks its rule.
        """
        found = [_NAME.match(str(item)) for item in (wwpn, lun)]
        if found[0] is None or found[1] is None:
            raise Invalid("wwpn and lun have 16 hexadecimal digits each")
        return cls(names.vdev(str(vdev)), found[0][1].upper(), found[1][1].upper())

    @property
    def zdev(self) -> str:
        """The id by which chzdev knows it."""
        return f"0.0.{self.vdev.lower()}:0x{self.wwpn.lower()}:0x{self.lun.lower()}"


@dataclass(frozen=True, slots=True)
class Disk:
    """A LUN as the guest sees it: the name that stays, its WWID, its size, over how many of the paths."""

    device: str = ""
    wwid: str = ""
    bytes: int = 0
    paths: int = 0


async def connect(mn: ManagementNode, guest: GuestNode, paths: Sequence[Path]) -> Disk:
    """Let a running guest see a LUN over those of ``paths`` that lead to it; one that is off sees it later.

    :raises Refused: the guest has no such FCP devices, or the paths lead to different LUNs.
    :raises zhcp_errors.Refused: no path leads to the LUN; what was done is undone.
    :raises zhcp_errors.Unreachable: no agent answers in the guest; what was done is undone.
    """
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        devices = await _devices(zhcp, guest, paths)
        if not await guests.is_on(zhcp, guest):
            return Disk()
        given: list[str] = []
        try:
            for device in devices:
                if await fcp.give(zhcp, guest, device):
                    given.append(device.vdev)
            return await _found(zhcp, guest.userid, devices, paths)
        except BaseException:
            await _undo(zhcp, guest, paths, given)
            raise


async def disconnect(mn: ManagementNode, guest: GuestNode, paths: Sequence[Path]) -> None:
    """Take a LUN from a running guest; one that is not there does no harm.

    :raises zhcp_errors.Refused: the guest uses it.
    """
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if not await guests.is_on(zhcp, guest):
            return
        there = {path: hctl for path, hctl in (await _listed(zhcp, guest.userid)).items() if path in paths}
        if there:
            wwid = await _wwid(zhcp, guest.userid, next(iter(there.values())))
            await _flush(zhcp, guest.userid, wwid)
        for path in paths:
            await _disable(zhcp, guest.userid, "zfcp-lun", path.zdev)


async def offline(guest: GuestNode) -> None:
    """Set all FCP devices of a running guest offline, so that they can be taken away."""
    async with guest.host.zhcp() as zhcp:
        if not await guests.is_on(zhcp, guest):
            return
        for item in fcp.dedicated(await guests.entry_of(zhcp, guest.userid)):
            await _disable(zhcp, guest.userid, "zfcp-host", f"0.0.{item.vdev.lower()}")


async def extend(mn: ManagementNode, guest: GuestNode, paths: Sequence[Path]) -> Disk:
    """Let a running guest see the new size of a LUN.

    :raises Refused: the guest does not see the LUN at all.
    """
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if not await guests.is_on(zhcp, guest):
            return Disk()
        there = {path: hctl for path, hctl in (await _listed(zhcp, guest.userid)).items() if path in paths}
        if not there:
            raise Refused(
                f"{guest.userid} sees none of the {len(paths)} paths to the LUN",
                next_step="detach the volume and attach it again",
            )
        for hctl in there.values():
            await guest_programs.write_file(zhcp, guest.userid, f"/sys/bus/scsi/devices/{hctl}/rescan", "1")
        wwid = await _wwid(zhcp, guest.userid, next(iter(there.values())))
        if await _has_map(zhcp, guest.userid, wwid):
            await guest_programs.must(zhcp, guest.userid, "multipathd", "resize", "map", wwid)
        return await _disk(zhcp, guest.userid, wwid, len(there))


async def _devices(zhcp: ZhcpClient, guest: GuestNode, paths: Sequence[Path]) -> list[fcp.Reserved]:
    """Return the FCP devices of the paths, which the directory must have reserved for the guest."""
    entry = await guests.entry_of(zhcp, guest.userid)
    reserved = {item.vdev: item.rdev for item in entry.find(Dedicate)}
    wanted = list(dict.fromkeys(path.vdev for path in paths))
    if missing := [vdev for vdev in wanted if vdev not in reserved]:
        raise Refused(
            f"{guest.userid} has no FCP device {missing[0]}: its directory entry has "
            f"{', '.join(sorted(reserved)) or 'none'}",
            next_step="detach the volume and attach it again",
        )
    return [fcp.Reserved(vdev, reserved[vdev], "", "", "") for vdev in wanted]


async def _found(
    zhcp: ZhcpClient, userid: str, devices: Sequence[fcp.Reserved], paths: Sequence[Path]
) -> Disk:
    there = await _listed(zhcp, userid)
    if not all(path in there for path in paths):
        there = await _enabled(zhcp, userid, devices, paths)
    mine = [hctl for path, hctl in there.items() if path in paths]
    wwids = {await _wwid(zhcp, userid, hctl) for hctl in mine}
    if len(wwids) != 1:
        raise Refused(
            f"the paths to the LUN lead to {len(wwids)} different ones: {', '.join(sorted(wwids))}",
            next_step="see what the storage server has behind these ports",
        )
    return await _disk(zhcp, userid, wwids.pop(), len(mine))


async def _enabled(
    zhcp: ZhcpClient, userid: str, devices: Sequence[fcp.Reserved], paths: Sequence[Path]
) -> dict[Path, str]:
    """Set devices and LUNs online and return those paths that came up; at least one does."""
    for device in devices:
        await guest_programs.must(zhcp, userid, "chzdev", "-e", "zfcp-host", f"0.0.{device.vdev.lower()}")
    last: zhcp_errors.Refused | None = None
    configured = []
    for path in paths:
        words = ("chzdev", "-e", "zfcp-lun", path.zdev)
        ended = await guest_programs.run(zhcp, userid, *words)
        if ended.code:
            last = guest_programs.refused(userid, words, ended)
            LOG.info("path %s of %s: %s", path.zdev, userid, last.message)
        else:
            configured.append(path)
    for look in range(_LOOKS):
        there = await _listed(zhcp, userid)
        if configured and all(path in there for path in configured):
            return there
        if not configured:
            break
        await asyncio.sleep(_PAUSE if look + 1 < _LOOKS else 0)
    if any(path in there for path in paths):
        return there
    raise last or zhcp_errors.Refused(
        f"{userid} found none of the {len(paths)} paths to the LUN",
        function="lszfcp",
        target=userid,
        explanation=f"none of the {len(paths)} paths to the LUN came up",
        next_step="see zoning and masking of the guest's port names",
    )


async def _listed(zhcp: ZhcpClient, userid: str) -> dict[Path, str]:
    """Return every path that the guest sees, with its SCSI address."""
    ended = await guest_programs.run(zhcp, userid, "lszfcp", "-D")
    return {
        Path(*(part.upper() for part in match.groups()[:3])): match[4]
        for match in _LISTED.finditer(ended.out)
    }


async def _wwid(zhcp: ZhcpClient, userid: str, hctl: str) -> str:
    """Return what udev and multipath call the LUN: 3 and its NAA name."""
    text = (await guest_programs.read_file(zhcp, userid, f"/sys/bus/scsi/devices/{hctl}/wwid")).strip()
    if not re.fullmatch(r"naa\.[0-9a-f]{16,32}", text, re.IGNORECASE):
        raise Refused(f"the LUN at {hctl} of {userid} has no NAA name but '{text}'")
    return f"3{text.removeprefix('naa.').lower()}"


def _map(wwid: str) -> str:
    return f"/dev/disk/by-id/dm-uuid-mpath-{wwid}"


async def _has_map(zhcp: ZhcpClient, userid: str, wwid: str) -> bool:
    return (await guest_programs.run(zhcp, userid, "blockdev", "--getsize64", _map(wwid))).code == 0


async def _disk(zhcp: ZhcpClient, userid: str, wwid: str, paths: int) -> Disk:
    device = f"/dev/disk/by-id/scsi-{wwid}"
    return Disk(device, wwid, await guest_devices.size(zhcp, userid, device), paths)


async def _flush(zhcp: ZhcpClient, userid: str, wwid: str) -> None:
    """Remove the multipath map, which writes out what is under way.

    :raises zhcp_errors.Refused: somebody in the guest has it open.
    """
    if await _has_map(zhcp, userid, wwid):
        await guest_programs.must(zhcp, userid, "multipath", "-f", wwid)


async def _disable(zhcp: ZhcpClient, userid: str, type_: str, id: str) -> None:
    words = ("chzdev", "-d", type_, id)
    ended = await guest_programs.run(zhcp, userid, *words)
    if ended.code not in (0, _NOT_FOUND):
        raise guest_programs.refused(userid, words, ended)


async def _undo(zhcp: ZhcpClient, guest: GuestNode, paths: Sequence[Path], given: Sequence[str]) -> None:
    """Take away what a connect that failed has made. Never raises: what made it fail is what matters."""
    try:
        for path in paths:
            await _disable(zhcp, guest.userid, "zfcp-lun", path.zdev)
        for vdev in given:
            await _disable(zhcp, guest.userid, "zfcp-host", f"0.0.{vdev.lower()}")
    except (zhcp_errors.ZhcpError, Refused) as error:
        LOG.info("%s could not be tidied from inside: %s", guest.userid, error)
    for vdev in given:
        try:
            await fcp.take(zhcp, guest, vdev)
        except zhcp_errors.ZhcpError as error:
            LOG.error("FCP device %s is left with %s: %s", vdev, guest.userid, error)
