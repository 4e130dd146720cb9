# SPDX-License-Identifier: Apache-2.0
"""The guests of a system: logon, IPL, signals, logoff, and the passing of time between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from zvm.directory import Command, Extent, Ipl, Loaddev
from zvm.simulator import data_disks, ipl_record, light_guest, logon
from zvm.simulator.cp_error import CpError, message
from zvm.simulator.installed import place_key
from zvm.simulator.iscsi_disks import IscsiDisks
from zvm.simulator.light_guest import Linux
from zvm.simulator.network_programs import Host
from zvm.simulator.san import SanError
from zvm.simulator.scsi_disks import ScsiDisks
from zvm.simulator.spool import SpoolFile, SpoolFull
from zvm.simulator.terminal import Terminal
from zvm.simulator.virtual_devices import Dedicated, Disk, VirtualDevice
from zvm.simulator.virtual_machine import Pending, State, VirtualMachine

if TYPE_CHECKING:
    from zvm.simulator.system import System

#: What CP shows when a program loads a PSW that neither runs nor waits for anything.
DISABLED_WAIT = message("GIR", 450, "CP entered; disabled wait PSW 00020001 80000000 00000000 00004502", "W")
_CLASS_AT_BOOT = "X"


class Guests:
    """Every virtual machine that is logged on."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._machines: dict[str, VirtualMachine] = {}
        self._installed = system.installed
        # With a thousand guests a transaction must not describe all of them anew: only those that were handed
        # out since the last one, or whose console showed something.
        self._handed_out: set[str] = set()
        self._described: dict[str, tuple[int, dict[str, Any]]] = {}
        self._closed = False
        #: Runs something after so many seconds; replaced in tests.
        self.later: Callable[[float, Callable[[], None]], object] = self._on_loop
        #: Called with userid and what happened (logon, boot, logoff ...).
        self.watchers: list[Callable[[str, str], None]] = []
        #: Runs a CP command of a guest; set by the CP of the system.
        self.run_command: Callable[[VirtualMachine, str], str] = lambda machine, command: ""

    # Asking

    def get(self, userid: str) -> VirtualMachine | None:
        """Return a guest that is logged on (also while it is being logged off), or None.

        It may be changed within the current transaction.
        """
        self._handed_out.add(userid)
        return self._machines.get(userid)

    def is_on(self, userid: str) -> bool:
        """Tell whether a guest is logged on, without the intent to change it."""
        return userid in self._machines

    def existing(self, userid: str, module: str = "CFX") -> VirtualMachine:
        """Return a guest that is logged on.

        :raises CpError: 45, not logged on; 361, being logged off.
        """
        machine = self.get(userid)
        if machine is None:
            raise CpError(module, 45, f"{userid} not logged on")
        if machine.state is State.LOGGING_OFF:
            raise CpError(module, 361, f"LOGOFF/FORCE pending for user {userid}")
        return machine

    def logged_on(self) -> list[VirtualMachine]:
        """Return all guests that are logged on, in the order they logged on; to look at, not to change."""
        return list(self._machines.values())

    def linux(self, machine: VirtualMachine) -> Linux | None:
        """Return the Linux that runs in a machine, or None while none is up; it may be changed."""
        self._handed_out.add(machine.userid)
        return self._installed.get(machine.linux_key) if machine.booted else None

    def look(self, userid: str) -> Linux | None:
        """Return the Linux that is up in a guest that runs, or None; to look at, not to change."""
        machine = self._machines.get(userid)
        if machine is None or not machine.booted or machine.state is not State.RUNNING:
            return None
        return self._installed.look(machine.linux_key)

    # Logon and logoff

    def logon(self, userid: str, by: str = "") -> VirtualMachine:
        """Log a guest on, disconnected (XAUTOLOG), and execute its IPL statement.

        :param by: who asked.
        :raises CpError: 53 no such user, 54 already logged on, 361 still being logged off.
        """
        if not self._system.directory.can_log_on(userid):
            raise CpError("AUT", 53, f"{userid} not in CP directory")
        entry = self._system.directory.resolved(userid, online=True)
        running = self._machines.get(userid)
        if running and running.state is State.LOGGING_OFF:
            raise CpError("AUT", 361, f"LOGOFF/FORCE pending for user {userid}")
        if running:
            raise CpError("AUT", 54, f"{userid} already logged on")
        if elsewhere := self._system.elsewhere(userid):
            raise CpError("AUT", 54, f"{userid} already logged on at {elsewhere.name}")
        machine = self._watched(logon.build(self._system, entry, by))
        self._machines[userid] = machine
        self._handed_out.add(userid)
        commands = [item.command for item in entry.find(Command)]
        detaching = [command for command in commands if command.upper().startswith("DET")]
        # First, so that a console spooled by the entry has the greeting, by which readers know a new logon.
        for command in commands:
            if command not in detaching:
                machine.console.show(self.run_command(machine, command))
        logon.greet(self._system, machine)
        logon.connect(self._system, machine, entry)
        for command in detaching:  # what there is only now
            machine.console.show(self.run_command(machine, command))
        self._tell_operator(f"AUTO LOGON  ***       {userid:<8} USERS = {len(self._machines)}    BY  {by}")
        self._happened(userid, "logon")
        for ipl in entry.find(Ipl)[-1:]:
            self.ipl(machine, ipl.system)
        return machine

    def force(self, userid: str, by: str = "") -> None:
        """Log a guest off without asking it.

        :raises CpError: 45 or 361.
        """
        machine = self.existing(userid, "FOR")
        machine.console.write(f"FORCED BY {by or 'SYSTEM'}")
        self._log_off(machine, f"FORCED BY {by}" if by else "")

    def drop(self, userid: str) -> None:
        """Make a guest gone at once, as a system IPL does."""
        machine = self._machines.pop(userid, None)
        if machine is not None:
            logon.disconnect(self._system, machine)

    def release(self, machine: VirtualMachine) -> None:
        """Let a guest go that runs on elsewhere, with all its devices."""
        del self._machines[machine.userid]

    def adopt(self, machine: VirtualMachine) -> None:
        """Take up a guest that ran elsewhere; what it waits for still comes."""
        self._machines[machine.userid] = self._watched(machine)
        self._handed_out.add(machine.userid)
        if machine.pending:
            self._wait(machine, machine.pending)

    def signal_shutdown(self, userid: str, within: float | None = None, by: str = "") -> None:
        """Ask a guest to shut itself down; one that does not is forced.

        :param within: seconds it has; by default the system's signal time-out.
        :raises CpError: 45 or 361.
        """
        machine = self.existing(userid, "SIG")
        if machine.booted and machine.state is State.RUNNING:
            machine.console.write("systemd[1]: Received SIGINT. System is powering down.")
            self._after(machine, "shutdown", self._system.config.timing.shutdown)
        else:
            limit = self._system.config.smapi.signal_timeout if within is None else within
            self._after(machine, "timeout", limit if self._system.config.timing.shutdown else 0)

    # Running

    def ipl(self, machine: VirtualMachine, target: str) -> None:
        """IPL a device or a named system; what happens is seen on the console and in the state."""
        self._quiet(machine)
        if not _is_vdev(target):
            machine.ipl_device, machine.state = target, State.RUNNING
            machine.console.write(self._system.config.system.version.partition(",")[0])
            return
        vdev = target.zfill(4)
        device = machine.devices.get(vdev)
        machine.ipl_device = vdev
        if device is None:
            machine.state = State.CP_READ
            machine.console.write(message("VDI", 40, f"Device {vdev} does not exist"))
            return
        place, block = self._boot_record(machine, device)
        if place is None or ipl_record.identify(block) is None:
            machine.state = State.DISABLED_WAIT
            machine.console.write(DISABLED_WAIT)
            self._happened(machine.userid, "crash")
            return
        machine.state, machine.linux_key = State.RUNNING, place_key(place)
        machine.start_anew()
        adapters = self._system.network.adapters(machine.userid)
        for line in light_guest.kernel_log(machine.disks, adapters, machine.storage, len(machine.cpus)):
            machine.console.write(line)
        self._after(machine, "boot", self._system.config.timing.boot)

    def _boot_record(self, machine: VirtualMachine, device: VirtualDevice) -> tuple[Extent | None, bytes]:
        """Return where IPL reads from and what is there: a disk, or the LUN that LOADDEV names."""
        if disk := device.disk:
            return disk.extent, self._system.dasd.read(disk.extent, 0, ipl_record.LENGTH)
        if not isinstance(device, Dedicated) or self._system.san.fcp(device.rdev) is None:
            return None, b""
        for line in light_guest.MACHINE_LOADER:
            machine.console.write(line)
        try:
            lun = self._system.san.find(device.rdev, *self._loaddev(machine))
        except SanError as error:
            machine.console.write(f"MLOLOA003E: {error}")
            return None, b""
        return lun.place, self._system.san.read(lun, 0, ipl_record.LENGTH)

    def _loaddev(self, machine: VirtualMachine) -> tuple[str, str]:
        """Return the port name and the LUN that the directory's LOADDEV statements name."""
        entry = self._system.directory.find(machine.userid)
        loaddev = {item.what: item.value.replace(" ", "") for item in entry.find(Loaddev)} if entry else {}
        return loaddev.get("PORTNAME", loaddev.get("PORT", "")), loaddev.get("LUN", "")

    def _loaded_from(self, machine: VirtualMachine) -> tuple[str, str, str] | None:
        """Return FCP device, port name and LUN of a machine that was IPLed from a LUN."""
        device = machine.devices.get(machine.ipl_device)
        if not isinstance(device, Dedicated) or device.dasd:
            return None
        port, lun = self._loaddev(machine)
        return machine.ipl_device, port.upper(), lun.upper().ljust(16, "0")

    def reboot(self, machine: VirtualMachine) -> None:
        """IPL again from where the machine was IPLed."""
        if machine.ipl_device:
            self.ipl(machine, machine.ipl_device)

    def stop(self, userid: str) -> None:
        """Stop the CPUs of a guest (CP STOP).

        :raises CpError: 45 or 361.
        """
        machine = self.existing(userid)
        if machine.state is State.RUNNING:
            machine.state = State.STOPPED

    def begin(self, userid: str) -> None:
        """Let a stopped guest run on (CP BEGIN).

        :raises CpError: 45 or 361.
        """
        machine = self.existing(userid)
        if machine.state is State.STOPPED:
            machine.state = State.RUNNING

    def restart(self, machine: VirtualMachine) -> None:
        """Take the restart interruption (SYSTEM RESTART): Linux dumps and stops in a disabled wait."""
        self._quiet(machine)
        machine.state = State.DISABLED_WAIT
        machine.console.write("Kernel panic - not syncing: PSW restart")
        machine.console.write(DISABLED_WAIT)
        self._happened(machine.userid, "crash")

    def reset(self, machine: VirtualMachine) -> None:
        """Reset the machine (SYSTEM CLEAR or RESET): nothing runs in it."""
        self._quiet(machine)
        machine.state = State.CP_READ
        machine.console.write("Storage cleared - system reset.")

    def shut_down(self, machine: VirtualMachine, mode: str = "powerdown") -> None:
        """Let the guest's Linux end by itself: ``powerdown``, ``halt`` (both log off) or ``reboot``."""
        machine.console.write(f"systemd-shutdown[1]: {mode}")
        self._after(
            machine, "reboot" if mode == "reboot" else "shutdown", self._system.config.timing.shutdown
        )

    def console_input(self, machine: VirtualMachine, text: str) -> None:
        """Enter a line at a guest's console. ``#CP command`` goes to CP."""
        if text.upper().startswith("#CP"):
            machine.console.write(text)
            machine.console.write(self.run_command(machine, text[3:].strip()) or machine.state.upper())
        elif not self.type(machine, f"{text}\r"):
            machine.console.write(text)

    def type(self, machine: VirtualMachine, keys: str) -> bool:
        """Press keys at the terminal of a guest's Linux; return whether one is up."""
        linux = self.linux(machine)
        if linux is None or machine.state is not State.RUNNING:
            return False
        if machine.terminal is None:
            host = Host(self._system.guest_network, machine, linux)
            machine.terminal = Terminal(linux, machine.console.emit, host)
        if not machine.console.unfinished:
            machine.console.emit(machine.terminal.prompt)
        machine.terminal.type(keys)
        return True

    # Console spool files

    def close_console(self, machine: VirtualMachine, to: str = "", cls: str = "") -> SpoolFile | None:
        """Close the console spool file and send it to a reader; None when nothing was spooled.

        It is lost when the reader has no spool id left.

        :param to: whose reader; by default where SPOOL CONSOLE TO points, or the guest's own.
        """
        lines = machine.console.close_spool()
        if not lines:
            return None
        try:
            return self._system.spool.create(
                to or machine.console.spool_to or machine.userid,
                "".join(f"{line}\n" for line in lines).encode(),
                origin=machine.userid,
                cls=cls or machine.console.spool_class,
                device="CON",
                records=len(lines),
            )
        except SpoolFull:
            return None

    # Time

    def resume(self) -> None:
        """Take up after a restart of the simulator what time was to bring."""
        instant = not any(astuple(self._system.config.timing))
        for machine in self.logged_on():
            if machine.pending and instant:
                self._due(machine, machine.pending)
            elif machine.pending:
                self._wait(machine, machine.pending)

    def close(self) -> None:
        """Let no more time pass."""
        self._closed = True

    def _after(self, machine: VirtualMachine, what: str, seconds: float) -> None:
        self._handed_out.add(machine.userid)
        machine.pending = Pending(what, time.time() + seconds)
        if seconds <= 0:
            self._due(machine, machine.pending)
        else:
            self._wait(machine, machine.pending)

    def _wait(self, machine: VirtualMachine, pending: Pending) -> None:
        self.later(max(0.0, pending.due - time.time()), lambda: self._due(machine, pending))

    def _on_loop(self, seconds: float, action: Callable[[], None]) -> object:
        def act() -> None:
            if not self._closed:
                action()
                self._system.commit()

        return asyncio.get_running_loop().call_later(seconds, act)

    def _due(self, machine: VirtualMachine, pending: Pending) -> None:
        """What was waited for happens, unless something else came in between."""
        if self.get(machine.userid) is not machine or machine.pending is not pending:
            return
        if machine.state is State.STOPPED and pending.what in ("boot", "shutdown", "reboot"):
            self._after(machine, pending.what, 1.0)  # a stopped CPU gets no further
            return
        machine.pending = None
        match pending.what:
            case "boot":
                self._booted(machine)
            case "reboot":
                self.reboot(machine)
            case "shutdown":
                self._log_off(machine)
            case "timeout":
                self._log_off(machine, "FORCED BY SYSTEM")
            case "logoff":
                self._logged_off(machine)

    def _booted(self, machine: VirtualMachine) -> None:
        linux = self._installed.boot(machine.linux_key)
        machine.booted = True
        for minidisk in machine.disks:
            minidisk.online = True
        scsi = ScsiDisks(self._system, machine, linux)
        scsi.boot(self._loaded_from(machine))
        for disk in scsi.disks():
            machine.console.write(f"sd {disk.hctl}: [{disk.name}] {disk.size // 512} 512-byte logical blocks")
        waiting = [
            (file, self._system.spool.data(file))
            for file in self._system.spool.files(machine.userid)
            if file.cls == _CLASS_AT_BOOT and file.hold == "NONE"
        ]
        say = machine.console.write
        drive = light_guest.find_config_drive(waiting, machine.disks, self._system.dasd, linux, say)
        for file, _ in waiting:
            self._system.spool.purge(file)
        light_guest.start(
            linux,
            drive,
            self._system.network.adapters(machine.userid),
            say,
            lambda: data_disks.prepare(self._system.dasd, machine.userid, machine.disks),
            sum(self._system.dasd.extent_bytes(disk.extent) for disk in _booted_from(machine)),
            lambda mac: self._system.guest_network.ask(machine.userid, mac),
        )
        IscsiDisks(self._system, machine, linux).boot()
        self._happened(machine.userid, "boot")

    def _log_off(self, machine: VirtualMachine, how: str = "") -> None:
        self._quiet(machine)
        machine.state = State.LOGGING_OFF
        self._tell_operator(
            f"USER DSC   LOGOFF AS  {machine.userid:<8} USERS = {len(self._machines) - 1}    {how}"
        )
        self._after(machine, "logoff", self._system.config.timing.logoff)

    def _logged_off(self, machine: VirtualMachine) -> None:
        if machine.console.spooling:
            self.close_console(machine)
        self.drop(machine.userid)
        self._happened(machine.userid, "logoff")

    # Inside

    def _watched(self, machine: VirtualMachine) -> VirtualMachine:
        """Let the secondary user and the observer of a guest see its console output."""

        def show(line: str) -> None:
            for userid in {machine.secuser, machine.observer} - {"", machine.userid}:
                if other := self._machines.get(userid):
                    other.console.write(f"{machine.userid:<8}: {line}", forwarded=True)

        machine.console.forward = show
        return machine

    def _quiet(self, machine: VirtualMachine) -> None:
        self._handed_out.add(machine.userid)
        machine.booted, machine.pending, machine.terminal = False, None, None

    def _tell_operator(self, text: str) -> None:
        operator = self._machines.get("OPERATOR")
        if operator:
            operator.console.write(f"{self._system.trouble.now():%H:%M:%S} {text}".rstrip())

    def _happened(self, userid: str, what: str) -> None:
        for watcher in list(self.watchers):
            watcher(userid, what)

    # State

    def dump(self) -> dict[str, Any]:
        """Return what the store keeps: a document per guest."""
        described = {}
        for userid, machine in self._machines.items():
            revision = machine.console.revision
            known = self._described.get(userid)
            if known is None or userid in self._handed_out or known[0] != revision:
                known = (revision, machine.dump())
            described[userid] = known
        self._described = described
        self._handed_out.clear()
        return {key: document for key, (_, document) in described.items()}

    def load(self, state: dict[str, Any]) -> None:
        """Take up what ``dump`` returned; ``resume`` sets time going again."""
        machines = [self._watched(VirtualMachine.restore(kept)) for kept in state.values()]
        self._machines = {vm.userid: vm for vm in sorted(machines, key=lambda vm: vm.logon_time)}


def _booted_from(machine: VirtualMachine) -> list[Disk]:
    """Return the minidisk that was IPLed, if it was one."""
    return [disk for disk in machine.disks if disk.vdev == machine.ipl_device]


def _is_vdev(target: str) -> bool:
    """Tell a device number from the name of a saved system: CMS is none, neither is ZCMS."""
    return len(target) <= 4 and all(digit in "0123456789ABCDEF" for digit in target)
