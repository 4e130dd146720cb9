# SPDX-License-Identifier: Apache-2.0
"""The options of ``chvm`` about SCSI disks of a pool, and names for disks in the guest.

In a guest that is on, its own tools (chzdev, udevadm) are run by its agent: fixed programs with checked
arguments, and no shell.
"""

from __future__ import annotations

import re

from zvm.directory import names
from zvm.manager import guest_programs, zfcp_pools
from zvm.manager.commands.base import step
from zvm.manager.commands.chvm_devices import dedicate, set_loaddev
from zvm.manager.commands.chvm_option import Change, Option
from zvm.manager.errors import Invalid
from zvm.manager.zfcp_pools import Device
from zvm.xcat.smcli_text import done

_CHZDEV, _UDEVADM = "/usr/sbin/chzdev", "/usr/bin/udevadm"
_SOURCE = re.compile(r"/dev/[\w./:+-]{1,200}\Z", re.ASCII)
_TARGET = re.compile(r"/dev/([\w-]{1,32})\Z", re.ASCII)
_RULES = "/etc/udev/rules.d/90-zvm-{}.rules"


async def _add(change: Change) -> None:
    """``POOL FCP LOADDEV SIZE [TAG [WWPN LUN]]``: a disk of the pool; LOADDEV 1: to boot from."""
    pool, fcp = zfcp_pools.pool_name(change.word(0)), names.vdev(change.word(1))
    wanted = Device(
        pool,
        zfcp_pools.ports(change.word(5)) if change.word(5) else "",
        zfcp_pools.digits(change.word(6)) if change.word(6) else "",
        "used",
        owner=change.userid,
        channel=fcp,
        tag=change.word(4),
    )
    hcp = change.guest.host.hcp
    least = zfcp_pools.octets(change.word(3))
    device, mine = await change.mn.database.write(
        lambda connection: zfcp_pools.reserve(connection, hcp, pool, wanted, least=least)
    )
    try:
        await dedicate(change, fcp, fcp, 0)
        if change.word(2) == "1":
            await set_loaddev(change, device.wwpn.split(";")[0], device.lun)
        if await change.is_on():
            with step(f"Configuring the zFCP device in {change.userid}"):
                host = f"0.0.{fcp.lower()}"
                await guest_programs.must(change.zhcp, change.userid, _CHZDEV, "-e", "zfcp-host", host)
                for path in _paths(fcp, device):
                    await guest_programs.must(change.zhcp, change.userid, _CHZDEV, "-e", "zfcp-lun", path)
    except BaseException:
        if not mine:
            await change.mn.database.write(zfcp_pools.release, hcp, pool, device.lun, device.wwpn)
        raise
    change.report.info(done(f"Adding zFCP device {fcp}/{device.wwpn}/{device.lun} to {change.userid}"))


async def _remove(change: Change) -> None:
    """``FCP WWPN LUN [PERSIST]``: PERSIST 1 or YES keeps it reserved for the guest."""
    fcp, wwpn = names.vdev(change.word(0)), zfcp_pools.ports(change.word(1))
    lun, hcp = zfcp_pools.digits(change.word(2)), change.guest.host.hcp
    device = await change.mn.database.read(zfcp_pools.owned_by, hcp, change.userid, lun, wwpn)
    if await change.is_on():
        with step(f"Removing the zFCP device from {change.userid}"):
            for path in _paths(fcp, device):
                await guest_programs.must(change.zhcp, change.userid, _CHZDEV, "-d", "zfcp-lun", path)
    to = "reserved" if change.word(3).upper() in ("1", "YES") else "free"
    await change.mn.database.write(zfcp_pools.release, hcp, device.pool, lun, device.wwpn, to)
    change.report.info(done(f"Removing zFCP device {fcp}/{device.wwpn}/{lun} from {change.userid}"))


def _paths(fcp: str, device: Device) -> list[str]:
    return [f"0.0.{fcp.lower()}:0x{wwpn}:0x{device.lun}" for wwpn in device.wwpn.split(";")]


async def _create_node(change: Change) -> None:
    """``SOURCE TARGET``: the disk that ``/dev/...`` is, under another name of ``/dev`` from now on."""
    source, target = change.word(0), _TARGET.match(change.word(1))
    if not _SOURCE.match(source) or target is None:
        raise Invalid("--createfilesysnode takes a path below /dev and a name in /dev")
    link = source.removeprefix("/dev/")
    rule = f'SUBSYSTEM=="block", ENV{{DEVLINKS}}=="*/dev/{link}*", SYMLINK+="{target[1]}"\n'
    with step(f"Creating a file system node in {change.userid}"):
        await guest_programs.write_file(change.zhcp, change.userid, _RULES.format(target[1]), rule)
        await _reload(change)
    change.report.info(done(f"Creating device/file node {change.word(1)}"))


async def _remove_node(change: Change) -> None:
    """``TARGET``."""
    target = _TARGET.match(change.word(0))
    if target is None:
        raise Invalid("--removefilesysnode takes a name in /dev")
    with step(f"Removing a file system node from {change.userid}"):
        await guest_programs.write_file(change.zhcp, change.userid, _RULES.format(target[1]), "")
        await _reload(change)
    change.report.info(done(f"Removing device/file node {change.word(0)}"))


async def _reload(change: Change) -> None:
    await guest_programs.must(change.zhcp, change.userid, _UDEVADM, "control", "--reload")
    await guest_programs.must(
        change.zhcp, change.userid, _UDEVADM, "trigger", "--subsystem-match=block", "--action=change"
    )


OPTIONS = {
    "--addzfcp": Option(_add, 4, 7),
    "--removezfcp": Option(_remove, 3, 4),
    "--createfilesysnode": Option(_create_node, 2),
    "--removefilesysnode": Option(_remove_node, 1),
}
