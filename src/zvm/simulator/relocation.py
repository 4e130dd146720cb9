# SPDX-License-Identifier: Apache-2.0
"""Live guest relocation: memory passes while the guest runs, a quiesce, and the move itself.

A guest is on its source until the move and on its destination from then on; both, and the end of the
relocation, are written in one transaction. Whatever ends a relocation before leaves the guest where it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from zvm.simulator import eligibility
from zvm.simulator.cp_error import CpError, message
from zvm.simulator.eligibility import Reason
from zvm.simulator.virtual_devices import Dedicated
from zvm.simulator.virtual_machine import State, VirtualMachine

if TYPE_CHECKING:
    from zvm.simulator.ssi import Ssi
    from zvm.simulator.system import System

#: CP's default limit of the quiesce time, in seconds.
DEFAULT_QUIESCE = 10.0
_PASSES, _IMMEDIATE_PASSES = 3, 1
#: Each pass finds a quarter of the pages of the one before changed.
_SHRINK = 0.25
_GIB = 1 << 30
_CANCELLED = b"\0"
NO_RELOCATION = 1926


class NotEligible(CpError):
    """CP does not relocate a guest, for ``reasons`` (messages 1940 and, a line each, what follows it)."""

    def __init__(self, userid: str, reasons: list[Reason]) -> None:
        head = f"{userid} is not relocatable for the following reason(s):"
        super().__init__("RLH", eligibility.NOT_ELIGIBLE, head)
        self.reasons = reasons
        told = [message("RLI", reason.number, f"{userid}: {reason.text}", "I") for reason in reasons]
        self.message = "\n".join([self.message, *told])

    @property
    def numbers(self) -> str:
        """The message numbers, blank separated, as SMAPI answers them."""
        return " ".join(str(number) for number in (self.number, *(item.number for item in self.reasons)))


@dataclass
class Limits:
    """What a relocation may take, in seconds; ``None`` is NOLIMIT."""

    total: float | None = None
    quiesce: float | None = DEFAULT_QUIESCE


@dataclass
class Relocation:
    """A relocation under way. ``step`` counts memory passes; the one after the last is the quiesce."""

    userid: str
    source: str
    target: str
    by: str
    logon_time: float
    started: float
    passes: int
    force: list[str]
    total: float | None
    quiesce: float | None
    step: int = 0
    due: float = 0.0

    @property
    def quiescing(self) -> bool:
        """Whether the guest stands still."""
        return self.step > self.passes

    @property
    def status(self) -> str:
        """What STATUS calls it."""
        return "Quiescing" if self.quiescing else f"Moving Memory, Pass {self.step}"


class Relocations:
    """The relocations of a cluster, one at a time per guest."""

    def __init__(self, ssi: Ssi) -> None:
        self._ssi = ssi
        self._active: dict[str, Relocation] = {}

    def active(self) -> list[Relocation]:
        """Return the relocations under way, in the order they were started."""
        self.prune()
        return list(self._active.values())

    def get(self, userid: str) -> Relocation:
        """Return the relocation of a guest.

        :raises CpError: 1926, there is none.
        """
        self.prune()
        if userid not in self._active:
            raise CpError("RLU", NO_RELOCATION, f"No relocation of user {userid} is in progress")
        return self._active[userid]

    def test(self, source: System, userid: str, target: str, force: Iterable[str] = ()) -> VirtualMachine:
        """Return the guest if it could be relocated now.

        :raises NotEligible: with all reasons.
        :raises CpError: 45 not logged on there, 361 being logged off, 3 no such member.
        """
        machine = source.guests.existing(userid, "RLU")
        destination = self._ssi.member(target)
        if destination is None:
            raise CpError("RLU", 3, f"Invalid option - {target}")
        self.prune()
        found = eligibility.reasons(self._ssi, machine, source, destination, tuple(force))
        if userid in self._active:
            found.append(Reason(eligibility.DEVICE, "it is being relocated already"))
        if found:
            raise NotEligible(userid, found)
        return machine

    def move(
        self,
        source: System,
        userid: str,
        target: str,
        by: str,
        *,
        force: Iterable[str] = (),
        immediate: bool = False,
        limits: Limits | None = None,
    ) -> Relocation:
        """Begin a relocation; what follows comes with time.

        :param by: who asked, and is told of the end.
        :param immediate: one memory pass only.
        :raises CpError: as ``test`` does.
        """
        machine = self.test(source, userid, target, force)
        limits = limits or Limits(None, None if immediate else DEFAULT_QUIESCE)
        relocation = Relocation(
            userid,
            source.name,
            target.upper(),
            by,
            machine.logon_time,
            time.time(),
            _IMMEDIATE_PASSES if immediate else _PASSES,
            list(force),
            limits.total,
            limits.quiesce,
        )
        self._active[userid] = relocation
        self._tell("relocation started", relocation)
        self._next(relocation)
        return relocation

    def cancel(self, userid: str, by: str) -> None:
        """End a relocation; the guest stays where it is.

        :raises CpError: 1926, there is none.
        """
        self._end(self.get(userid), f"by {by}")

    def modify(self, userid: str, limits: Limits) -> None:
        """Set other limits.

        :raises CpError: 1926, there is none.
        """
        relocation = self.get(userid)
        relocation.total, relocation.quiesce = limits.total, limits.quiesce

    def prune(self) -> None:
        """Forget relocations of guests that are no longer logged on to their source, or to a member down."""
        for relocation in list(self._active.values()):
            _, target = self._systems(relocation)
            if self._machine(relocation) is None:
                self._end(relocation, "the virtual machine is gone")
            elif not self._ssi.is_joined(target):
                self._end(relocation, f"member {target.name} is down")

    # Time

    def resume(self) -> None:
        """Take up after a restart of the simulator what was under way."""
        for relocation in self.active():
            self._wait(relocation)

    def _next(self, relocation: Relocation) -> None:
        """Begin the next step, unless its limits forbid it."""
        timing = self._ssi.members[0].config.timing
        machine = self._machine(relocation)
        if machine is None:
            self._end(relocation, "the virtual machine is gone")
            return
        relocation.step += 1
        seconds = timing.memory_pass * max(1.0, machine.storage / _GIB) * _SHRINK ** (relocation.step - 1)
        if relocation.quiescing:
            seconds = timing.quiesce
            if relocation.quiesce is not None and seconds > relocation.quiesce:
                self._end(relocation, "the maximum quiesce time is exceeded")
                return
        relocation.due = time.time() + seconds
        if relocation.total is not None and relocation.due > relocation.started + relocation.total:
            self._end(relocation, "the maximum total time is exceeded")
        elif seconds <= 0:
            self._done(relocation, relocation.step)
        else:
            self._wait(relocation)

    def _wait(self, relocation: Relocation) -> None:
        step = relocation.step
        later = self._ssi.members[0].guests.later
        later(max(0.0, relocation.due - time.time()), lambda: self._done(relocation, step))

    def _done(self, relocation: Relocation, step: int) -> None:
        """A step has come to its end, unless the relocation ended before."""
        if self._active.get(relocation.userid) is not relocation or relocation.step != step:
            return
        if relocation.quiescing:
            self._switch(relocation)
        else:
            self._next(relocation)

    def _switch(self, relocation: Relocation) -> None:
        """Move the guest, if that is still allowed."""
        source, target = self._systems(relocation)
        machine = self._machine(relocation)
        if machine is None:
            self._end(relocation, "the virtual machine is gone")
            return
        if found := eligibility.reasons(self._ssi, machine, source, target, tuple(relocation.force)):
            self._end(relocation, found[0].text)
            return
        adapters = source.network.release(machine.userid)
        target.network.adopt(machine.userid, adapters)
        for vdev, rdev in eligibility.equivalents(machine, source, target).items():
            device = machine.devices[vdev]
            if isinstance(device, Dedicated):
                device.rdev = rdev
        source.guests.release(machine)
        target.guests.adopt(machine)
        del self._active[relocation.userid]
        self._tell("relocation ended", relocation)
        self._say(
            relocation,
            f"User {machine.userid} has been relocated from {relocation.source} to {relocation.target}",
        )

    # Inside

    def _end(self, relocation: Relocation, why: str) -> None:
        del self._active[relocation.userid]
        source, target = self._systems(relocation)
        source.events.vmevent("outbound relocation failed", relocation.userid, detail=_CANCELLED)
        target.events.vmevent("inbound relocation failed", relocation.userid, detail=_CANCELLED)
        where = f"from {relocation.source} to {relocation.target}"
        self._say(relocation, f"Relocation of {relocation.userid} {where} has been cancelled: {why}")

    def _systems(self, relocation: Relocation) -> tuple[System, System]:
        by_name = {member.name: member for member in self._ssi.members}
        return by_name[relocation.source], by_name[relocation.target]

    def _machine(self, relocation: Relocation) -> VirtualMachine | None:
        source, _ = self._systems(relocation)
        machine = source.guests.get(relocation.userid)
        same = machine is not None and machine.logon_time == relocation.logon_time
        return machine if machine and same and machine.state is not State.LOGGING_OFF else None

    def _tell(self, what: str, relocation: Relocation) -> None:
        source, target = self._systems(relocation)
        source.events.vmevent(f"outbound {what}", relocation.userid, relocation.target)
        target.events.vmevent(f"inbound {what}", relocation.userid, relocation.source)

    def _say(self, relocation: Relocation, text: str) -> None:
        source, _ = self._systems(relocation)
        if issuer := source.guests.get(relocation.by):
            issuer.console.write(text)

    # State

    def dump(self) -> list[dict[str, Any]]:
        """Return what the store keeps."""
        return [asdict(relocation) for relocation in self._active.values()]

    def load(self, state: list[dict[str, Any]]) -> None:
        """Take up what ``dump`` returned, less what concerns members that are no more."""
        found = [Relocation(**kept) for kept in state]
        known = [item for item in found if self._ssi.member(item.source) and self._ssi.member(item.target)]
        self._active = {relocation.userid: relocation for relocation in known}
