# SPDX-License-Identifier: Apache-2.0
"""Real DASD of guests: ECKD volumes of storage servers, by their device numbers on the z/VM system."""

from __future__ import annotations

from starlette.responses import Response

from zvm.manager import dedicated_dasd
from zvm.manager.dedications import Dedication
from zvm.manager.errors import Invalid
from zvm.manager.hosts import Host
from zvm.manager.zvm_v1.route import BOOLEAN, STRING, Ask, Route, answer, array_of, object_of

DEVICE = object_of(vdev=STRING, rdev=STRING)
HELD = object_of(host=STRING, userid=STRING, vdev=STRING, rdev=STRING)


async def all_dasd(ask: Ask) -> Response:
    """Answer the real DASD that guests have."""

    async def of_host(host: Host) -> list[Dedication]:
        return await dedicated_dasd.all_of(ask.mn, host)

    found, silent = await ask.mn.hosts.ask(ask.text("host"), of_host)
    listed = [
        {"host": host.name, "userid": item.userid, "vdev": item.vdev, "rdev": item.rdev}
        for host, items in found
        for item in items
    ]
    return answer({"devices": listed, "unreachable": silent})


async def dasd_of_guest(ask: Ask) -> Response:
    """Answer the real DASD of a guest."""
    found = await dedicated_dasd.of_guest(await ask.guest())
    return answer({"devices": [{"vdev": item.vdev, "rdev": item.rdev} for item in found]})


async def attach_dasd(ask: Ask) -> Response:
    """Give a guest a real DASD."""
    wanted = await ask.document()
    rdev, readonly = wanted.get("rdev"), wanted.get("readonly", False)
    if not isinstance(rdev, str) or not isinstance(readonly, bool):
        raise Invalid("rdev is a text, readonly is true or false")
    found = await dedicated_dasd.attach(ask.mn, await ask.guest(), rdev, readonly=readonly)
    return answer({"vdev": found.vdev, "rdev": found.rdev, "online": found.online})


async def detach_dasd(ask: Ask) -> Response:
    """Take a real DASD from a guest."""
    await dedicated_dasd.detach(ask.mn, await ask.guest(), ask.name("rdev"))
    return Response(status_code=204)


_OF_GUEST = "/guests/{node}/dasd"
ROUTES = (
    Route(
        "GET",
        "/dasd",
        "zvm.dasd",
        "List the real DASD that guests have",
        all_dasd,
        object_of(devices=array_of(HELD), unreachable=array_of(STRING)),
        query={"host": "only those of this z/VM system"},
    ),
    Route(
        "GET",
        _OF_GUEST,
        "zvm.dasd",
        "List the real DASD of a guest",
        dasd_of_guest,
        object_of(devices=array_of(DEVICE)),
    ),
    Route(
        "POST",
        _OF_GUEST,
        "zvm.dasd",
        "Give a guest a real DASD",
        attach_dasd,
        object_of(vdev=STRING, rdev=STRING, online=BOOLEAN),
        body={"type": "object", "properties": {"rdev": STRING, "readonly": BOOLEAN}, "required": ["rdev"]},
    ),
    Route("DELETE", f"{_OF_GUEST}/{{rdev}}", "zvm.dasd", "Take a real DASD from a guest", detach_dasd, ""),
)
