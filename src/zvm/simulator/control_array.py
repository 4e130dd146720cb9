# SPDX-License-Identifier: Apache-2.0
"""The part of the control API that is the storage server's administration: LUNs and their data.

What Cinder's driver for a real storage server does over its management interface: make a LUN, let port names
at it, let it grow, read and write it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from zvm.simulator.config import IscsiTargetSettings, LunSettings
from zvm.simulator.storage_array import Lun, SanError
from zvm.simulator.system import System

_LONGEST = 64 << 20


class ControlArray:
    """The LUNs of one system's storage network."""

    def __init__(self, system: System) -> None:
        self._system = system

    def routes(self) -> list[BaseRoute]:
        """Return what belongs into the control API."""
        return [
            Route("/array/luns", self.luns, methods=["GET", "POST"]),
            Route("/array/luns/{uuid}", self.lun, methods=["GET", "PUT", "DELETE"]),
            Route("/array/luns/{uuid}/data", self.data, methods=["GET", "PUT"]),
            Route("/array/targets", self.targets, methods=["GET", "POST"]),
            Route("/array/targets/{iqn}", self.target, methods=["DELETE"]),
        ]

    async def luns(self, request: Request) -> Response:
        """List the LUNs, or make one; with ``source`` in the query, the uuid of another, a copy of it."""
        if request.method == "GET":
            return JSONResponse([_described(lun) for lun in self._system.array.luns])
        try:
            wanted = LunSettings(**await request.json())
            uuid = request.query_params.get("source")
            source = self._system.array.get(uuid) if uuid else None
            if source and source.settings.blocks > wanted.blocks:
                raise SanError(
                    f"LUN {source.number} has {source.settings.blocks} blocks, not {wanted.blocks}"
                )
            lun = self._system.array.add(wanted)
            if source:
                self._system.san.copy(source, lun)
        except (SanError, TypeError, ValueError) as error:
            return _wrong(error)
        self._system.commit()
        return JSONResponse(_described(lun), status_code=201)

    async def lun(self, request: Request) -> Response:
        """Describe a LUN; let it grow or change its mask (``blocks``, ``initiators``); remove it."""
        try:
            lun = self._system.array.get(request.path_params["uuid"])
            if request.method == "PUT":
                self._system.array.change(lun.uuid, **await request.json())
            elif request.method == "DELETE":
                self._system.san.remove(lun)
        except (SanError, TypeError, ValueError) as error:
            return _wrong(error)
        self._system.commit()
        return JSONResponse(_described(lun))

    async def data(self, request: Request) -> Response:
        """Read or write octets, ``offset`` and ``length`` in the query."""
        try:
            lun = self._system.array.get(request.path_params["uuid"])
            offset = int(request.query_params.get("offset", 0))
            if request.method == "PUT":
                self._system.san.write(lun, offset, await request.body())
                self._system.commit()
                return JSONResponse(_described(lun))
            length = min(int(request.query_params.get("length", 512)), _LONGEST)
        except (SanError, ValueError) as error:
            return _wrong(error)
        return Response(self._system.san.read(lun, offset, length), media_type="application/octet-stream")

    async def targets(self, request: Request) -> Response:
        """List the iSCSI targets, or make one; no answer has a password."""
        known = self._system.iscsi_targets
        if request.method == "GET":
            return JSONResponse([_shown(target) for target in known.all()])
        try:
            target = IscsiTargetSettings(**await request.json())
            known.add(target)
        except (SanError, TypeError, ValueError) as error:
            return _wrong(error)
        self._system.commit()
        return JSONResponse(_shown(target), status_code=201)

    async def target(self, request: Request) -> Response:
        """Remove an iSCSI target."""
        try:
            self._system.iscsi_targets.remove(request.path_params["iqn"])
        except SanError as error:
            return _wrong(error)
        self._system.commit()
        return JSONResponse({})


def _described(lun: Lun) -> dict[str, Any]:
    return {**asdict(lun.settings), "lun": lun.number, "uuid": lun.uuid, "bytes": lun.size}


def _shown(target: IscsiTargetSettings) -> dict[str, str]:
    return {"iqn": target.iqn, "portal": target.portal, "user": target.user}


def _wrong(error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)
