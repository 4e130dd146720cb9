# SPDX-License-Identifier: Apache-2.0
"""States of guests: all at once, one, or held back until a state is reached.

CP tells who is logged on, not whether a guest was stopped or has crashed. The zHCP remembers what it saw: a
guest paused through it is ``paused``, one that was found in a disabled wait is ``crashed``, until it is
continued, recycled or logged off, or its agent answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from pathlib import Path
from typing import Any, Final

from zvm.zhcp import errors, words
from zvm.zhcp.agent import GuestAgent
from zvm.zhcp.console import Consoles
from zvm.zhcp.events import Events
from zvm.zhcp.platform import Platform
from zvm.zhcp.results import Guest, GuestState, LoggedOn
from zvm.zhcp.smapi_session import SmapiSession

WAITS = ("reachable", "running", "off")
#: HCPCQU045E not logged on; HCPCQV003E invalid option (no such userid); HCPCQU361E being logged off.
_NOT_LOGGED_ON: Final = 45
_INVALID_OPTION: Final = 3
_LOGGING_OFF: Final = 361
_NAME: Final = re.compile(r"(\S+)\s+-\s*(\S+)\Z")
_LONGEST_PAUSE: Final = 2.0


def parse_names(text: str) -> tuple[list[str], list[str]]:
    """Return the userids that a QUERY NAMES answer says are logged on, to this system and to other members.

    Pairs ``userid - where`` stand between commas; ``SSI``: on another member. Lines that start with ``VSM``
    list the sessions of VTAM.
    """
    here: list[str] = []
    elsewhere: list[str] = []
    for line in text.splitlines():
        if line.startswith("VSM "):
            continue
        for pair in line.split(","):
            match = _NAME.match(pair.strip())
            if match:
                (elsewhere if match[2] == "SSI" else here).append(match[1])
    return here, elsewhere


class Guests:
    """The guests of one z/VM system.

    :param memory: file that keeps which guests were seen paused or crashed.
    :param poll_interval: first pause between two looks at a guest, in seconds; it grows to 2.
    :param crash_check_after: seconds of waiting before the console is looked at.
    :param crash_check_interval: seconds between looks at the console.
    """

    def __init__(
        self,
        platform: Platform,
        smapi: SmapiSession,
        agent: GuestAgent,
        consoles: Consoles,
        events: Events,
        memory: Path,
        *,
        poll_interval: float = 0.25,
        crash_check_after: float = 3.0,
        crash_check_interval: float = 15.0,
    ) -> None:
        self._platform = platform
        self._smapi = smapi
        self._agent = agent
        self._consoles = consoles
        self._events = events
        self._memory = memory
        self._poll_interval = poll_interval
        self._crash_check_after = crash_check_after
        self._crash_check_interval = crash_check_interval
        self._seen: dict[str, str] = json.loads(memory.read_text()) if memory.exists() else {}
        self._last: dict[str, str] = {}
        #: Whether it is known who was logged on, so that a difference is a change.
        self._baseline = False
        self._stopping = asyncio.Event()

    async def all(self) -> LoggedOn:
        """Return all guests that are logged on; one CP command, however many."""
        result = await self._platform.cp("QUERY NAMES")
        if result.rc != 0:
            text = result.text.strip()
            raise errors.Refused(
                f"CP refused QUERY NAMES: {text}", function="CP QUERY", rc=result.rc, explanation=text
            )
        names, elsewhere = parse_names(result.text)
        for userid in {*self._seen, *self._last} - set(names):
            if userid in elsewhere:
                self.left(userid)
            else:
                self._saw(userid, "off")
        guests = [Guest(userid=userid, state=self._saw(userid, "on")) for userid in sorted(names)]
        self._baseline = True
        return LoggedOn(guests=guests, elsewhere=sorted(elsewhere))

    async def one(self, userid: str) -> GuestState:
        """Return the state of a guest, now."""
        return await self.wait(userid, None, 0.0)

    async def wait(self, userid: str, wanted: str | None, timeout: float) -> GuestState:
        """Return the state of a guest once it is as ``wanted``, has crashed, or ``timeout`` seconds are over.

        :param wanted: ``reachable``, ``running``, ``off`` or ``None``: don't wait.
        :raises errors.NotFound: there is no such guest in the directory.
        """
        userid = words.userid(userid)
        if wanted is not None and wanted not in WAITS:
            raise errors.Invalid(f"a guest can be waited for to be {', '.join(WAITS)}; not {wanted!r}")
        clock = asyncio.get_running_loop().time
        started = clock()
        look = started + self._crash_check_after
        pause, known = self._poll_interval, False
        while True:
            state, reachable = await self._state(userid, ping=wanted != "off")
            if state == "off" and not known and wanted != "off":
                await self._must_exist(userid)
            known = True
            now = clock()
            reached = {"reachable": reachable, "running": state == "running", "off": state == "off"}
            if wanted is not None and not reached[wanted] and state == "running" and now >= look:
                look = now + self._crash_check_interval
                if await self._consoles.crashed(userid):
                    state = self._saw(userid, "crashed")
            over = now >= started + timeout or state == "crashed" or self._stopping.is_set()
            if wanted is None or reached[wanted] or over:
                return GuestState(
                    userid=userid, state=state, reachable=reachable, waited=round(clock() - started, 3)
                )
            await self._pause(min(pause, max(0.0, started + timeout - now)))
            pause = min(1.5 * pause, _LONGEST_PAUSE)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def stop(self) -> None:
        """Answer all who wait with the state as it is."""
        self._stopping.set()

    async def _state(self, userid: str, *, ping: bool) -> tuple[str, bool]:
        """Return the state, and whether the agent answers; a guest that answers needs no question to CP."""
        if ping and await self._agent.ping(userid):
            self._remember(userid, None)
            return self._saw(userid, "on"), True
        result = await self._platform.cp(f"QUERY USER {userid}")
        if result.rc in (0, _LOGGING_OFF):
            return self._saw(userid, "on"), False
        if result.rc == _NOT_LOGGED_ON:
            return self._saw(userid, "off"), False
        text = result.text.strip()
        if result.rc == _INVALID_OPTION:
            raise errors.NotFound(f"there is no guest {userid}: {text}", target=userid, rc=result.rc)
        raise errors.Refused(
            f"CP refused QUERY USER {userid}: {text}",
            function="CP QUERY",
            target=userid,
            rc=result.rc,
            explanation=text,
        )

    async def _must_exist(self, userid: str) -> None:
        """Ask the directory: CP says "not logged on" of guests that do not exist as well."""
        try:
            await self._smapi.call("Image_Query_DM", userid)
        except errors.Refused as error:
            if (error.rc, error.rs) == (400, 4):
                raise errors.NotFound(
                    f"there is no guest {userid} in the directory", target=userid, rc=400, rs=4
                ) from error
            raise

    async def called(self, function: str, target: str, parameters: dict[str, Any]) -> None:
        """Take note of a SMAPI call that changed the state of a guest."""
        userid = target.upper()
        if function == "Image_Pause":
            action = str(parameters.get("action", "")).upper()
            self._remember(userid, "paused" if action.startswith("PAUSE") else None)
            self._saw(userid, "on")
        elif function in ("Image_Activate", "Image_Deactivate", "Image_Recycle", "Image_Delete_DM"):
            self._remember(userid, None)
        if function in ("Image_Create_DM", "Image_Delete_DM"):
            # The next guest of this name must not see what this one wrote.
            await self._consoles.forget(userid)

    def saw(self, userid: str, state: str) -> None:
        """Take note of what CP said happened to a guest: ``on``, ``off`` or ``crashed``."""
        self._saw(userid, state)

    def left(self, userid: str, member: str = "") -> None:
        """Take note that a guest was relocated to another member of the cluster."""
        self._remember(userid, None)
        if self._last.pop(userid, None) is not None:
            self._events.publish("guest.relocated", userid=userid, member=member)

    def _saw(self, userid: str, state: str) -> str:
        """Take note of ``on``, ``off`` or ``crashed`` and return the state that this makes."""
        if state == "crashed":
            self._remember(userid, "crashed")
        elif state == "off":
            self._remember(userid, None)
        else:
            state = self._seen.get(userid, "running")
        before = self._last.pop(userid, "off")
        if state != "off":
            self._last[userid] = state
        if state != before and self._baseline:
            self._events.publish("guest.state", userid=userid, state=state)
        return state

    def _remember(self, userid: str, state: str | None) -> None:
        if self._seen.get(userid) == state:
            return
        if state is None:
            del self._seen[userid]
        else:
            self._seen[userid] = state
        fresh = self._memory.with_suffix(".new")
        fresh.write_text(json.dumps(self._seen))
        fresh.replace(self._memory)

    async def watch(self, interval: float) -> None:
        """Look every ``interval`` seconds who is logged on, while somebody listens to the events."""
        while True:
            await self._events.wanted.wait()
            try:
                await self.all()
            except errors.ZhcpError as error:
                self._events.publish("zhcp.trouble", message=error.message)
            await asyncio.sleep(interval)
