# SPDX-License-Identifier: Apache-2.0
"""Network cards of guests that exist."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from zvm.directory.names import vdev
from zvm.manager import cards
from zvm.manager.definition import Nic
from zvm.manager.errors import Invalid
from zvm.manager.zvm_v1.route import (
    BOOLEAN,
    INTEGER,
    OPTIONAL_INTEGER,
    STRING,
    Ask,
    Route,
    answer,
    array_of,
    object_of,
)

_LAST_VLAN = 4094
_WORDS = ("vswitch", "mac", "port")


async def attach(ask: Ask) -> Response:
    """Give a guest a card, in the directory and, when it is on, at once."""
    wanted = await ask.document()
    if unknown := set(wanted) - {*_WORDS, "vlan"}:
        raise Invalid(f"'{sorted(unknown)[0]}' is none of vswitch, mac, vlan, port")
    card = card_of("0", wanted)
    guest = await ask.guest()
    return answer({"vdev": await cards.attach(ask.mn, guest, card)})


def card_of(device: str, wanted: dict[str, Any]) -> Nic:
    """Return the card in a JSON object with vswitch, mac, port and vlan.

    :raises Invalid: a value breaks its rule.
    """
    words = {key: wanted.get(key, "") for key in _WORDS}
    if not all(isinstance(value, str) and "," not in value for value in words.values()):
        raise Invalid("vswitch, mac and port are texts")
    vlan = wanted.get("vlan")
    if vlan is not None and (isinstance(vlan, bool) or not isinstance(vlan, int)):
        raise Invalid("vlan is a number from 1 to 4094")
    words["vlan"] = "" if vlan is None else str(vlan)
    return Nic.parse(",".join((device, *(f"{key}={value}" for key, value in words.items() if value))))


async def change(ask: Ask) -> Response:
    """Make a card be on another switch or in other VLANs, and coupled or not."""
    wanted = await ask.document()
    if unknown := set(wanted) - {"vswitch", "vlan", "trunk", "coupled"}:
        raise Invalid(f"'{sorted(unknown)[0]}' is none of vswitch, vlan, trunk, coupled")
    coupled, trunk = wanted.pop("coupled", True), wanted.pop("trunk", [])
    if not isinstance(coupled, bool):
        raise Invalid("coupled is true or false")
    if not isinstance(trunk, list) or not all(
        type(vlan) is int and 1 <= vlan <= _LAST_VLAN for vlan in trunk
    ):
        raise Invalid("trunk is a list of VLANs, numbers from 1 to 4094")
    if trunk and wanted.get("vlan") is not None:
        raise Invalid("a card is a trunk or in one VLAN, not both")
    card = replace(card_of(vdev(ask.name("vdev")), wanted), trunk=tuple(sorted(set(trunk))))
    guest = await ask.guest()
    return answer({"coupled": await cards.change(ask.mn, guest, card, coupled=coupled)})


async def detach(ask: Ask) -> Response:
    """Take a card away."""
    device = vdev(ask.name("vdev"))
    guest = await ask.guest()
    await cards.detach(ask.mn, guest, device)
    return Response(status_code=204)


ROUTES = (
    Route(
        "POST",
        "/guests/{node}/nics",
        "zvm.cards",
        "Give a guest a network card",
        attach,
        object_of(vdev=STRING),
        body={
            "type": "object",
            "properties": {"vswitch": STRING, "mac": STRING, "vlan": INTEGER, "port": STRING},
            "required": ["vswitch"],
        },
    ),
    Route(
        "PUT",
        "/guests/{node}/nics/{vdev}",
        "zvm.cards",
        "Change the switch or the VLANs of a network card, couple or uncouple it",
        change,
        object_of(coupled=BOOLEAN),
        body={
            "type": "object",
            "properties": {
                "vswitch": STRING,
                "vlan": OPTIONAL_INTEGER,
                "trunk": array_of(INTEGER),
                "coupled": BOOLEAN,
            },
            "required": ["vswitch"],
        },
    ),
    Route(
        "DELETE", "/guests/{node}/nics/{vdev}", "zvm.cards", "Take a network card from a guest", detach, ""
    ),
)
