# SPDX-License-Identifier: Apache-2.0
"""The options of ``chhypervisor`` about pools of SCSI disks."""

from __future__ import annotations

from zvm.directory import names
from zvm.manager import zfcp_pools
from zvm.manager.commands.hypervisor_change import HostChange, HostOption
from zvm.manager.errors import NotSupported
from zvm.manager.zfcp_pools import Device
from zvm.xcat.smcli_text import done


async def _add(change: HostChange) -> None:
    """``POOL STATUS WWPN LUN SIZE [RANGE OWNER]``."""
    pool = zfcp_pools.pool_name(change.word(0))
    zfcp_pools.octets(change.word(4))
    owner = change.word(6)
    device = Device(
        pool,
        zfcp_pools.ports(change.word(2)),
        zfcp_pools.digits(change.word(3)),
        zfcp_pools.status(change.word(1)),
        change.word(4),
        zfcp_pools.device_range(change.word(5)),
        names.userid(owner) if owner else "",
    )
    if await change.mn.database.write(zfcp_pools.add, change.host.hcp, device):
        change.report.info(f"New zFCP device pool {pool} created")
    change.report.info(done(f"Adding zFCP device to {pool} pool"))


async def _remove(change: HostChange) -> None:
    """``POOL LUN WWPN``."""
    pool, lun, wwpn = _named(change)
    await change.mn.database.write(zfcp_pools.remove, change.host.hcp, pool, lun, wwpn)
    change.report.info(done(f"Removing zFCP device {lun} from {pool} pool"))


async def _release(change: HostChange) -> None:
    """``POOL LUN WWPN``."""
    pool, lun, wwpn = _named(change)
    await change.mn.database.write(zfcp_pools.release, change.host.hcp, pool, lun, wwpn)
    change.report.info(done(f"Releasing zFCP device {lun} from {pool} pool"))


async def _reserve(change: HostChange) -> None:
    """``POOL STATUS OWNER FCP SIZE [WWPN LUN]``: the one told, or a free one of that size."""
    pool = zfcp_pools.pool_name(change.word(0))
    owner, fcp = change.mn.check_userid(change.word(2)), change.word(3, "auto")
    wanted = Device(
        pool,
        zfcp_pools.ports(change.word(5)) if change.word(5) else "",
        zfcp_pools.digits(change.word(6)) if change.word(6) else "",
        zfcp_pools.status(change.word(1, "reserved")),
        owner=owner,
        channel="" if fcp == "auto" else names.vdev(fcp),
    )
    least = zfcp_pools.octets(change.word(4))
    device, _ = await change.mn.database.write(
        lambda connection: zfcp_pools.reserve(connection, change.host.hcp, pool, wanted, least=least)
    )
    change.report.info(done(f"Reserving zFCP device {device.wwpn}/{device.lun} of {pool} pool for {owner}"))


def _named(change: HostChange) -> tuple[str, str, str]:
    pool = zfcp_pools.pool_name(change.word(0))
    wwpn = zfcp_pools.ports(change.word(2)) if change.word(2) else ""
    return pool, zfcp_pools.digits(change.word(1)), wwpn


async def _no_disk(change: HostChange) -> None:
    raise NotSupported(
        "a zHCP has no FCP device of its own: the content of SCSI disks is not read or written"
    )


OPTIONS = {
    "--addzfcp2pool": HostOption(_add, 4, 7),
    "--removezfcpfrompool": HostOption(_remove, 2, 3),
    "--releasezfcp": HostOption(_release, 2, 3),
    "--reservezfcp": HostOption(_reserve, 5, 7),
    "--copyzfcp": HostOption(_no_disk, 0, 9),
    "--capturezfcp": HostOption(_no_disk, 0, 9),
    "--deployzfcp": HostOption(_no_disk, 0, 9),
}
