# SPDX-License-Identifier: Apache-2.0
"""Live guest relocation (VMRELOCATE) out of this member of a cluster, and what becomes of it.

SMAPI's answer to a refused move is message numbers without their text; CP, asked by ``VMRELOCATE TEST``, says
every reason in words. So CP tests and SMAPI moves. A move may be answered when it has begun or when it has
ended; either is taken: whether it still goes on is asked for, and where the guest is in the end says CP.

Sources: SMAPI Programming, VMRELOCATE, VMRELOCATE_Status, VMRELOCATE_Modify; CP Commands, VMRELOCATE.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from zvm.smapi.frames import Reply
from zvm.zhcp import errors, words
from zvm.zhcp.platform import Platform
from zvm.zhcp.results import Relocation
from zvm.zhcp.smapi_session import SmapiSession

LOG = logging.getLogger(__name__)

FORCES = ("ARCHITECTURE", "DOMAIN", "STORAGE")
#: SMAPI: CP's refusal with message numbers; no relocation is active; CP refused to modify.
_REFUSED: Final = ((4, 3000), (8, 3000))
_NONE_ACTIVE: Final = (4, 3001)
_NOT_MODIFIED: Final = (8, 3010)
#: Seconds for which a move may go on under one SMAPI call where that call answers at its end only.
_LONGEST: Final = 4 * 3600.0
#: Seconds within which a call that does not answer shows as a relocation, and between two looks.
_BEGIN, _LOOK = 10.0, 0.25
_NUMBER: Final = re.compile(r"^HCP[A-Z]{3}(\d{3,4})[EIWADRST]\s+(.*)$")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a move is to keep to.

    :ivar member: name of the destination as a member of the cluster.
    :ivar force: of ARCHITECTURE, DOMAIN and STORAGE, what CP is to overlook.
    :ivar immediate: one memory pass only.
    :ivar max_total: seconds for all of it, None: no limit.
    :ivar max_quiesce: seconds that the guest may stand still, None: CP's default (10; without limit when
        immediate).
    """

    member: str
    force: tuple[str, ...] = ()
    immediate: bool = False
    max_total: int | None = None
    max_quiesce: int | None = None


class Relocations:
    """The relocations out of one z/VM system."""

    def __init__(self, platform: Platform, smapi: SmapiSession) -> None:
        self._platform = platform
        self._smapi = smapi
        #: The SMAPI calls whose answer is outstanding, by userid.
        self._moves: dict[str, asyncio.Task[Reply]] = {}

    async def test(self, userid: str, member: str, force: Collection[str] = ()) -> None:
        """Return if CP would relocate the guest now.

        :raises errors.Refused: it would not; ``details["reasons"]`` has number and text of each reason.
        """
        userid, member = words.userid(userid), words.userid(member)
        forced = f" FORCE {' '.join(_forces(force))}" if force else ""
        result = await self._platform.cp(f"VMRELOCATE TEST USER {userid} TO {member}{forced}")
        if result.rc != 0:
            raise _not_eligible(userid, member, result.rc, result.text)

    async def move(self, userid: str, wish: Wish) -> Relocation:
        """Begin to relocate a guest and return when it is seen to move, or has moved.

        :raises errors.Refused: CP does not relocate it, with its reasons as :meth:`test`.
        """
        userid, member = words.userid(userid), words.userid(wish.member)
        parameters: dict[str, Any] = {"destination": member, "action": "MOVE"}
        if wish.force:
            parameters["force"] = " ".join(_forces(wish.force))
        if wish.immediate:
            parameters["immediate"] = "YES"
        if wish.max_total is not None:
            parameters["max_total"] = str(wish.max_total)
        if wish.max_quiesce is not None:
            parameters["max_quiesce"] = str(wish.max_quiesce)
        if userid in self._moves:
            raise errors.Refused(f"{userid} is being relocated already", target=userid)
        call = asyncio.create_task(self._smapi.call("VMRELOCATE", userid, timeout=_LONGEST, **parameters))
        self._moves[userid] = call
        call.add_done_callback(lambda done: self._answered(userid, done))
        deadline = asyncio.get_running_loop().time() + _BEGIN
        while True:
            await asyncio.wait({call}, timeout=_LOOK)
            if call.done():
                await self._check(call, userid, wish)
                return await self.state(userid)
            state = await self.state(userid)
            if state.state == "moving" or asyncio.get_running_loop().time() > deadline:
                return state

    def _answered(self, userid: str, call: asyncio.Task[Reply]) -> None:
        self._moves.pop(userid, None)
        if not call.cancelled() and (error := call.exception()) is not None:
            LOG.info("relocation of %s ended: %s", userid, error)

    async def _check(self, call: asyncio.Task[Reply], userid: str, wish: Wish) -> None:
        """Raise what the call was refused with, CP's reasons in words where it still says them."""
        try:
            call.result()
        except errors.Refused as error:
            if (error.rc, error.rs) in _REFUSED:
                await self.test(userid, wish.member, wish.force)
            raise

    async def state(self, userid: str) -> Relocation:
        """Return whether the guest is on this system, and its relocation when there is one."""
        userid = words.userid(userid)
        result = await self._platform.cp(f"QUERY USER {userid}")
        if result.rc == 0:
            where = "elsewhere" if result.text.split()[-1:] == ["SSI"] else "here"
        elif result.rc in (45, 361):
            where = "off"
        else:
            text = result.text.strip()
            raise errors.Refused(
                f"CP refused QUERY USER {userid}: {text}",
                function="CP QUERY",
                target=userid,
                rc=result.rc,
                explanation=text,
            )
        if where == "here":
            try:
                reply = await self._smapi.call("VMRELOCATE_Status", userid, status_target=f"USER {userid}")
            except errors.Refused as error:
                if (error.rc, error.rs) != _NONE_ACTIVE:
                    raise
            else:
                for line in reply.values["relocationStatus"]:
                    found, source, destination, _by, since, *status = line.split()
                    if found == userid:
                        return Relocation(
                            userid=userid,
                            state="moving",
                            where=where,
                            source=source,
                            destination=destination,
                            since=since,
                            status=" ".join(status),
                        )
        return Relocation(userid=userid, state="idle", where=where)

    async def cancel(self, userid: str) -> bool:
        """End a relocation: the guest stays here. Return whether there was one."""
        return await self._ended_by("VMRELOCATE", userid, action="CANCEL")

    async def modify(self, userid: str, max_total: int | None, max_quiesce: int | None) -> bool:
        """Set other limits, in seconds; None: none. Return whether there was a relocation."""
        limits = {"max_total": max_total, "max_quiesce": max_quiesce}
        told: dict[str, Any] = {
            key: "NOLIMIT" if value is None else str(value) for key, value in limits.items()
        }
        return await self._ended_by("VMRELOCATE_Modify", userid, **told)

    async def _ended_by(self, function: str, userid: str, **parameters: Any) -> bool:
        userid = words.userid(userid)
        try:
            await self._smapi.call(function, userid, **parameters)
        except errors.Refused as error:
            refused = (error.rc, error.rs) in (*_REFUSED, _NOT_MODIFIED)
            if refused and (await self.state(userid)).state == "idle":
                return False
            raise
        return True

    async def stop(self) -> None:
        """Wait no longer for answers; what moves goes on moving."""
        moves = list(self._moves.values())
        for call in moves:
            call.cancel()
        await asyncio.gather(*moves, return_exceptions=True)


def _forces(force: Collection[str]) -> list[str]:
    if unknown := set(force) - set(FORCES):
        raise errors.Invalid(f"{sorted(unknown)[0]!r} cannot be forced, only {', '.join(FORCES)}")
    return [name for name in FORCES if name in force]


def _not_eligible(userid: str, member: str, rc: int, text: str) -> errors.Refused:
    """Return the refusal: CP's first message is 1940 where the reasons follow it, a line each."""
    told = [_NUMBER.match(line.strip()) for line in text.splitlines()]
    messages = [{"number": int(match[1]), "text": match[2].strip()} for match in told if match]
    reasons = messages[1:] or messages or [{"number": rc, "text": text.strip()}]
    said = "; ".join(str(item["text"]).removeprefix(f"{userid}: ") for item in reasons)
    return errors.Refused(
        f"CP does not relocate {userid} to {member}: {said}",
        function="VMRELOCATE",
        target=userid,
        rc=rc,
        explanation=said,
        next_step="remove what CP names, or choose another member",
        details={"reasons": reasons},
    )
