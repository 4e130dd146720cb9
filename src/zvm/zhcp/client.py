# SPDX-License-Identifier: Apache-2.0
"""Client of the zHCP's HTTP API: one method per route, typed results, a time-out on every call.

::

    async with ZhcpClient("https://zhcp.example.com:8443", token=token, ssl_context=context) as zhcp:
        await zhcp.smapi("Image_Activate", "LINUX01")
        state = await zhcp.guest("LINUX01", wait="reachable", timeout=300)

What fails raises an error of :mod:`zvm.zhcp.errors`. Calls that change something carry an operation id, made
up when the caller gives none. When the connection dies under such a call it is sent once more with the same
id, which does nothing twice; if that fails too :class:`~zvm.zhcp.errors.OutcomeUnknown` is raised.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from zvm.zhcp import errors
from zvm.zhcp.connection import Body, Connection
from zvm.zhcp.results import (
    About,
    Cloned,
    CpResult,
    DiskInfo,
    DiskWritten,
    Event,
    Guest,
    GuestState,
    LoggedOn,
    Relocation,
    SmapiResult,
    SpoolFile,
)

__all__ = [
    "About",
    "Body",
    "Cloned",
    "CpResult",
    "DiskInfo",
    "DiskWritten",
    "Event",
    "Guest",
    "GuestState",
    "LoggedOn",
    "Relocation",
    "SmapiResult",
    "SpoolFile",
    "ZhcpClient",
]

#: Added to the time the server is asked to wait, so that the server's own answer arrives first.
MARGIN = 30.0


class ZhcpClient:
    """Connections to one zHCP.

    :param url: e.g. ``https://zhcp.example.com:8443``.
    :param token: bearer token; not needed where the TLS client certificate in ``ssl_context`` is enough.
    :param ssl_context: CA and client certificate; ``None``: the system's CAs.
    :param timeout: seconds for an ordinary call.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        timeout: float = 60.0,
    ) -> None:
        self._connection = Connection(url, token, ssl_context, timeout)

    @property
    def url(self) -> str:
        """Where the zHCP is."""
        return self._connection.url

    def __repr__(self) -> str:
        return f"ZhcpClient({self.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    # ---- the system

    async def healthy(self) -> bool:
        """Tell whether the zHCP answers at all; needs no token."""
        try:
            await self._connection.ask("/healthz")
        except errors.ZhcpError:
            return False
        return True

    async def about(self) -> About:
        """Return which zHCP this is, and of which z/VM system."""
        return About.from_json(await self._connection.ask("/v1"))

    async def host(self) -> dict[str, Any]:
        """Return the facts about the z/VM system (CPUs, memory, IPL time, levels)."""
        return await self._connection.ask("/v1/host")

    async def smapi(
        self,
        function: str,
        target: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        timeout: float = 240.0,
        operation_id: str | None = None,
    ) -> SmapiResult:
        """Call a SMAPI function.

        :param parameters: by the names of the function's declaration.
        :param timeout: seconds z/VM may take for its answer; waiting for a busy directory manager comes on
            top.
        :raises errors.Refused: with function, target, rc, rs, the text and its explanation.
        :raises errors.Busy: the directory manager stayed busy.
        """
        body = {"target": target, "parameters": dict(parameters or {}), "timeout": timeout}
        answer = await self._connection.change(
            "POST",
            f"/v1/smapi/{quote(function, safe='')}",
            json=body,
            timeout=2 * timeout + 300,
            operation_id=operation_id,
        )
        return SmapiResult.from_json(answer)

    async def cp(self, command: str, *, keepcase: bool = False, operation_id: str | None = None) -> CpResult:
        """Run a CP command under the zHCP's userid. A code other than 0 is an answer, no error.

        :param command: at most 240 printable characters.
        :param keepcase: leave small letters as they are; else all become capital, as CP wants its commands.
        """
        body = {"command": command, "keepcase": keepcase}
        answer = await self._connection.change("POST", "/v1/cp", json=body, operation_id=operation_id)
        return CpResult.from_json(answer)

    # ---- guests

    async def guests(self) -> list[Guest]:
        """Return all guests that are logged on; costs one call to CP, however many they are."""
        return (await self.logged_on()).guests

    async def logged_on(self) -> LoggedOn:
        """Return all guests as :meth:`guests` does, and who is logged on to other members of the cluster."""
        return LoggedOn.from_json(await self._connection.ask("/v1/guests"))

    async def guest(self, userid: str, *, wait: str | None = None, timeout: float = 0.0) -> GuestState:
        """Return the state of one guest.

        :param wait: ``reachable``, ``running`` or ``off``: hold the answer back until it is so, the guest has
            crashed, or ``timeout`` seconds are over; which of these it was shows in the result.
        :raises errors.NotFound: no such guest in the directory.
        """
        query = {"wait": wait, "timeout": str(timeout)} if wait else {}
        answer = await self._connection.ask(
            _path("guests", userid), query=query, timeout=self._connection.timeout + timeout
        )
        return GuestState.from_json(answer)

    async def agent(
        self, userid: str, execute: str, arguments: Mapping[str, Any] | None = None, *, timeout: float = 30.0
    ) -> Any:
        """Give a command of the QEMU guest agent protocol to a guest and return its answer.

        :raises errors.Refused: the agent said no.
        :raises errors.Unreachable: the agent does not answer (yet).
        """
        body = {"execute": execute, "arguments": dict(arguments or {}), "timeout": timeout}
        answer = await self._connection.change(
            "POST", _path("guests", userid, "agent"), json=body, timeout=timeout + MARGIN
        )
        return answer["return"]

    # ---- relocation

    async def relocate(
        self,
        userid: str,
        member: str,
        *,
        test: bool = False,
        force: Sequence[str] = (),
        immediate: bool = False,
        max_total: int | None = None,
        max_quiesce: int | None = None,
        operation_id: str | None = None,
    ) -> Relocation:
        """Begin to relocate a running guest to another member of the cluster.

        :param test: only find out whether CP would.
        :param force: of ARCHITECTURE, DOMAIN and STORAGE, what CP is to overlook.
        :param max_total: seconds for all of it; ``max_quiesce``: that the guest may stand still.
        :raises errors.Refused: CP does not; ``details["reasons"]`` has all of its reasons.
        """
        body = {
            "member": member,
            "test": test,
            "force": list(force),
            "immediate": immediate,
            "max_total": max_total,
            "max_quiesce": max_quiesce,
        }
        answer = await self._connection.change(
            "POST", _path("guests", userid, "relocation"), json=body, operation_id=operation_id
        )
        return Relocation.from_json(answer)

    async def relocation(self, userid: str) -> Relocation:
        """Return where a guest is, and how far its relocation."""
        return Relocation.from_json(await self._connection.ask(_path("guests", userid, "relocation")))

    async def modify_relocation(self, userid: str, *, max_total: int | None, max_quiesce: int | None) -> bool:
        """Set other limits in seconds, None: none; return whether there was a relocation."""
        body = {"max_total": max_total, "max_quiesce": max_quiesce}
        answer = await self._connection.change("PATCH", _path("guests", userid, "relocation"), json=body)
        return bool(answer["active"])

    async def cancel_relocation(self, userid: str) -> bool:
        """Cancel a guest's relocation; return whether there was one."""
        answer = await self._connection.change("DELETE", _path("guests", userid, "relocation"))
        return bool(answer["active"])

    # ---- disks

    async def write_disk(
        self,
        userid: str,
        vdev: str,
        body: Body,
        *,
        length: int | None = None,
        sha256: str | None = None,
        operation_id: str | None = None,
    ) -> DiskWritten:
        """Write a minidisk from its start.

        :param length: octets in ``body`` when known: what does not fit is then refused before anything is
            written.
        :param sha256: checksum in hex; a difference raises :class:`errors.Invalid`, and the disk's content is
            garbage.
        """
        query = {"sha256": sha256} if sha256 else {}
        answer = await self._connection.change(
            "PUT",
            _path("disks", userid, vdev),
            query=query,
            body=body,
            length=length,
            operation_id=operation_id,
        )
        return DiskWritten.from_json(answer)

    @asynccontextmanager
    async def read_disk(
        self, userid: str, vdev: str, *, length: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a minidisk for reading from its start::

            async with zhcp.read_disk("LINUX01", "0100") as chunks:
                async for chunk in chunks: ...

        :param length: octets wanted; default: all.
        """
        query = {} if length is None else {"length": str(length)}
        async with self._connection.stream(_path("disks", userid, vdev), query) as response:
            yield self._connection.relay(response.content.iter_chunked(1 << 20))

    async def disk(self, userid: str, vdev: str) -> DiskInfo:
        """Return type and size of a minidisk."""
        return DiskInfo.from_json(await self._connection.ask(_path("disks", userid, vdev, "info")))

    async def clone_disk(
        self,
        userid: str,
        vdev: str,
        source_userid: str,
        source_vdev: str,
        *,
        timeout: float = 3600.0,
        operation_id: str | None = None,
    ) -> Cloned:
        """Copy a minidisk over another: by FLASHCOPY, or block by block where z/VM refuses that."""
        answer = await self._connection.change(
            "POST",
            _path("disks", userid, vdev, "clone"),
            json={"source": {"userid": source_userid, "vdev": source_vdev}},
            timeout=timeout,
            operation_id=operation_id,
        )
        return Cloned.from_json(answer)

    async def format_disk(self, userid: str, vdev: str, *, operation_id: str | None = None) -> None:
        """Format a minidisk; a zHCP that cannot raises :class:`errors.NotSupported`."""
        await self._connection.change(
            "POST", _path("disks", userid, vdev, "format"), json={}, operation_id=operation_id
        )

    # ---- spool and consoles

    async def spool(self, userid: str) -> list[SpoolFile]:
        """Return the files in a guest's reader."""
        answer = await self._connection.ask(_path("spool", userid))
        return [SpoolFile.from_json(file) for file in answer["files"]]

    async def punch(
        self,
        userid: str,
        data: bytes,
        *,
        name: str,
        type: str,
        spool_class: str = "X",
        operation_id: str | None = None,
    ) -> str:
        """Put a file into a guest's reader and return its spool id."""
        query = {"name": name, "type": type, "class": spool_class}
        answer = await self._connection.change(
            "POST", _path("spool", userid), query=query, body=data, operation_id=operation_id
        )
        return str(answer["spoolid"])

    async def purge_spool(self, userid: str, *, operation_id: str | None = None) -> None:
        """Purge all files in a guest's reader."""
        await self._connection.change("DELETE", _path("spool", userid), operation_id=operation_id)

    async def console_log(self, userid: str, *, bytes: int | None = None) -> str:
        """Return the end of a guest's console log.

        :param bytes: how much of it; default: as much as the server keeps within reason.
        """
        query = {} if bytes is None else {"bytes": str(bytes)}
        limit = self._connection.timeout
        async with self._connection.stream(_path("console", userid, "log"), query, total=limit) as response:
            pieces = self._connection.relay(response.content.iter_chunked(1 << 16))
            return b"".join([piece async for piece in pieces]).decode(errors="replace")

    @asynccontextmanager
    async def console(self, userid: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a guest's console: text frames both ways, history first."""
        async with self._connection.websocket(_path("console", userid)) as socket:
            yield socket

    async def events(self) -> AsyncIterator[Event]:
        """Yield the zHCP's events as they happen, until the connection ends (:class:`errors.Unreachable`)."""
        async with self._connection.stream("/v1/events") as response:
            async for line in self._connection.relay(aiter(response.content)):
                if line.startswith(b"data:"):
                    yield Event.from_json(json.loads(line[5:]))
        raise errors.Unreachable(f"{self.url} ended the stream of events")


def _path(*words: str) -> str:
    return "/v1/" + "/".join(quote(word, safe="") for word in words)
