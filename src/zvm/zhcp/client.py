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

import asyncio
import json as json_module
import ssl
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from zvm.zhcp import errors
from zvm.zhcp.results import (
    About,
    Cloned,
    CpResult,
    DiskInfo,
    DiskWritten,
    Event,
    Guest,
    GuestState,
    SmapiResult,
    SpoolFile,
)

__all__ = [
    "About",
    "Cloned",
    "CpResult",
    "DiskInfo",
    "DiskWritten",
    "Event",
    "Guest",
    "GuestState",
    "SmapiResult",
    "SpoolFile",
    "ZhcpClient",
]

#: Body of an upload: octets, a stream that can be read once, or a function that opens the stream anew (so
#: that the upload can be repeated when the connection dies).
Body = bytes | AsyncIterable[bytes] | Callable[[], AsyncIterable[bytes]]

#: Seconds without a single octet before a running transfer counts as dead.
IDLE = 120.0
#: Added to the time the server is asked to wait, so that the server's own answer arrives first.
MARGIN = 30.0
#: Octets that go out in one piece; what is longer is cut.
_LARGE = 1 << 20
_NO_LIMIT = aiohttp.ClientTimeout(total=None, sock_connect=30.0)


class _Once:
    """A stream that cannot be read twice, and says so (aiohttp itself repeats a PUT on a stale connection).

    Each chunk puts off the end of ``limit``.
    """

    def __init__(self, source: AsyncIterable[bytes], limit: asyncio.Timeout) -> None:
        self._source: AsyncIterable[bytes] | None = source
        self._limit = limit

    async def _watched(self, source: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        async for chunk in source:
            self._limit.reschedule(asyncio.get_running_loop().time() + IDLE)
            yield chunk

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self._source is None:
            raise aiohttp.ClientConnectionError("the connection died under a stream that cannot be repeated")
        source, self._source = self._source, None
        return self._watched(source)


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
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._ssl = ssl_context
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

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
        if self._session is not None:
            await self._session.close()
            self._session = None

    # ---- the system

    async def healthy(self) -> bool:
        """Tell whether the zHCP answers at all; needs no token."""
        try:
            await self._call("GET", "/healthz")
        except errors.ZhcpError:
            return False
        return True

    async def about(self) -> About:
        """Return which zHCP this is, and of which z/VM system."""
        return About.from_json(await self._call("GET", "/v1"))

    async def host(self) -> dict[str, Any]:
        """Return the facts about the z/VM system (CPUs, memory, IPL time, levels)."""
        return await self._call("GET", "/v1/host")

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
        answer = await self._change(
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
        answer = await self._change("POST", "/v1/cp", json=body, operation_id=operation_id)
        return CpResult.from_json(answer)

    # ---- guests

    async def guests(self) -> list[Guest]:
        """Return all guests that are logged on; costs one call to CP, however many they are."""
        answer = await self._call("GET", "/v1/guests")
        return [Guest.from_json(guest) for guest in answer["guests"]]

    async def guest(self, userid: str, *, wait: str | None = None, timeout: float = 0.0) -> GuestState:
        """Return the state of one guest.

        :param wait: ``reachable``, ``running`` or ``off``: hold the answer back until it is so, the guest has
            crashed, or ``timeout`` seconds are over; which of these it was shows in the result.
        :raises errors.NotFound: no such guest in the directory.
        """
        query = {"wait": wait, "timeout": str(timeout)} if wait else {}
        answer = await self._call(
            "GET", _path("guests", userid), query=query, timeout=self._timeout + timeout
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
        answer = await self._change(
            "POST", _path("guests", userid, "agent"), json=body, timeout=timeout + MARGIN
        )
        return answer["return"]

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
        if isinstance(body, bytes):
            length = len(body)
        headers = {} if length is None else {"X-Length": str(length)}
        query = {"sha256": sha256} if sha256 else {}
        answer = await self._change(
            "PUT",
            _path("disks", userid, vdev),
            query=query,
            body=body,
            headers=headers,
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
        limits = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout, sock_read=IDLE)
        async with self._open("GET", _path("disks", userid, vdev), query, limits) as response:

            async def chunks() -> AsyncIterator[bytes]:
                try:
                    async for chunk in response.content.iter_chunked(1 << 20):
                        yield chunk
                except (aiohttp.ClientError, TimeoutError) as error:
                    raise errors.Unreachable(f"reading {userid} {vdev} broke off: {error!r}") from error

            yield chunks()

    async def disk(self, userid: str, vdev: str) -> DiskInfo:
        """Return type and size of a minidisk."""
        return DiskInfo.from_json(await self._call("GET", _path("disks", userid, vdev, "info")))

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
        answer = await self._change(
            "POST",
            _path("disks", userid, vdev, "clone"),
            json={"source": {"userid": source_userid, "vdev": source_vdev}},
            timeout=timeout,
            operation_id=operation_id,
        )
        return Cloned.from_json(answer)

    async def format_disk(self, userid: str, vdev: str, *, operation_id: str | None = None) -> None:
        """Format a minidisk; a zHCP that cannot raises :class:`errors.NotSupported`."""
        await self._change("POST", _path("disks", userid, vdev, "format"), json={}, operation_id=operation_id)

    # ---- spool and consoles

    async def spool(self, userid: str) -> list[SpoolFile]:
        """Return the files in a guest's reader."""
        answer = await self._call("GET", _path("spool", userid))
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
        answer = await self._change(
            "POST", _path("spool", userid), query=query, body=data, operation_id=operation_id
        )
        return str(answer["spoolid"])

    async def purge_spool(self, userid: str, *, operation_id: str | None = None) -> None:
        """Purge all files in a guest's reader."""
        await self._change("DELETE", _path("spool", userid), operation_id=operation_id)

    async def console_log(self, userid: str, *, bytes: int | None = None) -> str:
        """Return the end of a guest's console log.

        :param bytes: how much of it; default: as much as the server keeps within reason.
        """
        query = {} if bytes is None else {"bytes": str(bytes)}
        path = _path("console", userid, "log")
        async with self._open("GET", path, query, aiohttp.ClientTimeout(total=self._timeout)) as response:
            return await response.text(errors="replace")

    @asynccontextmanager
    async def console(self, userid: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a guest's console: text frames both ways, history first."""
        try:
            socket = await self._opened().ws_connect(
                self.url + _path("console", userid), headers=self._headers, heartbeat=30.0
            )
        except aiohttp.WSServerHandshakeError as error:
            raise errors.Unreachable(f"no console of {userid}: HTTP {error.status}", target=userid) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from error
        try:
            yield socket
        finally:
            await socket.close()

    async def events(self) -> AsyncIterator[Event]:
        """Yield the zHCP's events as they happen, until the connection ends (:class:`errors.Unreachable`)."""
        limits = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout, sock_read=IDLE)
        async with self._open("GET", "/v1/events", {}, limits) as response:
            try:
                async for line in response.content:
                    if line.startswith(b"data:"):
                        yield Event.from_json(json_module.loads(line[5:]))
            except (aiohttp.ClientError, TimeoutError) as error:
                raise self._unreachable(error) from error
        raise errors.Unreachable(f"{self.url} ended the stream of events")

    # ---- below

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._ssl if self._ssl is not None else True, limit=0)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    def _unreachable(self, error: Exception) -> errors.Unreachable:
        return errors.Unreachable(
            f"{self.url} is not reachable: {error!r}",
            next_step="Check that the zHCP runs and that its address, TLS certificate and port are right.",
        )

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, query: Mapping[str, str], limits: aiohttp.ClientTimeout
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open an answer that is not JSON; an error among the answers is raised."""
        try:
            response = await self._opened().request(
                method, self.url + path, params=query, headers=self._headers, timeout=limits
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from error
        async with response:
            if response.status >= 400:
                raise await _error(response)
            yield response

    async def _call(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, timeout: float | None = None
    ) -> dict[str, Any]:
        """Ask something that changes nothing."""
        limits = aiohttp.ClientTimeout(total=self._timeout if timeout is None else timeout)
        try:
            return await self._once(method, path, limits, params=query)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from error

    async def _change(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: dict[str, Any] | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> dict[str, Any]:
        """Ask for a change; once more, with the same operation id, when the connection dies.

        A body that is a stream has no limit on the whole, but must move on within :data:`IDLE`. The server
        gives leave to send it, so that what is refused anyhow is not sent at all.
        """
        query = {**(query or {}), "operation_id": operation_id or uuid.uuid4().hex}
        if isinstance(body, bytes) and len(body) > _LARGE:
            body = partial(_slices, body)
        stream = body is not None and not isinstance(body, bytes)
        limit = IDLE if stream else self._timeout if timeout is None else timeout
        sent = False
        for attempt in (1, 2):
            try:
                async with asyncio.timeout(limit) as watch:
                    source = body() if callable(body) else body
                    data = source if source is None or isinstance(source, bytes) else _Once(source, watch)
                    return await self._once(
                        method,
                        path,
                        _NO_LIMIT,
                        params=query,
                        json=json,
                        data=data,
                        headers=headers,
                        expect100=stream,
                    )
            except aiohttp.ClientConnectorError as error:
                if not sent:
                    raise self._unreachable(error) from error
                problem: Exception = error
            except (aiohttp.ClientError, TimeoutError) as error:
                sent = True
                problem = error
            if attempt == 2 or isinstance(body, AsyncIterable):
                break
        raise errors.OutcomeUnknown(
            f"the connection to {self.url} died under {method} {path}: {problem!r}",
            next_step="Look whether it was done before asking for it again.",
            details={"operation_id": query["operation_id"]},
        ) from problem

    async def _once(
        self,
        method: str,
        path: str,
        limits: aiohttp.ClientTimeout,
        *,
        headers: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> dict[str, Any]:
        async with self._opened().request(
            method,
            self.url + path,
            headers={**self._headers, **(headers or {})},
            timeout=limits,
            **rest,
        ) as response:
            if response.status >= 400:
                raise await _error(response)
            answer: dict[str, Any] = await response.json()
            return answer


async def _slices(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), _LARGE):
        yield data[at : at + _LARGE]


async def _error(response: aiohttp.ClientResponse) -> errors.ZhcpError:
    try:
        return errors.from_json(await response.json())
    except (aiohttp.ContentTypeError, ValueError):
        return errors.ZhcpError(f"{response.url.path} answered HTTP {response.status} without our error form")


def _path(*words: str) -> str:
    return "/v1/" + "/".join(quote(word, safe="") for word in words)
