# SPDX-License-Identifier: Apache-2.0
"""Network cards of guests that exist."""

from __future__ import annotations

from starlette.responses import Response

from zvm.directory.names import vdev
from zvm.manager import cards
from zvm.manager.definition import Nic
from zvm.manager.errors import Invalid
from zvm.manager.zvm_v1.route import INTEGER, STRING, Ask, Route, answer, object_of

_WORDS = ("vswitch", "mac", "port")


async def attach(ask: Ask) -> Response:
    """Give a guest a card, in the directory and, when it is on, at once."""
    wanted = await ask.document()
    if unknown := set(wanted) - {*_WORDS, "vlan"}:
        raise Invalid(f"'{sorted(unknown)[0]}' is none of vswitch, mac, vlan, port")
    words = {key: wanted.get(key, "") for key in _WORDS}
    if not all(isinstance(value, str) and "," not in value for value in words.values()):
        raise Invalid("vswitch, mac and port are texts")
    vlan = wanted.get("vlan")
    if vlan is not None and (isinstance(vlan, bool) or not isinstance(vlan, int)):
        raise Invalid("vlan is a number from 1 to 4094")
    words["vlan"] = "" if vlan is None else str(vlan)
    card = Nic.parse(",".join(("0", *(f"{key}={value}" for key, value in words.items() if value))))
    guest = await ask.mn.guest(ask.name("node"))
    ask.mn.check_userid(guest.userid)
    return answer({"vdev": await cards.attach(ask.mn, guest, card)})


async def detach(ask: Ask) -> Response:
    """Take a card away."""
    device = vdev(ask.name("vdev"))
    guest = await ask.mn.guest(ask.name("node"))
    ask.mn.check_userid(guest.userid)
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
        "DELETE", "/guests/{node}/nics/{vdev}", "zvm.cards", "Take a network card from a guest", detach, ""
    ),
)
