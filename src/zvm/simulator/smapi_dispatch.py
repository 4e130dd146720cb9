# SPDX-License-Identifier: Apache-2.0
"""From a request to its reply: who asks, may they, what is refused; the transport is elsewhere."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from zvm.directory import InvalidName, InvalidStatement
from zvm.simulator import functions
from zvm.simulator.functions.registry import Call
from zvm.simulator.refused import Refused
from zvm.simulator.system import System
from zvm.simulator.workers import Workers
from zvm.smapi import functions as declarations
from zvm.smapi.errors import FrameError, InvalidParameter, UnknownFunction
from zvm.smapi.frames import Reply, Request, decode_request, encode_reply

_LOG = logging.getLogger(__name__)
_STARTED = 592
#: DirMaint's message that it is at work on something else.
_BUSY = 6312
#: Done in the source of the directory, while its object is offline.
_OFFLINE = 8
_BAD_OPERAND, _OTHER = 3003, 99
_OPERATION_FIELDS = ("operation_id", "operationId")
#: What the server answers to its own mistakes: the worker's reply is bad (SMAPI 900/28).
_BROKEN = Reply(900, 28)


class Subscribed(Exception):
    """The connection now belongs to events that meet ``key``."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Mangled(Exception):
    """A fault was set for how the answer ``message`` is sent."""

    def __init__(self, message: bytes, wire: str) -> None:
        super().__init__(wire)
        self.message = message
        self.wire = wire


class Dropped(Exception):
    """A fault was set that closes the connection without an answer."""


@dataclass(frozen=True)
class Peer:
    """Who is at the other end: a userid the transport proves, or "" when the frame must prove it."""

    userid: str = ""


class Dispatcher:
    """Does the calls of one system, a limited number at once, as its worker machines would."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._workers = Workers(self._available)

    async def answer(self, request_id: int, body: bytes, peer: Peer) -> bytes:
        """Return the whole second message for the request ``body``.

        Raises:
            Dropped: the connection is to be closed instead.
            Subscribed: no answer; events are to follow.
        """
        function = ""
        try:
            request = decode_request(body)
        except FrameError as error:
            function, reply = self._bad_frame(error, peer)
        else:
            function = request.function
            async with self._workers.one():
                reply = await self._worked(request, peer)
        try:
            message = encode_reply(function, request_id, reply)
        except (InvalidParameter, UnknownFunction):
            _LOG.exception("the reply of %s cannot be encoded", function)
            message = encode_reply(function, request_id, _BROKEN)
        if function != "Response_Recovery":
            self._system.operations.keep_reply(request_id, message[4:])
        if function == "Event_Subscribe" and reply.rc == 0:
            raise Subscribed(request.parameters["match_key"])
        if isinstance(reply, _MangledReply):
            raise Mangled(message, reply.wire)
        if isinstance(reply, _LostReply) or (function == "Event_Unsubscribe" and reply.rc == 0):
            raise Dropped
        return message

    def _bad_frame(self, error: FrameError, peer: Peer) -> tuple[str, Reply]:
        """Answer a request that is not sound; whoever may not ask is told nothing about it."""
        values = {"error": error.text} if error.rc == 8 and error.text else {}
        reply = Reply(error.rc, error.rs, values)
        function, target = "", ""
        if error.header is not None:
            function, target = error.header.function, error.header.target.upper()
            try:
                self._authorised(error.header, peer)
            except Refused as refused:
                reply = Reply(refused.rc, refused.rs)
        self._system.calls.smapi(function, target, reply.rc, reply.rs)
        return function, reply

    async def _worked(self, request: Request, peer: Peer) -> Reply:
        system, target = self._system, request.target.strip().upper()
        fault = system.faults.take(request.function, target)
        seconds = system.config.timing.smapi + system.faults.seconds(fault)
        if seconds:
            await asyncio.sleep(seconds)
        if fault and fault.drop == "before":
            raise Dropped
        if fault and fault.rc is not None:
            reply = Reply(fault.rc, fault.rs)
        else:
            async with system.transaction(reads=_reads(request.function)):
                reply = self._done(request, peer)
        system.calls.smapi(request.function, target, reply.rc, reply.rs)
        if fault and fault.drop == "after_commit":
            return _LostReply(reply.rc, reply.rs, reply.values)
        if fault and fault.wire:
            return _MangledReply(reply.rc, reply.rs, reply.values, wire=fault.wire)
        return reply

    def _available(self) -> int:
        left = self._system.trouble.workers
        return self._system.config.smapi.workers if left is None else left

    def _done(self, request: Request, peer: Peer) -> Reply:
        try:
            call = Call(self._system, request, self._authorised(request, peer))
            self._directory_manager_answers(request)
            return self._asynchronous(call, self._offline(functions.serve(call), request.function))
        except Refused as refused:
            # Upper case may have led out of what a reply can carry.
            text = refused.error.encode("latin-1", "replace").decode("latin-1")
            return Reply(refused.rc, refused.rs, {"error": text} if text else {})
        except (InvalidName, InvalidStatement):
            # What no handler has looked at more closely: some operand breaks its grammar.
            keywords = declarations.get(request.function).keywords
            return Reply(8, _BAD_OPERAND) if keywords else Reply(24, _OTHER)
        except Exception:
            _LOG.exception("%s for %s failed", request.function, request.target)
            return _BROKEN

    def _authorised(self, request: Request, peer: Peer) -> str:
        """Return the userid of the caller.

        Raises:
            Refused: 120/0 bad userid or password, 100/16 the authorization list does not let him.
        """
        caller = request.userid.strip().upper()
        if not caller and peer.userid and not request.password:
            caller = peer.userid
        elif not self._system.directory.password_matches(caller, request.password):
            raise Refused(120, 0)
        files = self._system.smapi_files
        if not files.authorised(caller, request.target.strip().upper(), request.function):
            raise Refused(100, 16)
        return caller

    def _directory_manager_answers(self, request: Request) -> None:
        """Refuse directory work while DIRMAINT is not logged on (500/8), and changes while it is busy."""
        if not declarations.get(request.function).directory_manager:
            return
        if self._system.guests.get("DIRMAINT") is None:
            raise Refused(500, 8)
        if self._system.trouble.dirmaint == "busy" and "Query" not in request.function:
            raise Refused(596, _BUSY)

    def _offline(self, reply: Reply, function: str) -> Reply:
        """Answer directory changes that CP does not know yet 0/8."""
        changes = declarations.get(function).directory_manager and "Query" not in function
        held = changes and self._system.directory.offline and (reply.rc, reply.rs) == (0, 0)
        return replace(reply, rs=_OFFLINE) if held else reply

    def _asynchronous(self, call: Call, reply: Reply) -> Reply:
        """In asynchronous mode answer finished directory work 592, to be polled for."""
        name = next((name for name in _OPERATION_FIELDS if name in reply.values), None)
        if name is None or not self._system.config.smapi.asynchronous:
            return reply
        operation = self._system.operations.start(call.target)
        return Reply(_STARTED, operation, {"operation_id": operation})


class _LostReply(Reply):
    """A reply that is kept, but not sent."""


@dataclass(frozen=True, repr=False)
class _MangledReply(Reply):
    """A reply that a bad network carries."""

    wire: str = ""


def _reads(function: str) -> bool:
    """Tell whether a function changes nothing; a poll of asynchronous work counts how often it was made."""
    return "_Query" in function and not function.startswith("Asynchronous_")
