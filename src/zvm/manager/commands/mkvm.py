# SPDX-License-Identifier: Apache-2.0
"""``mkvm``: creates the directory entry of a guest.

xCAT's keys: profile, cpu, memory, privilege, password, logonby, ipl (imagename and osimage change nothing).
Or ``FILE``, ``file=FILE``: a directory entry; or ``NODE``, ``clone=NODE`` with ``pool=`` and ``pw=``: a copy
of that guest. Ours: ``share=RELATIVE 200`` (SHARE), ``iopriority=RELATIVE 1 9`` (IOPRIORITY),
``dedicate=yes`` (CPU ... DEDICATE), ``maxcpu=4`` (MACHINE), ``maxmemory=8192m`` (USER, and the rest of it as
standby storage), and, repeatable::

    nic=1000,vswitch=VSW1,mac=02:00:06:12:34:56[,vlan=10][,port=UUID][,ip=10.0.0.5]

The query key ``objectid`` is the instance's uuid: it marks the entry as the cloud's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy import Connection

from zvm.directory import Entry, Include, marked_uuid
from zvm.manager import fcp, guests, noderange, vlans
from zvm.manager.commands import grants, mkvm_clone
from zvm.manager.commands.base import Call, Report, StepFailed, each, step
from zvm.manager.definition import Nic, build, marked_as
from zvm.manager.errors import Refused
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables.rows import delete_rows, upsert
from zvm.xcat.envelope import Response
from zvm.xcat.smcli_text import done
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Create the entry of each node."""
    asked = () if mn.config.only_xcat else call.args
    nics = [Nic.parse(arg.removeprefix("nic=")) for arg in asked if arg.startswith("nic=")]

    async def one(node: str, report: Report) -> None:
        guest = await mn.guest(node)
        if guest.uuid and guest.uuid != marked_as(call.objectid):
            raise Refused(f"the node {node} is the guest of another instance, {guest.uuid}")
        if (pattern := _pattern(call)) is not None:
            mn.check_userid(guest.userid)
            await pattern(mn, guest, report)
            return
        entry = build(mn.check_userid(guest.userid), call.pairs(), nics, call.objectid)
        async with guest.host.zhcp() as zhcp:
            await _create(mn, zhcp, guest, entry, report, call.objectid, nics)

    return await each(call, one)


def _pattern(call: Call) -> Callable[[ManagementNode, GuestNode, Report], Awaitable[None]] | None:
    """Return how the guest is made after a file or another node; None: after words.

    A single argument without ``=`` is a file when it holds a slash, else a node, as in xCAT.
    """
    wanted = call.pairs()
    bare = [argument for argument in call.args if "=" not in argument and not argument.startswith("-")]
    source = wanted.get("clone", "") or next((name for name in bare if "/" not in name), "")
    file = wanted.get("file", "") or next((name for name in bare if "/" in name), "")
    if wanted.get("memory") or not (source or file):
        return None
    if file:
        return lambda mn, guest, report: mkvm_clone.from_file(mn, guest, file, call.objectid, report)
    return lambda mn, guest, report: mkvm_clone.from_guest(mn, guest, source, wanted, call.objectid, report)


async def _create(
    mn: ManagementNode,
    zhcp: ZhcpClient,
    guest: GuestNode,
    entry: Entry,
    report: Report,
    uuid: str,
    nics: list[Nic],
) -> None:
    sentence = f"Defining {guest.userid} in the directory"
    # Written down first: a kill from here on leaves a node that says whose the entry is.
    await mn.database.write(_record, guest.node, marked_as(uuid) or "", nics)
    created = False
    try:
        with step(sentence):
            try:
                await _make(zhcp, guest, entry)
            except zhcp_errors.Refused as error:
                entry = await _in_place_of_reservation(zhcp, guest, entry, uuid, error)
                await _make(zhcp, guest, entry)
        created = True
        report.info(done(sentence) + "\n\n")
        if guest.host.options.grants:
            for vswitch in dict.fromkeys(nic.vswitch for nic in nics):
                await grants.grant(mn, zhcp, guest, vswitch, vlan=vlans.wanted_on(entry.nics(), vswitch))
                report.info(done(f"Granting VSwitch ({vswitch}) access for {guest.userid}") + "\n\n")
    except Exception as error:
        cause = error.__cause__
        if isinstance(cause, zhcp_errors.OutcomeUnknown):
            raise  # the node keeps its uuid, so that a delete can look for the entry's mark
        if created:
            await _undo(mn, zhcp, guest)
        if created or not guest.uuid:
            await mn.database.write(_unrecord, guest.node)
        if isinstance(cause, zhcp_errors.Refused) and not created:
            raise StepFailed(sentence, _told(cause, guest, entry)) from error
        raise


async def _make(zhcp: ZhcpClient, guest: GuestNode, entry: Entry) -> None:
    await zhcp.smapi("Image_Create_DM", guest.userid, {"image_record_array": entry.records()})


async def _in_place_of_reservation(
    zhcp: ZhcpClient, guest: GuestNode, entry: Entry, uuid: str, refused: zhcp_errors.Refused
) -> Entry:
    """Remove the entry that holds FCP devices for this instance; return the new entry, which takes them over.

    :raises zhcp_errors.Refused: ``refused``; what is there is a guest, or another instance's.
    """
    if (refused.rc, refused.rs) != (400, 8):
        raise refused
    found = await guests.entry_of(zhcp, guest.userid)
    if not fcp.is_placeholder(found) or marked_uuid(found) != marked_as(uuid):
        raise refused
    await zhcp.smapi("Image_Delete_DM", guest.userid, {"data_security_erase": 1})
    for device in fcp.dedicated(found):
        entry = entry.with_statement(device)
    return entry


async def _undo(mn: ManagementNode, zhcp: ZhcpClient, guest: GuestNode) -> None:
    await grants.revoke_all(mn, zhcp, guest)
    await zhcp.smapi("Image_Delete_DM", guest.userid, {"data_security_erase": 1})


def _told(cause: zhcp_errors.Refused, guest: GuestNode, entry: Entry) -> zhcp_errors.Refused:
    """Return the refusal with the names that SMAPI's text leaves out."""
    if (cause.rc, cause.rs) == (436, 4):
        profiles = ", ".join(item.profile for item in entry.find(Include))
        return cause.retold(
            f"the profile {profiles} does not exist",
            f"create the profile {profiles} on {guest.host.name}, or use another one",
        )
    if (cause.rc, cause.rs) == (400, 8):
        return cause.retold(
            f"{cause.explanation or cause.message}: {guest.userid}",
            cause.next_step or f"choose another userid than {guest.userid}",
        )
    return cause


def _record(connection: Connection, node: str, uuid: str, nics: list[Nic]) -> None:
    if uuid:
        upsert(connection, "zvm", {"node": node}, {"comments": noderange.comment(uuid)})
    for nic in nics:
        card = {"node": node, "interface": nic.vdev}
        upsert(connection, "mac", card, {"mac": nic.mac})
        switch = {"switch": nic.vswitch, "port": nic.port, "vlan": nic.vlan}
        upsert(connection, "switch", card, switch)
        if nic.ip:
            upsert(connection, "hosts", {"node": node}, {"ip": nic.ip, "hostnames": node})


def _unrecord(connection: Connection, node: str) -> None:
    upsert(connection, "zvm", {"node": node}, {"comments": ""})
    for table in ("mac", "switch", "hosts"):
        delete_rows(connection, table, {"node": node})
