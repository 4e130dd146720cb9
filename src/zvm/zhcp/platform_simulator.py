# SPDX-License-Identifier: Apache-2.0
"""The simulator's platform socket: HTTP over a UNIX socket, the identity fixed by the socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from zvm.zhcp import errors
from zvm.zhcp.platform import CHUNK, ConsoleStream, Device, Platform, ReaderFile
from zvm.zhcp.results import CpResult

_BASE = "http://simulator"


class _SimulatorConsole(ConsoleStream):
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def receive(self) -> str | None:
        message = await self._socket.receive()
        return str(message.data) if message.type is aiohttp.WSMsgType.TEXT else None

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)


class SimulatorPlatform(Platform):
    """The machine below the zHCP is the simulator.

    :param socket: path of its platform socket.
    """

    def __init__(self, socket: Path, *, timeout: float = 60.0) -> None:
        super().__init__()
        self._path = socket
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.UnixConnector(path=str(self._path), limit=0)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    @asynccontextmanager
    async def _request(
        self,
        method: str,
        path: str,
        *,
        target: str = "",
        total: float | None = None,
        idle: float | None = None,
        query: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        limits = aiohttp.ClientTimeout(total=total, sock_read=idle)
        try:
            async with self._opened().request(
                method, _BASE + path, params=query, timeout=limits, **rest
            ) as response:
                if response.status >= 400:
                    raise await _error(response, target)
                yield response
        except aiohttp.ClientConnectorError as error:
            raise errors.Unreachable(f"the simulator at {self._path} does not answer: {error}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            kind = errors.Unreachable if method == "GET" else errors.OutcomeUnknown
            raise kind(f"the simulator at {self._path} broke off {method} {path}: {error!r}") from error

    async def _json(self, method: str, path: str, **rest: Any) -> Any:
        async with self._request(method, path, total=rest.pop("total", self._timeout), **rest) as response:
            return await response.json()

    async def _cp(self, command: str, timeout: float) -> CpResult:
        answer = await self._json("POST", "/cp", json={"command": command}, total=timeout)
        return CpResult.from_json(answer)

    async def online(self, vdev: str) -> Device:
        """See :class:`Platform`; a linked disk is online at once."""
        answer = await self._json("GET", f"/devices/{vdev}")
        return Device(
            vdev=vdev,
            type=answer["type"],
            bytes=answer["bytes"],
            writable=answer["access"] == "R/W",
            cylinders=answer.get("cylinders"),
            blocks=answer.get("blocks"),
        )

    async def offline(self, vdev: str) -> None:
        """See :class:`Platform`; nothing to do."""

    async def read(self, vdev: str, offset: int, length: int) -> AsyncIterator[bytes]:
        """See :class:`Platform`."""
        query = {"offset": str(offset), "length": str(length)}
        async with self._request("GET", f"/devices/{vdev}/data", query=query, idle=self._timeout) as response:
            async for chunk in response.content.iter_chunked(CHUNK):
                yield chunk

    async def write(
        self, vdev: str, offset: int, chunks: AsyncIterator[bytes], length: int | None = None
    ) -> int:
        """See :class:`Platform`; a known length saves the chunked encoding, which is slow."""
        query = {"offset": str(offset)}
        headers = {} if length is None else {"Content-Length": str(length)}
        async with self._request(
            "PUT", f"/devices/{vdev}/data", query=query, headers=headers, data=chunks, idle=self._timeout
        ) as response:
            return int((await response.json())["bytes"])

    async def reader(self) -> list[ReaderFile]:
        """See :class:`Platform`."""
        answer = await self._json("GET", "/reader")
        return [
            ReaderFile(
                spoolid=file["spoolid"],
                origin=file["origin"],
                spool_class=file["class"],
                records=int(file["records"]),
                name=file["name"],
                type=file["type"],
            )
            for file in answer
        ]

    async def read_file(self, spoolid: str, *, text: bool = False) -> bytes:
        """See :class:`Platform`; the simulator keeps text as text."""
        async with self._request("GET", f"/reader/{spoolid}", total=self._timeout) as response:
            return await response.read()

    async def delete_file(self, spoolid: str) -> None:
        """See :class:`Platform`."""
        try:
            async with self._request("DELETE", f"/reader/{spoolid}", total=self._timeout):
                pass
        except errors.NotFound:
            pass

    async def punch(self, data: bytes, *, name: str, type: str) -> str:
        """See :class:`Platform`."""
        query = {"name": name, "type": type}
        answer = await self._json("POST", "/punch", query=query, data=data)
        return str(answer["spoolid"])

    async def agent(self, userid: str, command: dict[str, Any], *, timeout: float) -> dict[str, Any]:
        """See :class:`Platform`."""
        answer: dict[str, Any] = await self._json(
            "POST", f"/agent/{_word(userid)}", json=command, total=timeout, target=userid
        )
        return answer

    @asynccontextmanager
    async def console(self, userid: str) -> AsyncIterator[ConsoleStream]:
        """See :class:`Platform`."""
        try:
            async with asyncio.timeout(self._timeout):
                socket = await self._opened().ws_connect(f"{_BASE}/console/{_word(userid)}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.Unreachable(f"{userid} has no console: {error}", target=userid) from error
        try:
            yield _SimulatorConsole(socket)
        finally:
            await socket.close()

    async def sysinfo(self) -> str:
        """See :class:`Platform`."""
        async with self._request("GET", "/sysinfo", total=self._timeout) as response:
            return await response.text()

    async def close(self) -> None:
        """See :class:`Platform`."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _word(userid: str) -> str:
    """Escape the two characters of a userid that mean something in a URL."""
    return userid.replace("#", "%23").replace("+", "%2B")


async def _error(response: aiohttp.ClientResponse, target: str) -> errors.ZhcpError:
    text = (await response.text(errors="replace")).strip()
    message = f"{response.url.path}: {text[:500]}" if text else response.url.path
    if response.status == 404:
        return errors.NotFound(message, target=target)
    if response.status == 503:
        return errors.Unreachable(message, target=target)
    if response.status < 500:
        return errors.Refused(message, target=target)
    return errors.ZhcpError(f"the simulator failed with HTTP {response.status}: {message}", target=target)
