# SPDX-License-Identifier: Apache-2.0
"""Subscriptions to notifications of directory changes; ``notifier`` sends them."""

from __future__ import annotations

import ipaddress
from typing import Any

from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_EXISTS, _MISSING = (428, 4), (428, 8)
_ASCII = 1
_ADDRESS = ("communication_type", "port_number", "ip_address", "encoding")

#: Encoding 2, and how much room DirMaint has for data of a subscriber that wants it.
_EBCDIC, _KEPT = 2, 66


def _asked(call: Call) -> dict[str, Any]:
    call.system.directory.get(call.target)
    try:
        ipaddress.IPv4Address(call.text("ip_address"))
    except ValueError:
        raise Refused(24, 518) from None
    return {
        "userid": call.target,
        "communication_type": call["communication_type"],
        "port_number": call["port_number"],
        "ip_address": call.text("ip_address"),
        "encoding": call["encoding"] or _ASCII,
        "data": str(call["subscriber_data"]),
    }


def _same(call: Call, asked: dict[str, Any]) -> dict[str, Any] | None:
    found = (item for item in call.system.smapi_files.subscriptions if asked.items() <= item.items())
    return next(found, None)


@serves("Asynchronous_Notification_Enable_DM")
def notification_enable(call: Call) -> Reply:
    asked = _asked(call)
    if _same(call, asked):
        raise Refused(*_EXISTS)
    asked["subscription_type"] = call["subscription_type"]
    call.system.smapi_files.subscriptions.append(asked)
    return done()


@serves("Asynchronous_Notification_Disable_DM")
def notification_disable(call: Call) -> Reply:
    found = _same(call, _asked(call))
    if found is None:
        raise Refused(*_MISSING)
    call.system.smapi_files.subscriptions.remove(found)
    return done()


@serves("Asynchronous_Notification_Query_DM")
def notification_query(call: Call) -> Reply:
    """Tell the subscriptions of the target; 0, -1 and "" stand for any value."""
    call.system.directory.get(call.target)
    found = [
        item
        for item in call.system.smapi_files.subscriptions
        if item["userid"] == call.target
        and all(call[name] in (0, -1, "", item[name]) for name in _ADDRESS)
        and call["subscriber_data"] in ("", item["data"])
    ]
    if not found:
        return done(28)
    return done(
        notificationList=[
            {
                "userid": item["userid"],
                "subscriptionType": item["subscription_type"],
                "communicationType": item["communication_type"],
                "portNumber": item["port_number"],
                "ipAddress": item["ip_address"],
                "encoding": item["encoding"],
                "subscriberData": _shown(item["data"], item["encoding"]),
            }
            for item in found
        ]
    )


def _shown(data: str, encoding: int) -> str:
    """Return a subscriber's data as DirMaint keeps it: in EBCDIC between marks, filled up with its blanks."""
    return f"o{data}o".ljust(_KEPT, "@") if encoding == _EBCDIC else data
