# SPDX-License-Identifier: Apache-2.0
"""What the guest agent in a light guest answers: the QEMU guest agent protocol.

Source: QEMU's guest agent protocol reference (qga/qapi-schema.json). Programs are not run; a few that tests
and operators ask for are answered from what the guest is, all others do not exist.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zvm.simulator import hotplug_programs, ip_program, network_programs, storage_programs
from zvm.simulator.block_devices import BlockDevice, BlockDevices
from zvm.simulator.light_guest import KERNEL, Linux
from zvm.simulator.network_programs import Host
from zvm.simulator.scsi_disks import DeviceError
from zvm.simulator.storage_programs import Shell

if TYPE_CHECKING:
    from zvm.simulator.system import System
    from zvm.simulator.virtual_machine import VirtualMachine

VERSION = "8.2.0"
_CHUNK = 48 << 20


class AgentError(Exception):
    """The agent refuses; ``kind`` is the error class of the protocol."""

    def __init__(self, text: str, kind: str = "GenericError") -> None:
        super().__init__(text)
        self.kind = kind


class GuestAgent:
    """The agent of one guest; open files and finished programs live as long as the guest runs."""

    def __init__(self, system: System, machine: VirtualMachine, linux: Linux) -> None:
        self._system = system
        self._machine = machine
        self._linux = linux
        self._devices = BlockDevices(system, machine, linux)
        self._handles: dict[int, tuple[str, str, bytearray, int]] = {}
        self._open_devices: dict[int, tuple[BlockDevice, int]] = {}
        self._programs: dict[int, dict[str, Any]] = {}
        self._last = 1000

    def answer(self, request: Any) -> dict[str, Any]:
        """Return the answer to one JSON command: ``{"return": ...}`` or ``{"error": {"class", "desc"}}``."""
        try:
            if not isinstance(request, dict) or not isinstance(request.get("execute"), str):
                raise AgentError("Expected 'execute' in the request")
            arguments = request.get("arguments") or {}
            name = request["execute"]
            command = COMMANDS.get(name)
            if command is None:
                raise AgentError(f"The command {name} has not been found", "CommandNotFound")
            if self._linux.frozen and name not in _WHILE_FROZEN:
                raise AgentError(f"Command {name} has been disabled: the agent is in frozen state")
            return {"return": command(self, arguments)}
        except AgentError as error:
            return {"error": {"class": error.kind, "desc": str(error)}}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return {"error": {"class": "GenericError", "desc": f"Invalid parameter: {error}"}}

    def ping(self, arguments: dict[str, Any]) -> Any:
        return {}

    def sync(self, arguments: dict[str, Any]) -> Any:
        return int(arguments["id"])

    def info(self, arguments: dict[str, Any]) -> Any:
        known = [{"name": name, "enabled": True, "success-response": True} for name in sorted(COMMANDS)]
        return {"version": VERSION, "supported_commands": known}

    def osinfo(self, arguments: dict[str, Any]) -> Any:
        return {
            "id": "zvmlinux",
            "name": "Light guest of the z/VM simulator",
            "pretty-name": "Light guest of the z/VM simulator",
            "version": "1",
            "version-id": "1",
            "machine": "s390x",
            "kernel-release": KERNEL,
            "kernel-version": "#1 SMP",
        }

    def host_name(self, arguments: dict[str, Any]) -> Any:
        return {"host-name": self._linux.hostname}

    def interfaces(self, arguments: dict[str, Any]) -> Any:
        loopback = {"ip-address-type": "ipv4", "ip-address": "127.0.0.1", "prefix": 8}
        found = [
            {"name": "lo", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [loopback]},
        ]
        for interface in self._linux.interfaces(self._system.network.adapters(self._machine.userid)):
            addresses = []
            for address in interface.addresses:
                ip, _, prefix = address.partition("/")
                kind = "ipv6" if ":" in ip else "ipv4"
                addresses.append({"ip-address-type": kind, "ip-address": ip, "prefix": int(prefix)})
            found.append(
                {"name": interface.name, "hardware-address": interface.mac, "ip-addresses": addresses}
            )
        return found

    def fsinfo(self, arguments: dict[str, Any]) -> Any:
        if not self._machine.disks:
            return []
        root: dict[str, Any] = {"name": "dasda1", "mountpoint": "/", "type": "ext4", "disk": []}
        if self._linux.root_bytes:
            root |= {"total-bytes": self._linux.root_bytes, "used-bytes": 1 << 20}
        return [root]

    def vcpus(self, arguments: dict[str, Any]) -> Any:
        return [
            {
                "logical-id": number,
                "online": address not in self._machine.offline_cpus,
                "can-offline": number > 0,
            }
            for number, address in enumerate(self._machine.seen_cpus)
        ]

    def set_user_password(self, arguments: dict[str, Any]) -> Any:
        password = _decoded(arguments["password"]).decode()
        if bool(arguments.get("crypted")):
            self._linux.passwords[str(arguments["username"])] = password
        else:
            self._linux.set_password(str(arguments["username"]), password)
        return {}

    def freeze(self, arguments: dict[str, Any]) -> Any:
        self._linux.frozen = True
        return len(self._machine.disks[:1])

    def thaw(self, arguments: dict[str, Any]) -> Any:
        thawed = len(self._machine.disks[:1]) if self._linux.frozen else 0
        self._linux.frozen = False
        return thawed

    def freeze_status(self, arguments: dict[str, Any]) -> Any:
        return "frozen" if self._linux.frozen else "thawed"

    def shutdown(self, arguments: dict[str, Any]) -> Any:
        mode = str(arguments.get("mode", "powerdown"))
        if mode not in ("powerdown", "halt", "reboot"):
            raise AgentError(f"Invalid parameter 'mode': {mode}")
        self._system.guests.shut_down(self._machine, mode)
        return {}

    def file_open(self, arguments: dict[str, Any]) -> Any:
        path, mode = str(arguments["path"]), str(arguments.get("mode", "r"))
        if device := self._devices.find(path):
            self._last += 1
            self._open_devices[self._last] = (device, 0)
            return self._last
        content = storage_programs.read_sysfs(self._devices, path)
        content = self._linux.read_file(path) if content is None else content
        if content is None and mode[0] == "r":
            raise AgentError(f"failed to open file '{path}' (mode: '{mode}'): No such file or directory")
        data = bytearray() if mode[0] == "w" else bytearray(content or b"")
        self._last += 1
        self._handles[self._last] = (path, mode, data, len(data) if mode[0] == "a" else 0)
        return self._last

    def file_seek(self, arguments: dict[str, Any]) -> Any:
        number, offset = int(arguments["handle"]), int(arguments["offset"])
        if arguments.get("whence", "set") not in ("set", 0):
            raise AgentError("Invalid parameter 'whence'")
        if number in self._open_devices:
            self._open_devices[number] = (self._open_devices[number][0], offset)
        else:
            path, mode, data, _ = self._handle(arguments)
            self._handles[number] = (path, mode, data, offset)
        return {"position": offset, "eof": False}

    def _device_read(self, number: int, count: int) -> Any:
        device, at = self._open_devices[number]
        piece = self._devices.read(device, at, count)
        self._open_devices[number] = (device, at + len(piece))
        return {"count": len(piece), "buf-b64": _encoded(piece), "eof": at + len(piece) >= device.size}

    def _device_write(self, number: int, piece: bytes) -> Any:
        device, at = self._open_devices[number]
        try:
            self._devices.write(device, at, piece)
        except DeviceError as error:
            raise AgentError(f"failed to write to file: {error}") from error
        self._open_devices[number] = (device, at + len(piece))
        return {"count": len(piece), "eof": False}

    def disk_stats(self, arguments: dict[str, Any]) -> Any:
        found = []
        for number, device in enumerate(self._devices.all()):
            reads, read, writes, written = self._devices.counted.get(device.name, (0, 0, 0, 0))
            stats = {"read-ios": reads, "read-sectors": read // 512}
            stats |= {"write-ios": writes, "write-sectors": written // 512}
            found.append({"name": device.name, "major": 8, "minor": 16 * number, "stats": stats})
        return found

    def file_read(self, arguments: dict[str, Any]) -> Any:
        if (number := int(arguments["handle"])) in self._open_devices:
            return self._device_read(number, min(int(arguments.get("count", 4096)), _CHUNK))
        path, mode, data, at = self._handle(arguments)
        count = min(int(arguments.get("count", 4096)), _CHUNK)
        piece = bytes(data[at : at + count])
        self._handles[int(arguments["handle"])] = (path, mode, data, at + len(piece))
        return {"count": len(piece), "buf-b64": _encoded(piece), "eof": at + len(piece) >= len(data)}

    def file_write(self, arguments: dict[str, Any]) -> Any:
        if (number := int(arguments["handle"])) in self._open_devices:
            return self._device_write(number, _decoded(arguments["buf-b64"]))
        path, mode, data, at = self._handle(arguments)
        if mode[0] == "r" and "+" not in mode:
            raise AgentError("failed to write to file: Bad file descriptor")
        piece = _decoded(arguments["buf-b64"])
        piece = piece[: int(arguments.get("count", len(piece)))]
        data[at : at + len(piece)] = piece
        self._handles[int(arguments["handle"])] = (path, mode, data, at + len(piece))
        self._store(path, bytes(data))
        return {"count": len(piece), "eof": False}

    def _store(self, path: str, data: bytes) -> None:
        try:
            if not storage_programs.write_sysfs(self._devices, path, data):
                self._linux.write_file(path, data)
        except DeviceError as error:
            raise AgentError(f"failed to write to file '{path}': {error}") from error

    def file_close(self, arguments: dict[str, Any]) -> Any:
        if self._open_devices.pop(int(arguments["handle"]), None):
            return {}
        path, mode, data, _ = self._handle(arguments)
        if mode[0] != "r" or "+" in mode:
            self._store(path, bytes(data))
        del self._handles[int(arguments["handle"])]
        return {}

    def file_flush(self, arguments: dict[str, Any]) -> Any:
        if int(arguments["handle"]) not in self._open_devices:
            self._handle(arguments)
        return {}

    def execute(self, arguments: dict[str, Any]) -> Any:
        path, words = str(arguments["path"]), [str(word) for word in arguments.get("arg") or []]
        self._linux.interfaces(self._system.network.adapters(self._machine.userid))  # what there is now
        stdin = _decoded(arguments.get("input-data", ""))
        result = storage_programs.run(Shell(self._linux, self._devices, stdin), path, words)
        if result is None:
            result = hotplug_programs.run(self._machine, path, words)
        if result is None:
            host = Host(self._system.guest_network, self._machine, self._linux)
            result = run_program(self._linux, path, words, host)
        if result is None:
            raise AgentError(
                f"Guest command failed: Failed to execute child process “{path}” (No such file or directory)"
            )
        code, out, err = result
        self._last += 1
        done: dict[str, Any] = {"exited": True, "exitcode": code}
        if arguments.get("capture-output"):
            done |= {"out-data": _encoded(out)} if out else {}
            done |= {"err-data": _encoded(err)} if err else {}
        self._programs[self._last] = done
        return {"pid": self._last}

    def execute_status(self, arguments: dict[str, Any]) -> Any:
        try:
            return self._programs.pop(int(arguments["pid"]))
        except KeyError:
            raise AgentError("Invalid parameter 'pid'") from None

    def _handle(self, arguments: dict[str, Any]) -> tuple[str, str, bytearray, int]:
        try:
            return self._handles[int(arguments["handle"])]
        except KeyError:
            raise AgentError("handle not found") from None


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise AgentError(f"failed to decode base64: {error}") from error


_Result = tuple[int, bytes, bytes]


def _cat(linux: Linux, words: list[str]) -> _Result:
    out = b""
    for path in words:
        content = linux.read_file(path)
        if content is None:
            return 1, out, f"cat: {path}: No such file or directory\n".encode()
        out += content
    return 0, out, b""


def _cloud_init(linux: Linux, words: list[str]) -> _Result:
    return (0, b"status: done\n", b"") if words[:1] == ["status"] else (2, b"", b"usage: cloud-init status\n")


_PROGRAMS: dict[str, Callable[[Linux, list[str]], _Result]] = {
    "true": lambda linux, words: (0, b"", b""),
    "false": lambda linux, words: (1, b"", b""),
    "echo": lambda linux, words: (0, f"{' '.join(words)}\n".encode(), b""),
    "hostname": lambda linux, words: (0, f"{linux.hostname}\n".encode(), b""),
    "uname": lambda linux, words: (0, f"Linux {linux.hostname} {KERNEL} s390x\n".encode(), b""),
    "cat": _cat,
    "cloud-init": _cloud_init,
    "ip": ip_program.run,
}


def run_program(linux: Linux, path: str, words: list[str], host: Host | None = None) -> _Result | None:
    """Return exit code, stdout and stderr of a program, or None when the guest has none of that name.

    :param host: its place on the network, without which it has no programs for that.
    """
    if program := _PROGRAMS.get(path.rpartition("/")[2]):
        return program(linux, words)
    return network_programs.run(host, path, words) if host else None


COMMANDS: dict[str, Callable[[GuestAgent, dict[str, Any]], Any]] = {
    "guest-ping": GuestAgent.ping,
    "guest-sync": GuestAgent.sync,
    "guest-sync-delimited": GuestAgent.sync,
    "guest-info": GuestAgent.info,
    "guest-get-osinfo": GuestAgent.osinfo,
    "guest-get-host-name": GuestAgent.host_name,
    "guest-get-fsinfo": GuestAgent.fsinfo,
    "guest-get-vcpus": GuestAgent.vcpus,
    "guest-network-get-interfaces": GuestAgent.interfaces,
    "guest-set-user-password": GuestAgent.set_user_password,
    "guest-fsfreeze-freeze": GuestAgent.freeze,
    "guest-fsfreeze-thaw": GuestAgent.thaw,
    "guest-fsfreeze-status": GuestAgent.freeze_status,
    "guest-shutdown": GuestAgent.shutdown,
    "guest-file-open": GuestAgent.file_open,
    "guest-file-read": GuestAgent.file_read,
    "guest-file-seek": GuestAgent.file_seek,
    "guest-file-write": GuestAgent.file_write,
    "guest-file-flush": GuestAgent.file_flush,
    "guest-file-close": GuestAgent.file_close,
    "guest-get-diskstats": GuestAgent.disk_stats,
    "guest-exec": GuestAgent.execute,
    "guest-exec-status": GuestAgent.execute_status,
}
_WHILE_FROZEN = {
    "guest-ping",
    "guest-sync",
    "guest-sync-delimited",
    "guest-info",
    "guest-fsfreeze-thaw",
    "guest-fsfreeze-status",
}


class Agents:
    """The agents of the guests that are up."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._agents: dict[str, tuple[Linux, VirtualMachine, GuestAgent]] = {}

    def get(self, machine: VirtualMachine) -> GuestAgent | None:
        """Return the agent of a guest, or None while its Linux is not up."""
        linux = self._system.guests.linux(machine)
        if linux is None:
            return None
        known = self._agents.get(machine.userid)
        if known is None or known[0] is not linux or known[1] is not machine:
            known = (linux, machine, GuestAgent(self._system, machine, linux))
            self._agents[machine.userid] = known
        return known[2]
