# SPDX-License-Identifier: Apache-2.0
"""Starts, watches and ends the processes of a cloud.

Each process leads a session of its own, so that it outlives the command that started it, and is written
down in ``run/<name>.json`` with the time it began: a number that the system gave to another process
meanwhile is never taken for ours (:func:`Record.alive`), hence never ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from zvm.cloud.errors import GivenUp, ServiceFailed, last_lines
from zvm.cloud.layout import Layout, is_free, write_private

#: How often a condition is looked at again, seconds.
PAUSE = 0.1
#: How long a process may take to end by itself, seconds.
GRACE = 5.0


@dataclass(frozen=True)
class Service:
    """A process to run.

    :param name: as ``zvm cloud status`` shows it; names the log file too.
    :param command: program and arguments.
    :param ready: looks once whether the service does its work; called again until it says so.
    :param environment: added to :func:`environment`.
    :param patience: how long it may take to become ready, seconds.
    :param port: the TCP port it listens on, if it does.
    :param input: what it reads on its standard input: a few lines at most.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 120.0
    port: int | None = None
    input: str = ""


@dataclass(frozen=True)
class Record:
    """A process that was started: enough to know it again."""

    name: str
    pid: int
    #: Clock ticks between the system's start and the process's (field 22 of /proc/PID/stat).
    began: int
    #: The run of the system that ``began`` counts from.
    boot: str

    def alive(self) -> bool:
        """Return whether the process, or one that it started in its session, still runs."""
        return self.leads() or bool(self.members())

    def leads(self) -> bool:
        """Return whether the process itself still runs."""
        leader = read_stat(self.pid)
        return leader is not None and leader.runs and leader.began == self.began and self.boot == boot_id()

    def members(self) -> list[int]:
        """Return the process ids of the session, zombies left out."""
        leader = read_stat(self.pid)
        if self.boot != boot_id() or (leader is not None and leader.began != self.began):
            return []
        numbers = (int(entry) for entry in os.listdir("/proc") if entry.isdigit())
        found = ((pid, read_stat(pid)) for pid in numbers)
        return [pid for pid, stat in found if stat and stat.session == self.pid and stat.runs]


@dataclass(frozen=True)
class Stat:
    """What is needed of /proc/PID/stat (proc(5))."""

    state: str
    session: int
    began: int

    @property
    def runs(self) -> bool:
        """Whether it does more than wait for its parent to notice its end."""
        return self.state not in "ZX"


def read_stat(pid: int) -> Stat | None:
    """Return the state of the process ``pid``; None when there is none."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name stands in parentheses and may itself hold spaces and parentheses.
    fields = line.rpartition(")")[2].split()
    return Stat(state=fields[0], session=int(fields[3]), began=int(fields[19]))


def boot_id() -> str:
    """Return the identity of the system's present run."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child: the present one without what would lead OpenStack astray."""
    # Without byte-code each of the processes would compile OpenStack anew.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OS_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    direct = [kept.get("no_proxy", ""), "127.0.0.1", "localhost"]
    kept["no_proxy"] = kept["NO_PROXY"] = ",".join(filter(None, direct))
    return {**kept, **(extra or {})}


class Processes:
    """The processes of one cloud.

    :param layout: where records and logs are kept.
    :ivar give_up: when set, whoever waits in :meth:`wait_ready` or :meth:`run` returns at once by
        :class:`GivenUp`.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.give_up = threading.Event()

    def records(self) -> list[Record]:
        """Return what was started and not ended by :meth:`stop`, whether it still runs or not."""
        names = sorted(file.stem for file in self._layout.run("").glob("*.json"))
        return [record for name in names if (record := self._record(name))]

    def _record(self, name: str) -> Record | None:
        try:
            return Record(**json.loads(self._layout.run(f"{name}.json").read_text()))
        except FileNotFoundError:  # another thread ended it meanwhile
            return None

    def running(self) -> dict[str, Record]:
        """Return the processes that run: name → record."""
        return {record.name: record for record in self.records() if self._alive(record)}

    def _alive(self, record: Record | None) -> bool:
        if record is None:
            return False
        child = self._children.get(record.name)
        if child is not None:
            child.poll()
        return record.alive()

    def start(self, service: Service) -> bool:
        """Start ``service`` unless it runs; what a process that died left behind is ended first.

        :returns: whether it had to be started.
        :raises ServiceFailed: another program has its port.
        """
        record = self._record(service.name)
        if self._alive(record) and record and record.leads():
            return False
        self.stop([service.name])  # what a dead one left behind is on its way out
        if service.port is not None and not is_free(service.port):
            raise ServiceFailed(
                service.name,
                f"port {service.port} is taken by another program",
                next_step=f"End that program (ss -ltnp 'sport = :{service.port}' tells which it is).",
            )
        with self._layout.log(service.name).open("ab") as log:
            child = subprocess.Popen(
                service.command,
                stdin=subprocess.PIPE if service.input else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(service.environment),
                cwd=self._layout.root,
                start_new_session=True,
            )
        if child.stdin:
            with contextlib.suppress(BrokenPipeError), child.stdin:
                child.stdin.write(service.input.encode())
        self._children[service.name] = child
        stat = read_stat(child.pid)
        began = stat.began if stat else 0
        record = Record(name=service.name, pid=child.pid, began=began, boot=boot_id())
        write_private(self._layout.run(f"{service.name}.json"), json.dumps(asdict(record)) + "\n")
        return True

    def wait_ready(self, service: Service) -> None:
        """Return as soon as ``service`` is ready.

        :raises ServiceFailed: it ended, or its patience ran out.
        :raises GivenUp: somebody set :attr:`give_up`.
        """
        log = self._layout.log(service.name)
        record = self._record(service.name)
        end = time.monotonic() + service.patience
        while not service.ready():
            if not self._alive(record):
                raise ServiceFailed(service.name, "ended while starting", log=log)
            if time.monotonic() > end:
                raise ServiceFailed(service.name, f"not ready after {service.patience:.0f} s", log=log)
            self.check_not_given_up()
            time.sleep(PAUSE)

    def check_not_given_up(self) -> None:
        """Raise :class:`GivenUp` when :attr:`give_up` is set."""
        if self.give_up.is_set():
            raise GivenUp

    def run(
        self, name: str, command: Sequence[str], extra: Mapping[str, str] | None = None, *, input: str = ""
    ) -> None:
        """Run ``command`` to its end, as a process that :meth:`stop` would end too, and anew if it runs.

        :param name: names it and its log file.
        :param extra: added to :func:`environment`.
        :param input: what it reads on its standard input.
        :raises ServiceFailed: it ended with another code than 0.
        :raises GivenUp: somebody set :attr:`give_up`.
        """
        self.stop([name])
        self.start(Service(name, command, lambda: False, environment=extra or {}, input=input))
        child = self._children[name]
        while (code := child.poll()) is None:
            self.check_not_given_up()
            time.sleep(PAUSE)
        self._layout.run(f"{name}.json").unlink()
        if code:
            log = self._layout.log(name)
            final = (last_lines(log, 1) or ["it said nothing"])[0]
            raise ServiceFailed(name, f"ended with code {code}: {final}", log=log)

    def stop(self, names: Iterable[str] | None = None, *, grace: float = GRACE) -> list[str]:
        """End processes: ask, wait, then kill.

        :param names: which; all of them when left out.
        :param grace: how long they may take, seconds.
        :returns: the names of those that ran.
        :raises ServiceFailed: one survived the kill.
        """
        chosen = [record for record in self.records() if names is None or record.name in set(names)]
        ran = [record for record in chosen if self._alive(record)]
        for number in (signal.SIGTERM, signal.SIGKILL):
            for record in ran:
                send(record, number)
            end = time.monotonic() + grace
            while any(map(self._alive, ran)) and time.monotonic() < end:
                time.sleep(PAUSE)
        for record in chosen:
            if self._alive(record):
                raise ServiceFailed(record.name, f"process {record.pid} does not end")
            self._layout.run(f"{record.name}.json").unlink(missing_ok=True)
        return [record.name for record in ran]


def send(record: Record, number: signal.Signals) -> None:
    """Send the signal ``number`` to each process of the session that ``record`` describes."""
    for pid in record.members():
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
