# SPDX-License-Identifier: Apache-2.0
"""HTTP to a zHCP, below its client: time-outs, one repetition, streams as bodies, errors of our tree."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import aiohttp

from zvm.zhcp import errors

#: Body of an upload: octets, a stream that can be read once, or a function that opens the stream anew (so
#: that the upload can be repeated when the connection dies).
Body = bytes | AsyncIterable[bytes] | Callable[[], AsyncIterable[bytes]]

#: Seconds without a single octet before a running transfer counts as dead.
IDLE = 120.0
#: Octets that go out in one piece; what is longer is cut.
_LARGE = 1 << 20
#: Time-outs are ours: aiohttp's cannot tell a slow stream from a dead one.
_NO_LIMIT = aiohttp.ClientTimeout(total=None, sock_connect=30.0)


class _Upload:
    """A stream that cannot be read twice, and says so (aiohttp itself repeats a PUT on a stale connection).

    Each chunk puts off the end of ``limit``.

    :param length: octets the stream must have, where the server was told so.
    :ivar failure: what ended the stream too early: the source's fault, not the connection's.
    """

    def __init__(self, source: AsyncIterable[bytes], limit: asyncio.Timeout, length: int | None) -> None:
        self._source: AsyncIterable[bytes] | None = source
        self._limit = limit
        self._length = length
        self.failure: Exception | None = None

    async def _watched(self, source: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        count = 0
        try:
            async for chunk in source:
                self._limit.reschedule(asyncio.get_running_loop().time() + IDLE)
                count += len(chunk)
                yield chunk
            if self._length not in (None, count):
                raise errors.Invalid(f"the stream has {count} octets, {self._length} were told")
        except Exception as error:
            self.failure = error
            raise

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self._source is None:
            raise aiohttp.ClientConnectionError("the connection died under a stream that cannot be repeated")
        source, self._source = self._source, None
        return self._watched(source)


class Connection:
    """The connections of one client to one zHCP.

    :param timeout: seconds for what has no time-out of its own.
    """

    def __init__(
        self, url: str, token: str | None, ssl_context: ssl.SSLContext | None, timeout: float
    ) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._ssl = ssl_context
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(
        self, path: str, *, query: Mapping[str, str] | None = None, timeout: float | None = None
    ) -> dict[str, Any]:
        """Return the answer to a GET."""
        try:
            async with asyncio.timeout(self.timeout if timeout is None else timeout):
                return await self._once("GET", path, params=query)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self.unreachable(error) from error

    async def change(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: dict[str, Any] | None = None,
        body: Body | None = None,
        length: int | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> dict[str, Any]:
        """Ask for a change; once more, with the same operation id, when the connection dies.

        A body that is a stream has no limit on the whole, but must move on within :data:`IDLE`. The server
        gives leave to send it, so that what is refused anyhow is not sent at all.

        :param length: octets of the body, when known.
        :raises errors.OutcomeUnknown: the connection died the second time too.
        """
        query = {**(query or {}), "operation_id": operation_id or uuid.uuid4().hex}
        if isinstance(body, bytes):
            length = len(body)
            body = partial(_slices, body) if length > _LARGE else body
        stream = body is not None and not isinstance(body, bytes)
        headers = {} if length is None else {"Content-Length": str(length)}
        limit = IDLE if stream else self.timeout if timeout is None else timeout
        sent = False
        for attempt in (1, 2):
            data: bytes | _Upload | None = None
            try:
                async with asyncio.timeout(limit) as watch:
                    source = body() if callable(body) else body
                    data = source if not isinstance(source, AsyncIterable) else _Upload(source, watch, length)
                    return await self._once(
                        method, path, params=query, json=json, data=data, headers=headers, expect100=stream
                    )
            except (aiohttp.ClientError, TimeoutError) as error:
                if isinstance(data, _Upload) and data.failure is not None:
                    raise data.failure from None
                if isinstance(error, aiohttp.ClientConnectorError) and not sent:
                    raise self.unreachable(error) from error
                sent = True
                problem = error
            if attempt == 2 or isinstance(body, AsyncIterable):
                break
        raise errors.OutcomeUnknown(
            f"the connection to {self.url} died under {method} {path}: {problem!r}",
            next_step="Look whether it was done before asking for it again.",
            details={"operation_id": query["operation_id"]},
        ) from problem

    @asynccontextmanager
    async def stream(
        self, path: str, query: Mapping[str, str] | None = None, *, total: float | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open an answer that is not JSON; an error among the answers is raised."""
        limits = aiohttp.ClientTimeout(total=total, sock_connect=self.timeout, sock_read=IDLE)
        try:
            response = await self._opened().get(
                self.url + path, params=query, headers=self._headers, timeout=limits
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self.unreachable(error) from error
        async with response:
            if response.status >= 400:
                raise await _error(response)
            yield response

    async def relay(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the pieces of an answer; :class:`errors.Unreachable` when it breaks off."""
        try:
            async for piece in pieces:
                yield piece
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.Unreachable(f"the answer of {self.url} broke off: {error!r}") from error

    @asynccontextmanager
    async def websocket(self, path: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a WebSocket."""
        try:
            async with asyncio.timeout(self.timeout):
                socket = await self._opened().ws_connect(
                    self.url + path, headers=self._headers, heartbeat=30.0
                )
        except aiohttp.WSServerHandshakeError as error:
            raise errors.Unreachable(f"{path}: HTTP {error.status}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self.unreachable(error) from error
        try:
            yield socket
        finally:
            await socket.close()

    def unreachable(self, error: Exception) -> errors.Unreachable:
        """Return the error for a connection that could not be made."""
        return errors.Unreachable(
            f"the zHCP at {self.url} does not answer: {str(error) or type(error).__name__}",
            next_step="Check that the zHCP runs and that its address, TLS certificate and port are right.",
        )

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._ssl if self._ssl is not None else True, limit=0)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    async def _once(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **rest: Any
    ) -> dict[str, Any]:
        async with self._opened().request(
            method,
            self.url + path,
            headers={**self._headers, **(headers or {})},
            timeout=_NO_LIMIT,
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
