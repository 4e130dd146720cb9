# SPDX-License-Identifier: Apache-2.0
"""The storage network as the Linux of a guest sees it: LUNs behind the FCP devices the guest holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from zvm.directory import InvalidName, names
from zvm.simulator.san import Lun, SanError
from zvm.simulator.system import System
from zvm.simulator.virtual_devices import Dedicated
from zvm.simulator.virtual_machine import VirtualMachine

_CHUNK = 1 << 20


class _Absent(Exception):
    """The guest has no such device, or sees no such LUN."""


class PlatformFcp:
    """The FCP devices of a guest.

    :param machine: returns the guest; it may be logged off, and raise.
    """

    def __init__(self, system: System, machine: Callable[[], VirtualMachine]) -> None:
        self._system = system
        self._machine = machine

    def routes(self) -> list[BaseRoute]:
        """Return what belongs into the platform's application."""
        data = "/fcp/{vdev}/{wwpn}/{lun}/data"
        return [
            Route("/fcp", self.devices, methods=["GET"]),
            Route("/fcp/{vdev}/luns", self.luns, methods=["GET"]),
            Route(data, self.read, methods=["GET"]),
            Route(data, self.write, methods=["PUT"]),
        ]

    async def devices(self, request: Request) -> Response:
        """List the FCP devices with their port names, as lszfcp -H does."""
        found = []
        for device in sorted(self._machine().devices.values(), key=lambda item: item.vdev):
            if isinstance(device, Dedicated) and (fcp := self._system.san.fcp(device.rdev)):
                found.append(
                    {
                        "vdev": device.vdev,
                        "rdev": fcp.rdev,
                        "chpid": fcp.chpid,
                        "wwpn": fcp.npiv_wwpn or fcp.wwpn,
                        "permanent_wwpn": fcp.wwpn,
                    }
                )
        return JSONResponse(found)

    async def luns(self, request: Request) -> Response:
        """List the LUNs that an FCP device sees."""
        try:
            rdev = self._rdev(request)
        except _Absent as absent:
            return _absent(absent)
        return JSONResponse(
            [
                {"wwpn": path.wwpn, "lun": path.lun, "uuid": lun.uuid, "bytes": lun.size}
                for path, lun in self._system.san.paths(rdev)
            ]
        )

    async def read(self, request: Request) -> Response:
        """Stream octets of a LUN."""
        try:
            lun = self._lun(request)
            offset, length = _numbers(request, lun)
        except _Absent as absent:
            return _absent(absent)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", status_code=400)

        async def pieces() -> AsyncIterator[bytes]:
            at, stop = offset, min(offset + length, lun.size)
            while at < stop:
                data = self._system.san.read(lun, at, min(_CHUNK, stop - at))
                at += len(data)
                yield data
                await asyncio.sleep(0)

        return StreamingResponse(pieces(), media_type="application/octet-stream")

    async def write(self, request: Request) -> Response:
        """Write a stream of octets to a LUN."""
        try:
            lun = self._lun(request)
            at, _ = _numbers(request, lun)
            written = 0
            async for chunk in request.stream():
                self._system.san.write(lun, at + written, chunk)
                written += len(chunk)
        except _Absent as absent:
            return _absent(absent)
        except (SanError, ValueError) as error:
            return PlainTextResponse(f"{error}\n", status_code=400)
        finally:
            self._system.commit()
        return JSONResponse({"bytes": written})

    def _rdev(self, request: Request) -> str:
        try:
            vdev = names.vdev(request.path_params["vdev"])
        except InvalidName as error:
            raise _Absent(str(error)) from error
        device = self._machine().devices.get(vdev)
        if not isinstance(device, Dedicated) or self._system.san.fcp(device.rdev) is None:
            raise _Absent(f"no FCP device {vdev}")
        return device.rdev

    def _lun(self, request: Request) -> Lun:
        try:
            return self._system.san.find(
                self._rdev(request), request.path_params["wwpn"], request.path_params["lun"]
            )
        except SanError as error:
            raise _Absent(str(error)) from error


def _numbers(request: Request, lun: Lun) -> tuple[int, int]:
    offset = int(request.query_params.get("offset", 0))
    length = int(request.query_params.get("length", max(0, lun.size - offset)))
    if offset < 0 or length < 0 or offset > lun.size:
        raise ValueError("offset and length lie within the LUN")
    return offset, length


def _absent(absent: _Absent) -> Response:
    return PlainTextResponse(f"{absent}\n", status_code=404)
