# SPDX-License-Identifier: Apache-2.0
"""What the Linux of one privileged guest sees of the machine below it, as HTTP over a UNIX socket.

CP commands (``/dev/vmcp``), disks (block devices), the reader (``vmur``), consoles and agents of other
guests, ``/proc/sysinfo``. Whoever can open the socket is that guest.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from zvm.directory import InvalidName, names
from zvm.simulator.agent import Agents
from zvm.simulator.cp.command import full_words
from zvm.simulator.cp_error import CpError
from zvm.simulator.dasd import Dasd, DasdError
from zvm.simulator.outage import Breakable, Cut
from zvm.simulator.platform_fcp import PlatformFcp
from zvm.simulator.platform_linux import PlatformLinux
from zvm.simulator.spool import SpoolFile, SpoolFull
from zvm.simulator.system import System
from zvm.simulator.virtual_devices import Disk
from zvm.simulator.virtual_machine import State, VirtualMachine

#: Bytes read or written at once: whole tracks.
_CHUNK = 24 * Dasd.TRACK_BYTES
_LARGEST_PUNCH = 128 << 20


class PlatformError(Exception):
    """A request that cannot be done, with its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Platform:
    """The machine below the guest ``userid``."""

    def __init__(self, system: System, userid: str) -> None:
        self._system = system
        self._userid = userid
        self._agents = Agents(system)

    def app(self) -> ASGIApp:
        """Return the ASGI application."""
        routes = [
            Route("/cp", self.cp, methods=["POST"]),
            Route("/devices/{vdev}", self.device, methods=["GET"]),
            Route("/devices/{vdev}/data", self.read, methods=["GET"]),
            Route("/devices/{vdev}/data", self.write, methods=["PUT"]),
            Route("/reader", self.reader, methods=["GET"]),
            Route("/reader/{spoolid}", self.read_file, methods=["GET"]),
            Route("/reader/{spoolid}", self.delete_file, methods=["DELETE"]),
            Route("/punch", self.punch, methods=["POST"]),
            Route("/agent/{userid}", self.agent, methods=["POST"]),
            Route("/sysinfo", self.sysinfo, methods=["GET"]),
            *PlatformFcp(self._system, self._machine).routes(),
            *PlatformLinux(self._system, self._machine).routes(),
            WebSocketRoute("/console/{userid}", self.console),
        ]
        app = Starlette(routes=routes, exception_handlers={PlatformError: _refuse})
        return Breakable(app, self._system.trouble)

    async def cp(self, request: Request) -> Response:
        """Run a CP command: ``{"command"}`` -> ``{"rc", "text"}``."""
        command = (await _json(request)).get("command")
        if not isinstance(command, str) or not command.strip():
            raise PlatformError(400, "no command")
        words = full_words(command)
        fault = self._system.faults.take_command(self._userid, words)
        await asyncio.sleep(self._system.config.timing.cp + self._system.faults.seconds(fault))
        if fault and fault.drop == "before":
            return Cut()
        if fault and fault.rc is not None:
            self._system.calls.cp(self._userid, command, fault.rc)
            return JSONResponse({"rc": fault.rc, "text": f"{fault.text}\n" if fault.text else ""})
        async with self._system.transaction(reads=words.startswith("QUERY ")):
            result = self._system.cp.run(self._machine(), command)
        if fault and fault.drop:
            return Cut()
        return JSONResponse({"rc": result.rc, "text": result.text})

    async def device(self, request: Request) -> Response:
        """Say what a disk of the guest's own configuration is."""
        disk = self._disk(request)
        unit = "cylinders" if disk.devtype == "3390" else "blocks"
        size = self._system.dasd.extent_bytes(disk.extent)
        return JSONResponse(
            {"vdev": disk.vdev, "type": disk.devtype, unit: disk.size, "bytes": size, "access": disk.access}
        )

    async def read(self, request: Request) -> Response:
        """Stream octets of a disk."""
        disk = self._disk(request)
        size = self._system.dasd.extent_bytes(disk.extent)
        offset = _number(request, "offset", 0)
        length = _number(request, "length", max(0, size - offset))
        if offset > size:
            raise PlatformError(400, f"offset {offset} is behind the end of the disk, {size}")

        async def pieces() -> AsyncIterator[bytes]:
            at, stop = offset, min(offset + length, size)
            while at < stop:
                data = self._system.dasd.read(disk.extent, at, min(_CHUNK, stop - at))
                at += len(data)
                yield data
                await asyncio.sleep(0)

        return StreamingResponse(pieces(), media_type="application/octet-stream")

    async def write(self, request: Request) -> Response:
        """Write a stream of octets to a disk."""
        disk = self._disk(request)
        if not disk.write:
            raise PlatformError(403, f"{disk.vdev} is linked read-only")
        start = _number(request, "offset", 0)
        written, waiting = 0, bytearray()
        async for chunk in request.stream():
            waiting += chunk
            while len(waiting) >= _CHUNK:
                written += self._put(disk, start + written, bytes(waiting[:_CHUNK]))
                del waiting[:_CHUNK]
        written += self._put(disk, start + written, bytes(waiting))
        self._system.commit()
        return JSONResponse({"bytes": written})

    async def reader(self, request: Request) -> Response:
        """List the guest's own reader files."""
        return JSONResponse(
            [
                {
                    "spoolid": f"{file.spoolid:04}",
                    "origin": file.origin,
                    "class": file.cls,
                    "records": file.records,
                    "name": file.name,
                    "type": file.type,
                    "date": file.created,
                    "hold": file.hold,
                    "device": file.device,
                }
                for file in self._system.spool.files(self._userid)
            ]
        )

    async def read_file(self, request: Request) -> Response:
        """Return the contents of a reader file."""
        return Response(self._system.spool.data(self._file(request)), media_type="application/octet-stream")

    async def delete_file(self, request: Request) -> Response:
        """Purge a reader file."""
        async with self._system.transaction():
            self._system.spool.purge(self._file(request))
        return Response(status_code=204)

    async def punch(self, request: Request) -> Response:
        """Make a file in the guest's own reader."""
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > _LARGEST_PUNCH:
                raise PlatformError(413, f"more than {_LARGEST_PUNCH} bytes")
        query = request.query_params
        cls = query.get("class") or "A"
        try:
            file = self._system.spool.create(
                self._userid,
                bytes(data),
                origin=self._userid,
                cls=cls.upper()[:1],
                name=query.get("name", "")[:8],
                type=query.get("type", "")[:8],
            )
        except SpoolFull as error:
            raise PlatformError(507, f"{error} has no spool id left") from error
        self._system.commit()
        return JSONResponse({"spoolid": f"{file.spoolid:04}"}, status_code=201)

    async def agent(self, request: Request) -> Response:
        """Pass one command to a guest's agent."""
        body = await _json(request)
        machine = self._guest(request.path_params["userid"])
        agent = self._agents.get(machine) if machine.state is State.RUNNING else None
        if agent is None:
            raise PlatformError(503, f"the agent of {machine.userid} does not answer")
        fault = self._system.faults.take_order(machine.userid, _order(body))
        await asyncio.sleep(self._system.faults.seconds(fault))
        if fault and fault.drop == "before":
            return Cut()
        if fault and fault.rc is not None:
            return JSONResponse({"error": {"class": "GenericError", "desc": fault.text}})
        async with self._system.transaction():
            answer = agent.answer(body)
        return Cut() if fault and fault.drop else JSONResponse(answer)

    async def sysinfo(self, request: Request) -> Response:
        """Return what ``/proc/sysinfo`` shows."""
        return PlainTextResponse(sysinfo(self._system, self._machine()))

    async def console(self, socket: WebSocket) -> None:
        """Show a guest's console, its history first, and type what is sent."""
        try:
            machine = self._guest(socket.path_params["userid"])
        except PlatformError:
            await socket.close(4404)
            return
        await socket.accept()
        shown: asyncio.Queue[str | None] = asyncio.Queue()
        end = machine.console.watch(shown.put_nowait)
        watcher = _until_logoff(machine.userid, shown)
        self._system.guests.watchers.append(watcher)
        typing = asyncio.create_task(self._type(socket, machine, shown))
        try:
            if machine.console.lines:
                lines = "".join(f"{line}\n" for line in machine.console.lines)
                await socket.send_text(lines + machine.console.unfinished)
            while (text := await shown.get()) is not None:
                await socket.send_text(text)
            await socket.close()
        except (WebSocketDisconnect, RuntimeError):
            pass  # the other side is gone
        finally:
            end()
            self._system.guests.watchers.remove(watcher)
            typing.cancel()

    async def _type(
        self, socket: WebSocket, machine: VirtualMachine, shown: asyncio.Queue[str | None]
    ) -> None:
        """Pass keys to the guest's terminal; lines to CP that say so, and while no Linux is up."""
        line = ""
        try:
            while True:
                keys = await socket.receive_text()
                async with self._system.transaction():
                    to_cp = line or keys.upper().startswith("#CP")
                    if not to_cp and self._system.guests.type(machine, keys):
                        continue
                    *entered, line = re.split(r"\r\n?|\n", line + keys)
                    for text in entered:
                        self._system.guests.console_input(machine, text)
        except (WebSocketDisconnect, RuntimeError, KeyError):
            shown.put_nowait(None)

    def _machine(self) -> VirtualMachine:
        """Return the guest whose socket this is; without it there is no Linux that could ask."""
        return self._guest(self._userid, status=503)

    def _guest(self, userid: str, status: int = 404) -> VirtualMachine:
        try:
            return self._system.guests.existing(names.userid(userid))
        except (CpError, InvalidName) as error:
            raise PlatformError(status, str(error)) from error

    def _disk(self, request: Request) -> Disk:
        try:
            vdev = names.vdev(request.path_params["vdev"])
        except InvalidName as error:
            raise PlatformError(400, str(error)) from error
        device = self._machine().devices.get(vdev)
        if not isinstance(device, Disk):
            raise PlatformError(404, f"no disk {vdev} in the configuration of {self._userid}")
        return device

    def _file(self, request: Request) -> SpoolFile:
        spoolid = request.path_params["spoolid"]
        file = self._system.spool.get(self._userid, int(spoolid)) if spoolid.isdigit() else None
        if file is None:
            raise PlatformError(404, f"no reader file {spoolid}")
        return file

    def _put(self, disk: Disk, offset: int, data: bytes) -> int:
        try:
            self._system.dasd.write(disk.extent, offset, data)
        except DasdError as error:
            raise PlatformError(400, str(error)) from error
        return len(data)


def sysinfo(system: System, machine: VirtualMachine) -> str:
    """Return the text of ``/proc/sysinfo`` in a guest."""
    facts = system.config.system
    release = facts.version.split(",")[0].removeprefix("z/VM Version ").replace(" Release ", ".")
    fields = [
        ("Manufacturer:", facts.manufacturer),
        ("Type:", facts.machine_type),
        ("Model:", f"{facts.model}              {facts.model}"),
        ("Sequence Code:", facts.sequence_code),
        ("Plant:", "00"),
        ("", ""),
        ("LPAR Number:", str(facts.lpar_number)),
        ("LPAR Characteristics:", "Shared"),
        ("LPAR Name:", facts.lpar_name),
        ("LPAR CPUs Total:", str(facts.cpus)),
        ("LPAR CPUs Configured:", str(facts.cpus)),
        ("LPAR CPUs Standby:", "0"),
        ("LPAR CPUs Reserved:", "0"),
        ("", ""),
        ("VM00 Name:", machine.userid),
        ("VM00 Control Program:", f"z/VM    {release}"),
        ("VM00 Adjustment:", "125"),
        ("VM00 CPUs Total:", str(len(machine.cpus))),
        ("VM00 CPUs Configured:", str(len(machine.cpus))),
        ("VM00 CPUs Standby:", "0"),
        ("VM00 CPUs Reserved:", "0"),
    ]
    return "".join(f"{name:<21} {value}".rstrip() + "\n" for name, value in fields)


def _until_logoff(userid: str, shown: asyncio.Queue[str | None]) -> Callable[[str, str], None]:
    def happened(who: str, what: str) -> None:
        if who == userid and what == "logoff":
            shown.put_nowait(None)

    return happened


async def _json(request: Request) -> dict[str, object]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise PlatformError(400, f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise PlatformError(400, "a JSON object is expected")
    return body


def _order(body: dict[str, object]) -> str:
    """Return an order to an agent as faults know it: its name, of a program also path and arguments."""
    words, arguments = [body.get("execute")], body.get("arguments")
    if isinstance(arguments, dict) and isinstance(arguments.get("arg", []), list):
        words += [arguments.get("path", ""), *arguments.get("arg", [])]
    return " ".join(map(str, words)).rstrip()


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        raise PlatformError(400, f"{name} is not a number: {text}")
    return int(text)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, PlatformError)  # noqa: S101 - registered for no other
    return PlainTextResponse(f"{error}\n", status_code=error.status)
