# SPDX-License-Identifier: Apache-2.0
"""CP's own events (*VMEVENT, by SMAPI's Event_Subscribe): what happens to guests is known at once.

Events are not kept by z/VM for who is away, so after each subscription the guests are looked at as a whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable

from zvm.smapi.errors import SmapiFault
from zvm.smapi.events import Event, VmEvent
from zvm.zhcp import errors
from zvm.zhcp.guests import Guests

LOG = logging.getLogger(__name__)

#: Seconds before a subscription that ended is made anew, at first and at most.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class VmEvents:
    """Tells ``guests`` what CP says happened to them.

    :param subscribe: begins a subscription and yields its events.
    """

    def __init__(self, subscribe: Callable[[], AsyncGenerator[Event, None]], guests: Guests) -> None:
        self._subscribe = subscribe
        self._guests = guests

    async def run(self) -> None:
        """Listen for ever; a z/VM that has no events, or refuses them, is asked again now and then."""
        pause, told = FIRST_PAUSE, ""
        while True:
            try:
                async with contextlib.aclosing(self._subscribe()) as events:
                    with contextlib.suppress(errors.ZhcpError):
                        await self._guests.all()
                    async for event in events:
                        pause, told = FIRST_PAUSE, ""
                        if isinstance(event, VmEvent):
                            self._happened(event)
                problem = "z/VM ended the subscription"
            except SmapiFault as error:
                problem = str(error)
            if problem != told:
                LOG.warning("no events from CP; guests are looked at now and then only: %s", problem)
                told = problem
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _happened(self, event: VmEvent) -> None:
        match event.name:
            case "logon" | "inbound relocation ended":
                self._guests.saw(event.userid, "on")
            case "logoff":
                self._guests.saw(event.userid, "off")
            case "failure":
                self._guests.saw(event.userid, "crashed")
            case "outbound relocation ended":
                self._guests.left(event.userid, event.other)
