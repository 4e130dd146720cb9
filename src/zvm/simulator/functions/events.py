# SPDX-License-Identifier: Apache-2.0
"""Events: subscribe, unsubscribe, put something into the stream."""

from __future__ import annotations

from zvm.simulator.functions.registry import Call, done, serves
from zvm.simulator.refused import Refused
from zvm.smapi.frames import Reply

_LONGEST_KEY = 16
_SUB_TYPE = 4


@serves("Event_Subscribe")
def event_subscribe(call: Call) -> Reply:
    """Accept a subscription; the request server keeps its connection open and sends no reply."""
    if len(call["match_key"]) > _LONGEST_KEY:
        raise Refused(8, 13)
    return done()


@serves("Event_Unsubscribe")
def event_unsubscribe(call: Call) -> Reply:
    """End all subscriptions."""
    call.system.events.end_all()
    return done()


@serves("Event_Stream_Add")
def event_stream_add(call: Call) -> Reply:
    """Tell all subscribers; the data begins with a sub-type of four octets, for which 1 and 500 are taken."""
    data = str(call["event_info"]).encode("latin-1")
    if len(data) < _SUB_TYPE or int.from_bytes(data[:_SUB_TYPE], "big") in (1, 500):
        raise Refused(8, 999)
    call.system.events.stream(data)
    return done()
