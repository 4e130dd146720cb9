# SPDX-License-Identifier: Apache-2.0
"""What the Linux of the zHCP adds to its virtual machine: which devices are online, the way into guests.

Devices are offline when they appear, as on a Linux whose channel devices are configured by hand; what is
online is forgotten with the simulator's process.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from zvm.directory import InvalidName, names
from zvm.simulator.dedicate import kind
from zvm.simulator.iucv_agent import IucvAgent
from zvm.simulator.system import System
from zvm.simulator.virtual_devices import Dedicated, Disk, UnitRecord, VirtualDevice
from zvm.simulator.virtual_machine import State, VirtualMachine


class PlatformLinux:
    """The Linux in the guest that ``machine`` returns."""

    def __init__(self, system: System, machine: Callable[[], VirtualMachine]) -> None:
        self._system = system
        self._machine = machine
        self._online: dict[str, VirtualDevice] = {}

    def routes(self) -> list[BaseRoute]:
        """Return what belongs into the platform's application."""
        return [
            Route("/ccw", self.devices, methods=["GET"]),
            Route("/ccw/{vdev}/{state}", self.change, methods=["POST"]),
            WebSocketRoute("/iucv/{userid}", self.iucv),
        ]

    async def devices(self, request: Request) -> Response:
        """List the channel devices, lowest number first."""
        known = self._machine().devices
        self._online = {vdev: device for vdev, device in self._online.items() if known.get(vdev) is device}
        return JSONResponse([self._described(known[vdev]) for vdev in sorted(known)])

    async def change(self, request: Request) -> Response:
        """Set a device online or offline."""
        try:
            vdev = names.vdev(request.path_params["vdev"])
        except InvalidName as error:
            return PlainTextResponse(f"{error}\n", status_code=400)
        device = self._machine().devices.get(vdev)
        if device is None:
            return PlainTextResponse(f"no device {vdev}\n", status_code=404)
        if request.path_params["state"] == "online":
            self._online[vdev] = device
        else:
            self._online.pop(vdev, None)
        return JSONResponse(self._described(device))

    async def iucv(self, socket: WebSocket) -> None:
        """Carry a conversation with the xCAT-era agent of a guest that is up."""
        machine = self._system.guests.get(socket.path_params["userid"].upper())
        linux = self._system.guests.linux(machine) if machine and machine.state is State.RUNNING else None
        if linux is None:
            await socket.close(4404)
            return
        await socket.accept()
        agent = IucvAgent(linux, self._machine().userid)
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                message = await socket.receive_bytes()
                async with self._system.transaction():
                    self._system.guests.get(socket.path_params["userid"].upper())
                    answer = agent.answer(message)
                for piece in answer:
                    await socket.send_bytes(piece)

    def _described(self, device: VirtualDevice) -> dict[str, Any]:
        online = self._online.get(device.vdev) is device or isinstance(device, UnitRecord)
        described: dict[str, Any] = {"vdev": device.vdev, "type": device.kind, "online": online}
        match device:
            case Disk():
                described |= {"type": device.devtype[:4], "units": device.size, "access": device.access}
                if device.devtype not in ("3390", "9336"):
                    described["type"] = "9336"
            case Dedicated():
                described["type"] = kind(self._system, device.rdev)
        return described
