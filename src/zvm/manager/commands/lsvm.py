# SPDX-License-Identifier: Apache-2.0
"""``lsvm``: a guest's directory entry, whether it has a network card, or what its z/VM system has.

The query of the URL says what: a key is an option without its dashes (``checknics=1000``), or ``field`` names
one.
"""

from __future__ import annotations

from zvm.directory import passwords
from zvm.directory.names import vdev
from zvm.manager import guests
from zvm.manager.commands import rinv_host, rinv_queries
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.errors import Refused
from zvm.manager.hosts import Host
from zvm.manager.service import ManagementNode
from zvm.manager.tables.rows import select_row
from zvm.xcat import envelope
from zvm.xcat.envelope import Response

#: Options about the system → the question of ``rinv``, and words put before the caller's.
OF_THE_HOST: dict[str, str] = {
    "--diskpool": "--diskpool",
    "--diskpoolnames": "--diskpoolnames",
    "--getnetwork": "--network",
    "--getnetworknames": "--networknames",
    "--network": "--network",
    "--networknames": "--networknames",
    "--queryalldisks": "--systemdisk",
    "--querydisk": "--systemdisk",
    "--querypagevolumes": "--pagevolumes",
    "--queryspoolvolumes": "--spoolvolumes",
    "--userprofilenames": "--userprofilenames",
    "--zfcppool": "--zfcppool",
    "--zfcppoolnames": "--zfcppoolnames",
}


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer for each node."""
    what, words = _asked(call)

    async def one(node: str, report: Report) -> None:
        if what == "":
            report.lines(await _entry(mn, node))
        elif what == "--checknics":
            await _check_nic(mn, node, words[0] if words else "")
            report.raw(envelope.info(""))
        elif what in OF_THE_HOST:
            report.lines(await _of_the_host(mn, await host_of(mn, node), OF_THE_HOST[what], words))
        else:
            raise Refused(f"Option '{what}' not supported on lsvm")

    return await each(call, one)


def _asked(call: Call) -> tuple[str, tuple[str, ...]]:
    """Return the option and its words."""
    for key, values in call.options.items():
        if f"--{key}" in OF_THE_HOST or key == "checknics":
            return f"--{key}", tuple(word for value in values for word in value.split(" ") if word)
    fields = [word for value in call.options.get("field", ()) for word in value.split(" ") if word]
    return (fields[0], tuple(fields[1:])) if fields else ("", ())


async def _entry(mn: ManagementNode, node: str) -> list[str]:
    """Return the directory entry, a record a line; passwords are shown as X'es."""
    guest = await mn.guest(node)
    with step(f"Getting the directory entry of {guest.userid}"):
        async with guest.host.zhcp() as zhcp:
            return passwords.masked(await guests.entry_of(zhcp, guest.userid)).records()


async def _check_nic(mn: ManagementNode, node: str, nic: str) -> None:
    guest = await mn.guest(node)
    with step(f"Getting the directory entry of {guest.userid}"):
        async with guest.host.zhcp() as zhcp:
            card = (await guests.entry_of(zhcp, guest.userid)).nic(vdev(nic))
    if card is None or not card.lan_name:
        raise Refused(f"not able to find {nic} in user direct")


async def host_of(mn: ManagementNode, node: str) -> Host:
    """Return the z/VM system that a node is, or that it is a guest or the zHCP of."""
    row = await mn.database.read(select_row, "zvm", {"node": node})
    if row is None or not row["hcp"]:
        raise Refused(f"{node} belongs to no z/VM system")
    return mn.hosts.of_node(row["hcp"])


async def _of_the_host(mn: ManagementNode, host: Host, question: str, words: tuple[str, ...]) -> list[str]:
    if question in rinv_queries.QUESTIONS:
        return await rinv_queries.QUESTIONS[question](mn, host, words)
    return await rinv_host.QUESTIONS[question](host, words)
