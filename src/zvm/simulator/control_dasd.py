# SPDX-License-Identifier: Apache-2.0
"""The part of the control API that is a storage server's administration of DASD: real 3390 volumes.

What Cinder's driver for such a server does over its management interface: make a volume at a unit address of
a control unit, which the systems of the cluster see as a real device that nobody has, read and write it.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from zvm.directory import Extent, InvalidName, names
from zvm.simulator import dedicate
from zvm.simulator.dasd import DasdError, Volume
from zvm.simulator.system import System
from zvm.simulator.system_config import FREE

_LONGEST = 64 << 20


class ControlDasd:
    """The DASD of one system, by real device number."""

    def __init__(self, system: System) -> None:
        self._system = system

    def routes(self) -> list[BaseRoute]:
        """Return what belongs into the control API."""
        return [
            Route("/array/dasd", self.volumes, methods=["GET", "POST"]),
            Route("/array/dasd/{rdev}", self.volume, methods=["DELETE"]),
            Route("/array/dasd/{rdev}/data", self.data, methods=["GET", "PUT"]),
        ]

    async def volumes(self, request: Request) -> Response:
        """List the real 3390 volumes, or make one: ``rdev``, ``cylinders``, ``volser`` (default CKrdev)."""
        if request.method == "GET":
            known = self._system.dasd.volumes.values()
            return JSONResponse([self._described(item) for item in known if item.rdev])
        try:
            made = self._made(**await request.json())
        except (DasdError, InvalidName, TypeError, ValueError) as error:
            return _wrong(error)
        self._system.commit()
        return JSONResponse(self._described(made), status_code=201)

    async def volume(self, request: Request) -> Response:
        """Remove a volume that nobody has."""
        try:
            volume = self._get(request)
            if holder := self._holder(volume):
                raise DasdError(f"{volume.rdev} is used by {holder}")
            self._system.dasd.remove_volume(volume.volser)
        except DasdError as error:
            return _wrong(error)
        self._system.commit()
        return JSONResponse({})

    async def data(self, request: Request) -> Response:
        """Read or write octets, ``offset`` and ``length`` in the query."""
        try:
            volume = self._get(request)
            extent = Extent(volume.volser, 0, volume.size)
            offset = int(request.query_params.get("offset", 0))
            if request.method == "PUT":
                self._system.dasd.write(extent, offset, await request.body())
                self._system.commit()
                return JSONResponse(self._described(volume))
            length = min(int(request.query_params.get("length", 512)), _LONGEST)
            found = self._system.dasd.read(extent, offset, length)
        except (DasdError, ValueError) as error:
            return _wrong(error)
        return Response(found, media_type="application/octet-stream")

    def _made(self, rdev: str, cylinders: int, volser: str = "") -> Volume:
        rdev = names.vdev(rdev)
        volser = volser or f"CK{rdev}"
        if volser in self._system.dasd.volumes or any(
            rdev in member.real_devices() for member in self._system.members
        ):
            raise DasdError(f"there is a device {rdev} or a volume {volser}")
        volume = self._system.dasd.add_volume(volser, "3390", cylinders=cylinders, rdev=rdev)
        self._system.system_config.set_use(volser, FREE)
        return volume

    def _get(self, request: Request) -> Volume:
        rdev = request.path_params["rdev"].upper()
        if (volume := dedicate.volume_at(self._system, rdev)) is None:
            raise DasdError(f"there is no DASD {rdev}")
        return volume

    def _holder(self, volume: Volume) -> str:
        found = (dedicate.holder(member, volume.rdev) for member in self._system.members)
        return next(filter(None, found), "")

    def _described(self, volume: Volume) -> dict[str, Any]:
        return {
            "rdev": volume.rdev,
            "volser": volume.volser,
            "cylinders": volume.size,
            "bytes": volume.size * volume.unit_bytes,
            "holder": self._holder(volume),
        }


def _wrong(error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)
