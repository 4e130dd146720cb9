# SPDX-License-Identifier: Apache-2.0
"""``rmigrate`` and ``revacuate``: move guests to another member of the z/VM cluster while they run.

Arguments of ``rmigrate``: ``destination=`` (the system's own name, its node or its zHCP), ``action=`` test,
move or cancel, ``immediate=``, ``max_total=``, ``max_quiesce=`` (seconds or NOLIMIT) and ``force=``
(architecture, domain, storage). ``revacuate DESTINATION`` moves every guest of a system that is logged on.
"""

from __future__ import annotations

import asyncio

from zvm.manager import relocation
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.commands.lsvm import host_of
from zvm.manager.errors import Invalid, NotFound, Refused
from zvm.manager.hosts import Host
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables.rows import select_rows
from zvm.xcat.envelope import Response
from zvm.xcat.smcli_text import done
from zvm.zhcp.errors import ZhcpError

#: Seconds between two looks at a relocation, and that one may take when nobody limits it.
_PAUSE, _PATIENCE = 1.0, 7200.0
_FORCE = ("ARCHITECTURE", "DOMAIN", "STORAGE")


async def rmigrate(mn: ManagementNode, call: Call) -> list[Response]:
    """Move each guest, or say whether it could be moved."""
    wanted = {key.lower(): value for key, value in call.pairs().items()}
    action = wanted.get("action", "move").lower()
    if action not in ("test", "move", "cancel"):
        raise Invalid(f"'{action}' is none of the actions test, move and cancel")
    force = tuple(wanted.get("force", "").upper().split())
    if wrong := [word for word in force if word not in _FORCE]:
        raise Invalid(f"force= takes {', '.join(_FORCE).lower()}, not '{wrong[0]}'")
    immediate = wanted.get("immediate", "no").lower() == "yes"
    limits = (_seconds(wanted, "max_total"), _seconds(wanted, "max_quiesce"))

    async def one(node: str, report: Report) -> None:
        guest = await mn.guest(node)
        mn.check_userid(guest.userid)
        sentence = f"VMRELOCATE {guest.userid}"
        with step(sentence):
            if action == "cancel":
                await relocation.cancel(mn, guest)
                report.info(done(sentence) + "\n")
                return
            destination = await _destination(mn, wanted.get("destination", ""))
            if action == "test":
                await relocation.check(mn, guest, destination, force)
            else:
                await relocation.start(
                    mn,
                    guest,
                    destination,
                    force=force,
                    immediate=immediate,
                    max_total=limits[0],
                    max_quiesce=limits[1],
                )
                await _moved(mn, guest, destination, call)
        report.info(done(sentence) + "\n")

    return await each(call, one, at_once=2)


async def revacuate(mn: ManagementNode, call: Call) -> list[Response]:
    """Move the guests of each system, one after the other; those that cannot go are told and stay."""
    words = [word for argument in call.args for word in argument.split(" ") if word]
    if len(words) != 1:
        raise Invalid("revacuate takes the destination alone")

    async def one(node: str, report: Report) -> None:
        source = await host_of(mn, node)
        destination = await _destination(mn, words[0].removeprefix("destination="))
        for guest in await _guests(mn, source):
            sentence = f"VMRELOCATE {guest.userid}"
            try:
                with step(sentence):
                    await relocation.start(mn, guest, destination)
                    await _moved(mn, guest, destination, call)
            except Exception as error:  # becomes this guest's error; the others go on
                told = Report(guest.node)
                told.failed(error)
                report.responses += told.responses
            else:
                report.info(done(sentence))

    return await each(call, one, at_once=1)


async def _guests(mn: ManagementNode, host: Host) -> list[GuestNode]:
    """Return the guests of a system that are logged on there and may be touched."""
    async with host.zhcp() as zhcp:
        on = {guest.userid for guest in await zhcp.guests()}
    found = []
    for row in await mn.database.read(select_rows, "zvm", {"hcp": host.hcp}):
        if row["userid"].upper() not in on:
            continue
        try:
            mn.check_userid(row["userid"])
        except (Invalid, Refused):  # z/VM's own service machines stay
            continue
        found.append(await mn.guest(row["node"]))
    return found


async def _destination(mn: ManagementNode, name: str) -> Host:
    """Return the system that is meant.

    :raises Invalid: none is named.
    :raises NotFound: there is no such system.
    """
    if not name:
        raise Invalid("destination= is needed")
    try:
        return mn.hosts.named(name)
    except NotFound:
        for host in mn.hosts.all():
            if host.down:
                continue
            try:
                if (await host.member()).system == name.upper():
                    return host
            except ZhcpError:
                continue
        raise


async def _moved(mn: ManagementNode, guest: GuestNode, destination: Host, call: Call) -> None:
    """Wait until the guest has arrived.

    :raises Refused: it stayed where it was, or went on too long.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + _PATIENCE
    while clock() < deadline:
        now = await relocation.state(mn, guest)
        if now.state == "idle" and now.host is destination:
            return
        if now.state == "idle":
            raise Refused(
                f"the relocation of {guest.userid} ended, and it is still on {now.host.name}",
                next_step="see its console, and whether max_total or max_quiesce was too small",
            )
        call.progress.at(now.relocation.status if now.relocation else "moving")
        await asyncio.sleep(_PAUSE)
    raise Refused(f"the relocation of {guest.userid} still goes on after {_PATIENCE:.0f} s")


def _seconds(wanted: dict[str, str], name: str) -> int | None:
    """Return a limit in seconds, None for none."""
    text = wanted.get(name, "nolimit").lower()
    if text in ("nolimit", ""):
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 99999999:
        raise Invalid(f"{name}={text[:20]} is neither NOLIMIT nor a number of seconds")
    return int(text)
