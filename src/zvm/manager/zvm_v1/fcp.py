# SPDX-License-Identifier: Apache-2.0
"""FCP devices of guests, and the LUNs behind them in running guests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from zvm.manager import fcp as fcp_devices
from zvm.manager import fcp_moves, scsi_volumes
from zvm.manager.errors import Invalid
from zvm.manager.scsi_volumes import Path
from zvm.manager.zvm_v1.route import INTEGER, STRING, Ask, Route, answer, array_of, object_of

_MOST_PATHS = 8

FCP = object_of(vdev=STRING, rdev=STRING, wwpn=STRING, wwnn=STRING, chpid=STRING)
DEVICE = object_of(
    rdev=STRING,
    wwpn=STRING,
    permanent_wwpn=STRING,
    chpid=STRING,
    status=STRING,
    owner=STRING,
    reserved=STRING,
)
DISK = object_of(device=STRING, wwid=STRING, bytes=INTEGER, paths=INTEGER)
PATHS = object_of(paths=array_of(object_of(vdev=STRING, wwpn=STRING, lun=STRING)))


async def all_devices(ask: Ask) -> Response:
    """Answer every FCP device, with whom CP has given it to and whom the directory has reserved it for."""

    async def of_host(host: Any) -> list[dict[str, str]]:
        async with host.zhcp() as zhcp:
            known = await fcp_devices.devices(zhcp)
            taken = await fcp_devices.reservations(ask.mn, zhcp, host.hcp) if known else {}
            return [{**asdict(item), "reserved": taken.get(item.rdev, "")} for item in known]

    found, silent = await ask.mn.hosts.ask(ask.text("host"), of_host)
    listed = [{**device, "host": host.name} for host, items in found for device in items]
    return answer({"devices": listed, "unreachable": silent})


async def reserved(ask: Ask) -> Response:
    """Answer the FCP devices of a guest, or those that it gets on the host to which it moves live."""
    guest = await ask.guest()
    if name := ask.text("host"):
        allowed = fcp_devices.ranges(ask.text("devices"))
        found = await fcp_moves.arriving(ask.mn, guest, ask.mn.hosts.named(name), allowed)
    else:
        found = await fcp_devices.of_guest(guest)
    return answer({"devices": [asdict(item) for item in found]})


async def reserve(ask: Ask) -> Response:
    """Reserve FCP devices for a guest, which need not exist yet."""
    wanted = await ask.document()
    paths, ranges, uuid = wanted.get("paths", 1), wanted.get("devices", ""), wanted.get("uuid", "")
    if isinstance(paths, bool) or not isinstance(paths, int) or not 1 <= paths <= _MOST_PATHS:
        raise Invalid(f"paths is a number from 1 to {_MOST_PATHS}")
    if not isinstance(ranges, str) or not isinstance(uuid, str):
        raise Invalid("devices and uuid are texts")
    userid, host = str(wanted.get("userid") or ""), str(wanted.get("host") or "")
    if userid and host:
        await fcp_devices.define(ask.mn, ask.name("node"), ask.mn.check_userid(userid), host)
    guest = await ask.guest()
    if host:
        guest = await fcp_devices.on_its_way(ask.mn, guest, host)
    found = await fcp_devices.reserve(ask.mn, guest, uuid, paths, fcp_devices.ranges(ranges))
    return answer({"devices": [asdict(item) for item in found]})


async def release(ask: Ask) -> Response:
    """Take its FCP devices from a guest that no longer uses a LUN behind them."""
    guest = await ask.guest()
    async with ask.mn.locked([guest.node]):
        if ask.text("force") != "true":
            await scsi_volumes.offline(guest)
        await fcp_devices.release(guest, ask.text("uuid"))
    return Response(status_code=204)


def _paths(document: Mapping[str, Any]) -> list[Path]:
    items = document.get("paths")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise Invalid("paths is a list of objects with vdev, wwpn and lun")
    return [Path.parse(item.get("vdev"), item.get("wwpn"), item.get("lun")) for item in items]


async def connect(ask: Ask) -> Response:
    """Let a running guest see a LUN."""
    paths = _paths(await ask.document())
    return answer(asdict(await scsi_volumes.connect(ask.mn, await ask.guest(), paths)))


async def disconnect(ask: Ask) -> Response:
    """Take a LUN from a running guest."""
    paths = _paths(await ask.document())
    await scsi_volumes.disconnect(ask.mn, await ask.guest(), paths)
    return Response(status_code=204)


async def extend(ask: Ask) -> Response:
    """Let a running guest see that a LUN has grown."""
    paths = _paths(await ask.document())
    return answer(asdict(await scsi_volumes.extend(ask.mn, await ask.guest(), paths)))


_LUNS = "/guests/{node}/luns"
ROUTES = (
    Route(
        "GET",
        "/fcp",
        "zvm.fcp",
        "List FCP devices",
        all_devices,
        object_of(devices=array_of(DEVICE), unreachable=array_of(STRING)),
        query={"host": "only those of this z/VM system"},
    ),
    Route(
        "GET",
        "/guests/{node}/fcp",
        "zvm.fcp",
        "List the FCP devices of a guest",
        reserved,
        object_of(devices=array_of(FCP)),
        query={
            "host": "those that the guest would have after a live migration to this z/VM system",
            "devices": "with host: ranges of device numbers that guests may have there, default all",
        },
    ),
    Route(
        "POST",
        "/guests/{node}/fcp",
        "zvm.fcp",
        "Reserve FCP devices for a guest",
        reserve,
        object_of(devices=array_of(FCP)),
        body={
            "type": "object",
            "properties": {
                "uuid": STRING,
                "paths": INTEGER,
                "devices": STRING,
                "userid": STRING,
                "host": STRING,
            },
            "required": ["uuid"],
        },
    ),
    Route(
        "DELETE",
        "/guests/{node}/fcp",
        "zvm.fcp",
        "Take its FCP devices from a guest",
        release,
        "",
        query={"uuid": "the instance's id", "force": "true: do not set them offline in the guest before"},
    ),
    Route("POST", _LUNS, "zvm.luns", "Let a running guest see a LUN", connect, DISK, body=PATHS),
    Route(
        "POST",
        f"{_LUNS}/disconnect",
        "zvm.luns",
        "Take a LUN from a running guest",
        disconnect,
        "",
        body=PATHS,
    ),
    Route(
        "POST",
        f"{_LUNS}/extend",
        "zvm.luns",
        "Let a guest see that a LUN has grown",
        extend,
        DISK,
        body=PATHS,
    ),
)
