# SPDX-License-Identifier: Apache-2.0
"""LUNs over iSCSI in running guests: CP has no initiator, so open-iscsi in the guest is told what to do.

Sessions are made by an interface record of their own (``iscsiadm -m iface``), so that the guest's own
initiator name stays what it is. A target's record says ``node.startup = automatic``: a guest that boots anew
by itself finds its volumes again. The password for CHAP is written into that record, a file that open-iscsi
makes for root alone (0600); it is in no command line, log or message. All verbs may be repeated.

Source: iscsiadm(8) with its exit codes; systemd, udev-builtin-path_id.c, for the names below /dev/disk.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from zvm.manager import guest_devices, guest_programs, guests
from zvm.manager.errors import Invalid, ManagerError, Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

LOG = logging.getLogger(__name__)

#: The interface record whose initiator name is the one that Cinder knows.
_INTERFACE = "nova"
#: Where distributions keep target records; one that a guest does not have does no harm.
_RECORDS = ("/etc/iscsi/nodes", "/var/lib/iscsi/nodes")
_IQN = re.compile(r"(?:iqn|eui|naa)\.[A-Za-z0-9][A-Za-z0-9._:-]{0,218}\Z")
_SECRET = re.compile(r"[!-~]{1,255}\Z")
_MOST_LUNS = 1 << 14
#: iscsiadm's exit codes: a session is there already; no record, session or portal of this kind.
_SESSION_EXISTS, _NO_OBJECTS = 15, 21
#: Seconds that a login may take: open-iscsi tries a portal that does not answer several times.
_LOGIN = 180.0
#: How often, and how many seconds apart, it is looked for a disk that udev has not named yet.
_LOOKS, _PAUSE = 10, 0.5
_UNMOUNT = "unmount it in the guest"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a LUN is.

    :ivar portal: ``address:port``, IPv4.
    :ivar iqn: the target's name.
    :ivar lun: its number.
    """

    portal: str
    iqn: str
    lun: int

    def check(self) -> None:
        """Check the grammar of each part.

        :raises Invalid: one breaks its rule.
        """
        address, _, port = self.portal.rpartition(":")
        try:
            ipaddress.IPv4Address(address)
        except ValueError:
            raise Invalid("a portal is an IPv4 address, a colon and a port") from None
        if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 1 << 16:
            raise Invalid("the port of a portal is a number from 1 to 65535")
        if not _IQN.match(self.iqn):
            raise Invalid("the name of a target is an iqn, eui or naa")
        if not 0 <= self.lun < _MOST_LUNS:
            raise Invalid(f"a LUN is a number from 0 to {_MOST_LUNS - 1}")

    @property
    def links(self) -> str:
        """What the links to all LUNs of the target begin with, below /dev/disk/by-path."""
        return f"ip-{self.portal}-iscsi-{self.iqn}-lun-"

    @property
    def device(self) -> str:
        """The link to the LUN."""
        lun = str(self.lun) if self.lun < 1 << 8 else f"0x{self.lun:04x}000000000000"
        return f"/dev/disk/by-path/{self.links}{lun}"

    @property
    def words(self) -> tuple[str, ...]:
        """The words that name the target for iscsiadm."""
        return ("iscsiadm", "-m", "node", "-T", self.iqn, "-p", self.portal)


@dataclass(frozen=True, slots=True)
class Login:
    """How the guest logs in; without ``user`` the target wants no password."""

    initiator: str
    user: str = ""
    password: str = field(default="", repr=False)

    def check(self) -> None:
        """Check the grammar of each part; no message ever has the password.

        :raises Invalid: one breaks its rule.
        """
        if not _IQN.match(self.initiator):
            raise Invalid("the name of an initiator is an iqn, eui or naa")
        if self.user and not (_SECRET.match(self.user) and _SECRET.match(self.password)):
            raise Invalid("user and password for CHAP have 1 to 255 visible ASCII characters without blanks")


@dataclass(frozen=True, slots=True)
class Disk:
    """A LUN as the guest sees it: the name that stays, its size; empty of a guest that is off."""

    device: str = ""
    bytes: int = 0


async def connect(
    mn: ManagementNode, guest: GuestNode, target: Target, login: Login, keep: Sequence[Target] | None = None
) -> Disk:
    """Let a running guest log in to a target and see a LUN; one that is off sees it later.

    :param keep: the other targets that the guest uses: before it logs in it is rid of further ones, left by
        an attachment that broke off or by a volume detached while it was off. None: it is rid of none.
    :raises zhcp_errors.Refused: it cannot: no open-iscsi, no way to the portal, a wrong password, no such
        LUN; what was done is undone.
    :raises zhcp_errors.Unreachable: no agent answers in the guest; what was done is undone.
    """
    target.check()
    login.check()
    for other in keep or ():
        other.check()
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if not await guests.is_on(zhcp, guest):
            return Disk()
        size = await _size(zhcp, guest.userid, target)
        if size is None:
            if keep is not None:
                await _tidy(zhcp, guest.userid, [target, *keep])
            try:
                await _log_in(zhcp, guest.userid, target, login)
                size = await _found(zhcp, guest.userid, target)
            except BaseException:
                await _undo(zhcp, guest.userid, target)
                raise
        return Disk(target.device, size)


async def disconnect(mn: ManagementNode, guest: GuestNode, target: Target) -> None:
    """Take a LUN from a running guest, with its last LUN the target; what is not there does no harm.

    :raises Refused: the guest uses it.
    """
    target.check()
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if await guests.is_on(zhcp, guest):
            await _take(zhcp, guest.userid, target)


async def extend(mn: ManagementNode, guest: GuestNode, target: Target) -> Disk:
    """Let a running guest see the new size of a LUN.

    :raises Refused: the guest does not see the LUN at all.
    """
    target.check()
    async with mn.locked([guest.node]), guest.host.zhcp() as zhcp:
        if not await guests.is_on(zhcp, guest):
            return Disk()
        if await _size(zhcp, guest.userid, target) is None:
            raise Refused(
                f"{guest.userid} does not see LUN {target.lun} of {target.iqn}",
                next_step="detach the volume and attach it again",
            )
        await guest_programs.must(zhcp, guest.userid, *target.words, "--rescan")
        return Disk(target.device, await _size(zhcp, guest.userid, target) or 0)


async def _size(zhcp: ZhcpClient, userid: str, target: Target) -> int | None:
    """Return the size of the LUN in bytes, None when the guest does not see it."""
    ended = await guest_programs.run(zhcp, userid, "blockdev", "--getsize64", target.device)
    return None if ended.code else int(ended.out)


async def _log_in(zhcp: ZhcpClient, userid: str, target: Target, login: Login) -> None:
    """Make a session, or look for new LUNs on the one there is."""
    if await _session(zhcp, userid, target):
        await guest_programs.must(zhcp, userid, *target.words, "--rescan")
        return
    named = ("iscsiadm", "-m", "iface", "-I", _INTERFACE)
    name = (*named, "-o", "update", "-n", "iface.initiatorname", "-v", login.initiator)
    if (await guest_programs.run(zhcp, userid, *name)).code:
        await guest_programs.must(zhcp, userid, *named, "-o", "new")
        await guest_programs.must(zhcp, userid, *name)
    await _forget(zhcp, userid, target)
    await guest_programs.must(zhcp, userid, *target.words, "-I", _INTERFACE, "-o", "new")
    await _complete(zhcp, userid, target, login)
    words = (*target.words, "--login")
    ended = await guest_programs.run(zhcp, userid, *words, timeout=_LOGIN)
    if ended.code not in (0, _SESSION_EXISTS):
        raise guest_programs.refused(userid, words, ended)


async def _session(zhcp: ZhcpClient, userid: str, target: Target) -> bool:
    """Return whether the guest is logged in to the target."""
    words = ("iscsiadm", "-m", "session")
    ended = await guest_programs.run(zhcp, userid, *words)
    if ended.code not in (0, _NO_OBJECTS):
        raise guest_programs.refused(userid, words, ended)
    wanted = re.compile(rf"{re.escape(target.portal)},-?\d+ {re.escape(target.iqn)}(?: |\Z)")
    return any(wanted.search(line) for line in ended.out.splitlines())


async def _complete(zhcp: ZhcpClient, userid: str, target: Target, login: Login) -> None:
    """Write into the target's record how to log in, and that this is done at each boot."""
    settings = {"node.startup": "automatic"}
    if login.user:
        settings |= {
            "node.session.auth.authmethod": "CHAP",
            "node.session.auth.username": login.user,
            "node.session.auth.password": login.password,
        }
    address, _, port = target.portal.rpartition(":")
    ended = await guest_programs.run(zhcp, userid, "find", *_RECORDS, "-type", "f")
    beginning = re.compile(rf"/{re.escape(target.iqn)}/{re.escape(address)},{port}(?:[,/]|\Z)")
    paths = [path for path in ended.out.splitlines() if beginning.search(path)]
    if not paths:
        raise Refused(
            f"open-iscsi in {userid} has made no record of {target.iqn} below {' or '.join(_RECORDS)}",
            next_step="see where open-iscsi keeps its records in this guest",
        )
    for path in paths:
        before = (await guest_programs.read_file(zhcp, userid, path)).splitlines()
        lines = [line for line in before if line.partition(" = ")[0] not in settings]
        lines[1:1] = [f"{key} = {value}" for key, value in settings.items()]  # after "# BEGIN RECORD"
        await guest_programs.write_file(zhcp, userid, path, "\n".join([*lines, ""]))


async def _found(zhcp: ZhcpClient, userid: str, target: Target) -> int:
    """Wait for the LUN and return its size in bytes.

    :raises zhcp_errors.Refused: it does not come.
    """
    for look in range(_LOOKS):
        if look:
            await asyncio.sleep(_PAUSE)
        size = await _size(zhcp, userid, target)
        if size is not None:
            return size
    raise zhcp_errors.Refused(
        f"{userid} is logged in to {target.iqn} and sees no LUN {target.lun} there",
        function="iscsiadm",
        target=userid,
        explanation=f"the target shows the guest no LUN {target.lun}",
        next_step="see whether the storage server lets the guest's initiator name at the LUN",
    )


async def _take(zhcp: ZhcpClient, userid: str, target: Target) -> None:
    """Take the LUN away, and the target with its last one.

    :raises Refused: the guest uses the LUN.
    """
    if await _size(zhcp, userid, target) is not None:
        await guest_devices.check_unused(zhcp, userid, target.device, _UNMOUNT)
        await guest_programs.must(zhcp, userid, "blockdev", "--flushbufs", target.device)
        kernel = (await guest_programs.must(zhcp, userid, "readlink", "-f", target.device)).strip()
        name = kernel.removeprefix("/dev/")
        if not re.fullmatch(r"sd[a-z]{1,4}", name):
            raise Refused(f"{target.device} of {userid} is {kernel}, which is no SCSI disk")
        await guest_programs.write_file(zhcp, userid, f"/sys/block/{name}/device/delete", "1")
    if not await _links(zhcp, userid, target):
        await _log_out(zhcp, userid, target)


async def _tidy(zhcp: ZhcpClient, userid: str, keep: Sequence[Target]) -> None:
    """Let the guest forget targets of ours that none of its volumes is behind; one in use stays."""
    kept = {(item.iqn, item.portal) for item in keep}
    iqn = portal = ""
    known = await guest_programs.run(zhcp, userid, "iscsiadm", "-m", "node", "-P", "1")
    for line in known.out.splitlines():
        name, _, value = line.strip().partition(": ")
        if name == "Target":
            iqn = value
        elif name == "Portal":
            portal = value.partition(",")[0]
        elif name == "Iface Name" and value == _INTERFACE and (iqn, portal) not in kept:
            await _leave(zhcp, userid, Target(portal, iqn, 0))


async def _leave(zhcp: ZhcpClient, userid: str, target: Target) -> None:
    """Log out of a target and forget it. Never raises: what the guest still uses there is its own affair."""
    try:
        target.check()
        for device in await _links(zhcp, userid, target):
            await guest_devices.check_unused(zhcp, userid, device, _UNMOUNT)
        await _log_out(zhcp, userid, target)
        LOG.info("%s has forgotten %s, behind which it has no volume", userid, target.iqn)
    except (zhcp_errors.ZhcpError, ManagerError) as error:
        LOG.warning("%s was not rid of %s: %s", userid, target.iqn, error)


async def _links(zhcp: ZhcpClient, userid: str, target: Target) -> list[str]:
    """Return the links to all LUNs of the target that the guest sees."""
    words = ("find", "/dev/disk/by-path", "-name", f"{target.links}[0-9]*")
    return (await guest_programs.run(zhcp, userid, *words)).out.splitlines()


async def _log_out(zhcp: ZhcpClient, userid: str, target: Target) -> None:
    await _without(zhcp, userid, *target.words, "--logout")
    await _forget(zhcp, userid, target)


async def _forget(zhcp: ZhcpClient, userid: str, target: Target) -> None:
    await _without(zhcp, userid, *target.words, "-o", "delete")


async def _without(zhcp: ZhcpClient, userid: str, *words: str) -> None:
    """Run an iscsiadm that takes away what need not be there."""
    ended = await guest_programs.run(zhcp, userid, *words)
    if ended.code not in (0, _NO_OBJECTS):
        raise guest_programs.refused(userid, words, ended)


async def _undo(zhcp: ZhcpClient, userid: str, target: Target) -> None:
    """Take away what a connect that failed has made. Never raises: what made it fail is what matters."""
    try:
        await _take(zhcp, userid, target)
    except (zhcp_errors.ZhcpError, ManagerError) as error:
        LOG.warning("%s was not rid of %s: %s", userid, target.iqn, error)
