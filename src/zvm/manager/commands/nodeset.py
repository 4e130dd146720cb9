# SPDX-License-Identifier: Apache-2.0
"""``nodeset``: puts an image on a guest's disk and a file for its first boot into its reader.

Arguments: ``netboot`` (or ``raw``, ``sysclone``), ``device=``, ``osimage=``, ``transport=`` with the id of a
file stored by ``PUT /zvm/v1/transports``. Without an image only the reader is filled: the guest boots from a
volume. With ``remotehost=user@host`` the file is at that path there, where the operator allows it.
"""

from __future__ import annotations

from zvm.directory.names import vdev
from zvm.manager import reader_files
from zvm.manager.commands.base import Call, Report, each, step
from zvm.manager.errors import Invalid
from zvm.manager.reader_files import ReaderFile
from zvm.manager.service import GuestNode, ManagementNode
from zvm.manager.tables.rows import select_row, upsert
from zvm.xcat.envelope import Response
from zvm.xcat.smcli_text import done
from zvm.zhcp.client import ZhcpClient

METHODS = ("netboot", "raw", "sysclone")
READER_CLASS = "X"


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Deploy to each node."""
    wanted = call.pairs()
    if not any(method in wanted for method in METHODS):
        raise Invalid(f"Option not supported: the first argument is one of {', '.join(METHODS)}")
    image, transport = wanted.get("osimage", ""), wanted.get("transport", "")
    if not transport and not (image and wanted.get("device")):
        raise Invalid("device= and osimage= are needed, or transport= for a guest that boots from a volume")
    device = vdev(wanted["device"]) if image else ""

    async def one(node: str, report: Report) -> None:
        guest = await mn.guest(node)
        mn.check_userid(guest.userid)
        remotehost = wanted.get("remotehost", "")
        file = await reader_files.find(mn, node, transport, remotehost) if transport else None
        if image:
            report.info("Deploying the image using the zHCP node")
            with step(f"Deploying the image {image} to {guest.userid} {device}"):
                await mn.goldens.deploy(guest.host, image, guest.userid, device, call.progress)
        async with guest.host.zhcp() as zhcp:
            if file is not None:
                call.progress.at("filling the reader", 95)
                await punch(zhcp, guest, file, report)
        await mn.transports.forget(node)
        if image:
            await mn.database.write(upsert, "nodetype", {"node": node}, await _type(mn, image))
        await mn.database.write(upsert, "noderes", {"node": node}, {"netboot": "zvm"})
        report.info(f"Completed deploying image({image})")

    return await each(call, one)


async def punch(zhcp: ZhcpClient, guest: GuestNode, file: ReaderFile, report: Report) -> None:
    """Empty the guest's reader and put a file into it."""
    with step("Purging reader"):
        await zhcp.purge_spool(guest.userid)
    report.info(done("Purging reader"))
    sentence = f"Punching {file.label} to reader"
    with step(sentence):
        await zhcp.punch(guest.userid, file.content, name=file.name, type=file.type, spool_class=READER_CLASS)
    report.info(done(sentence))


async def _type(mn: ManagementNode, image: str) -> dict[str, str]:
    row = await mn.database.read(select_row, "osimage", {"imagename": image}) or {}
    return {
        "os": row.get("osvers", ""),
        "arch": row.get("osarch", ""),
        "profile": row.get("profile", ""),
        "provmethod": row.get("provmethod", ""),
    }
