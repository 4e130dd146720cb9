# SPDX-License-Identifier: Apache-2.0
"""The simulator's own API, for tests and demonstrations: look inside, set faults, count calls, IPL.

It has no authentication and is bound to the loopback address only.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, fields, replace
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from zvm.directory import InvalidName, names
from zvm.simulator.control_array import ControlArray
from zvm.simulator.control_dasd import ControlDasd
from zvm.simulator.dasd import Dasd, DasdError
from zvm.simulator.inventory import inventory
from zvm.simulator.page import page
from zvm.simulator.page.switches import switched
from zvm.simulator.system import System


class Control:
    """The control API of one system."""

    def __init__(self, system: System) -> None:
        self._system = system

    def app(self) -> Starlette:
        """Return the ASGI application."""
        routes = [
            Route("/", self.page, methods=["GET"]),
            Route("/healthz", self.healthz, methods=["GET"]),
            Route("/inventory", self.inventory, methods=["GET"]),
            Route("/volumes/{volser}/sha256", self.digest, methods=["GET"]),
            Route("/console/{userid}", self.console, methods=["GET"]),
            Route("/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/calls", self.calls, methods=["GET", "DELETE"]),
            Route("/settings", self.settings, methods=["GET", "POST"]),
            Route("/trouble", self.trouble, methods=["POST", "DELETE"]),
            Route("/ipl", self.ipl, methods=["POST"]),
            *ControlArray(self._system).routes(),
            *ControlDasd(self._system).routes(),
        ]
        return Starlette(routes=routes)

    async def page(self, request: Request) -> Response:
        """Show the system to people."""
        return HTMLResponse(page(self._system))

    async def healthz(self, request: Request) -> Response:
        """Say that the simulator runs."""
        return JSONResponse({"status": "ok", "system": self._system.name})

    async def inventory(self, request: Request) -> Response:
        """Return the whole state as canonical JSON."""
        text = json.dumps(inventory(self._system), sort_keys=True, separators=(",", ":"))
        return Response(text, media_type="application/json")

    async def digest(self, request: Request) -> Response:
        """Return the SHA-256 of ``bytes`` bytes of a volume from ``start_cyl`` or ``start_block`` on."""
        query = request.query_params
        try:
            volser = names.volser(request.path_params["volser"])
            start = int(query.get("start_cyl", 0)) * Dasd.CYLINDER_BYTES
            start += int(query.get("start_block", 0)) * Dasd.BLOCK_BYTES
            length = int(query["bytes"]) if "bytes" in query else None
            volume = self._system.dasd.volumes.get(volser)
            if volume is None:
                return JSONResponse({"error": f"no volume {volser}"}, status_code=404)
            rest = volume.size * volume.unit_bytes - start
            # A volume takes a while; nothing else may change it meanwhile, hence no thread.
            value = self._system.dasd.sha256(volser, start, rest if length is None else length)
        except (InvalidName, ValueError, DasdError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"volume": volser, "sha256": value})

    async def console(self, request: Request) -> Response:
        """Return the console of a guest that is logged on."""
        machine = self._system.guests.get(request.path_params["userid"].upper())
        if machine is None:
            return JSONResponse({"error": "not logged on"}, status_code=404)
        return PlainTextResponse("".join(f"{line}\n" for line in machine.console.lines))

    async def faults(self, request: Request) -> Response:
        """List, set or take away faults."""
        if request.method == "POST":
            try:
                self._system.faults.add(**await request.json())
            except (TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        elif request.method == "DELETE":
            self._system.faults.clear()
        return JSONResponse(self._system.faults.pending())

    async def calls(self, request: Request) -> Response:
        """List the calls since the last reset, or reset."""
        if request.method == "DELETE":
            self._system.calls.clear()
        return JSONResponse(self._system.calls.entries())

    async def settings(self, request: Request) -> Response:
        """Return or change what is in ``[timing]`` (seconds), and what is out of order.

        ``smapi`` and ``platform`` are ``up``, ``silent`` or ``dead``: so a zHCP or its SMAPI can be lost; the
        other conditions are those of ``Trouble``. ``seed`` begins the chance of faults anew.
        """
        system = self._system
        if request.method == "POST":
            try:
                body = dict(await request.json())
                seconds = {item.name for item in fields(system.config.timing)}
                # "smapi" is both: its condition in words, the seconds of each call as a number.
                timed = {key for key, value in body.items() if key in seconds and not isinstance(value, str)}
                wanted = {key: float(body[key]) for key in timed}
                if any(value < 0 for value in wanted.values()):
                    raise ValueError("seconds are not negative")
                system.config = replace(system.config, timing=replace(system.config.timing, **wanted))
                if "seed" in body:
                    system.faults.seed(int(body.pop("seed")))
                for name in body.keys() - timed:
                    system.set_trouble(name, body[name])
            except (AttributeError, TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(asdict(system.config.timing) | system.trouble.told())

    async def trouble(self, request: Request) -> Response:
        """Do what a switch of the page wants, then show the page again; DELETE puts everything in order.

        A page of somebody else's in the same browser must not do this, so who sends it must be our own.
        """
        if request.method == "DELETE":
            self._system.end_trouble()
            return Response(status_code=204)
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            return JSONResponse({"error": "not from the simulator's page"}, status_code=403)
        given = dict(parse_qsl((await request.body()).decode("latin-1"), keep_blank_values=True))
        try:
            switched(self._system, given)
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return RedirectResponse("./", status_code=303)

    async def ipl(self, request: Request) -> Response:
        """IPL the system: every guest is gone, the system's own log on again."""
        await asyncio.sleep(0)
        self._system.ipl()
        return JSONResponse({"ipl_time": self._system.ipl_time})
