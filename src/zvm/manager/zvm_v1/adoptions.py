# SPDX-License-Identifier: Apache-2.0
"""Guests that exist become the instances' of a cloud, and cease to be."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from zvm.directory import names
from zvm.manager import adoption, guests, noderange
from zvm.manager.adoption_checks import Wanted
from zvm.manager.definition import Nic, marked_as
from zvm.manager.errors import Invalid
from zvm.manager.zvm_v1.cards import card_of
from zvm.manager.zvm_v1.guests import GUEST
from zvm.manager.zvm_v1.route import INTEGER, STRING, Ask, Route, answer, array_of, integer_in

_CARD = {
    "type": "object",
    "properties": {"vswitch": STRING, "mac": STRING, "vlan": INTEGER, "port": STRING},
    "required": ["vswitch", "mac", "port"],
}
_PURGE = "purge"
#: Of anything that is counted in a flavor: 16 TiB of memory.
_MOST = 1 << 24


async def adopt(ask: Ask) -> Response:
    """Make a node for a guest that exists, if it is what is wanted; the guest itself is left alone."""
    wanted = await ask.document()
    host = ask.mn.hosts.named(str(wanted.get("host") or ""))
    guest = await adoption.adopt(ask.mn, ask.name("node"), host, _wanted(wanted))
    async with guest.host.zhcp() as zhcp:
        state = (await zhcp.guest(guest.userid)).state
    return answer(
        {
            "node": guest.node,
            "userid": guest.userid,
            "uuid": guest.uuid,
            "state": guests.seen(state, guest.row),
            "host": guest.host.name,
            "adopted": noderange.is_adopted(guest.row),
        }
    )


def _wanted(document: dict[str, Any]) -> Wanted:
    uuid = marked_as(str(document.get("uuid", "")))
    if uuid is None:
        raise Invalid("uuid is the instance's id")
    cards = document.get("cards", [])
    if not isinstance(cards, list) or not all(isinstance(card, dict) for card in cards):
        raise Invalid("cards is a list of objects")
    disk_gb = integer_in(document, "disk_gb", most=_MOST)
    return Wanted(
        names.userid(str(document.get("userid", ""))),
        uuid,
        integer_in(document, "cpus", least=1, most=_MOST),
        integer_in(document, "memory_mb", least=1, most=_MOST),
        disk_gb,
        names.poolname(str(document.get("pool", ""))) if disk_gb else "",
        tuple(map(_card, cards)),
    )


def _card(document: dict[str, Any]) -> Nic:
    card = card_of("0", document)
    if not card.mac or not card.port:
        raise Invalid("a card has the mac and the port that it is for")
    return card


async def let_go(ask: Ask) -> Response:
    """Remove the node of an adopted guest; the guest stays as it is unless it is to be purged."""
    then = ask.text("guest", "keep")
    if then not in ("keep", _PURGE):
        raise Invalid(f"guest is keep or {_PURGE}")
    uuid = marked_as(ask.text("uuid"))
    if uuid is None:
        raise Invalid("uuid is the instance's id")
    await adoption.release(ask.mn, ask.name("node"), uuid, purge=then == _PURGE)
    return Response(status_code=204)


ROUTES = (
    Route(
        "PUT",
        "/guests/{node}/adoption",
        "zvm.adoption",
        "Let a node be that of a guest that exists, which is left as it is",
        adopt,
        GUEST,
        body={
            "type": "object",
            "properties": {
                "host": STRING,
                "userid": STRING,
                "uuid": STRING,
                "cpus": INTEGER,
                "memory_mb": INTEGER,
                "disk_gb": INTEGER,
                "pool": STRING,
                "cards": array_of(_CARD),
            },
            "required": ["host", "userid", "uuid", "cpus", "memory_mb", "disk_gb"],
        },
    ),
    Route(
        "DELETE",
        "/guests/{node}/adoption",
        "zvm.adoption",
        "Let an adopted guest be nobody's again",
        let_go,
        "",
        query={"uuid": "the instance's id", "guest": f"keep, the default, or {_PURGE}: remove it from z/VM"},
    ),
)
