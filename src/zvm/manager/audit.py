# SPDX-License-Identifier: Apache-2.0
"""What was done, for whom: the audit log, and the counters for Prometheus.

A line of the log is a JSON object: time, user, request id, object id, command, target, the SMAPI functions
that were called with their codes, the outcome and the seconds it took. Values of arguments are not in it, for
some are secret. Commands that only look are counted and not written down, unless they were denied.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from zvm.manager.errors import Forbidden
from zvm.zhcp.client import SmapiResult, ZhcpClient
from zvm.zhcp.errors import Refused

LOG = logging.getLogger(__name__)

#: The word for systemd's journal in place of a file.
JOURNALD = "journald"
_FIELDS = ("user", "requestid", "objectid", "command", "target", "outcome")
_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0)


@dataclass(slots=True)
class Record:
    """One command while it runs; who runs it says what became of it."""

    outcome: str = "done"
    smapi: list[dict[str, Any]] = field(default_factory=list)


_RECORD: ContextVar[Record | None] = ContextVar("record", default=None)


class Audit:
    """The audit log and the counters of one management node.

    :param to: the file of the log, which is appended to; ``journald``; None for no log.
    """

    def __init__(self, to: str | None) -> None:
        self._to = to
        self._write = _writer(to) if to else None
        self._registry = CollectorRegistry()
        self._commands = Counter(
            "zvm_manager_commands", "Commands", ["command", "outcome"], registry=self._registry
        )
        self._seconds = Histogram(
            "zvm_manager_command_seconds",
            "Seconds that commands took",
            ["command"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._smapi = Counter(
            "zvm_manager_smapi_calls", "SMAPI calls", ["function", "rc"], registry=self._registry
        )
        self._up = Gauge("zvm_manager_zhcp_up", "Whether a zHCP answers", ["zhcp"], registry=self._registry)

    @contextmanager
    def command(
        self, user: str, command: str, target: str, *, requestid: str = "", objectid: str = "", looks: bool
    ) -> Iterator[Record]:
        """Count and write down the command that is run within.

        :param looks: it changes nothing.
        """
        record, begun = Record(), time.monotonic()
        token = _RECORD.set(record)
        try:
            yield record
        except Forbidden:
            record.outcome = "denied"
            raise
        except BaseException:
            record.outcome = "failed"
            raise
        finally:
            _RECORD.reset(token)
            seconds = time.monotonic() - begun
            self._commands.labels(command, record.outcome).inc()
            self._seconds.labels(command).observe(seconds)
            for call in record.smapi:
                self._smapi.labels(call["function"], str(call["rc"])).inc()
            if self._write is not None and (not looks or record.outcome == "denied"):
                line = {
                    "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                    "user": user,
                    "requestid": requestid,
                    "objectid": objectid,
                    "command": command,
                    "target": target,
                    "outcome": record.outcome,
                    "smapi": record.smapi,
                    "seconds": round(seconds, 3),
                }
                try:
                    self._write(line)
                except OSError as error:
                    LOG.error("the audit log %s: %s; lost: %s", self._to, error, line)

    def metrics(self, zhcps: Mapping[str, bool]) -> bytes:
        """Return all counters in Prometheus' text format; ``zhcps`` says which zHCP answers."""
        for name, up in zhcps.items():
            self._up.labels(name).set(up)
        return generate_latest(self._registry)


def _writer(to: str) -> Callable[[Mapping[str, Any]], None]:
    """Return what writes a line to a file or to systemd's journal; it raises OSError."""
    return _to_journal if to == JOURNALD else partial(_append, Path(to))


def _append(path: Path, line: Mapping[str, Any]) -> None:
    """Append a line; the file is opened anew, so that it may be moved away at any time."""
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(number, json.dumps(line).encode() + b"\n")
    finally:
        os.close(number)


def _to_journal(line: Mapping[str, Any]) -> None:
    """Write a line to the journal: as the message, and what it is about in fields ``ZVM_...`` to look for."""
    from logging_journald import JournaldTransport  # a management node that writes to a file does without

    transport = JournaldTransport(connected=False)  # a journald that is started anew gets the next one
    with transport.socket as journal:
        journal.setblocking(False)  # one that cannot keep up must not hold up the management node
        fields = {"MESSAGE": json.dumps(line), "PRIORITY": "6", "SYSLOG_IDENTIFIER": "zvm-manager"}
        fields |= {f"ZVM_{name.upper()}": str(line[name]) for name in _FIELDS}
        # As octets each goes with its length: no user can write lines that look like fields.
        transport.send((name, value.encode(errors="replace")) for name, value in fields.items())


class AuditedClient(ZhcpClient):
    """A zHCP's client that notes each SMAPI call in the record of the command that makes it."""

    async def smapi(self, function: str, target: str, *args: Any, **options: Any) -> SmapiResult:
        """Call a SMAPI function, see :meth:`ZhcpClient.smapi`."""
        record = _RECORD.get()
        noted: dict[str, Any] = {"function": function, "target": target, "rc": None, "rs": None}
        if record is not None:
            record.smapi.append(noted)
        try:
            result = await super().smapi(function, target, *args, **options)
        except Refused as refusal:
            noted.update(rc=refusal.rc, rs=refusal.rs)
            raise
        noted.update(rc=result.rc, rs=result.rs)
        return result
