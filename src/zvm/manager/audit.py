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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from zvm.manager.errors import Forbidden
from zvm.zhcp.client import SmapiResult, ZhcpClient
from zvm.zhcp.errors import Refused

LOG = logging.getLogger(__name__)

_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0)


@dataclass(slots=True)
class Record:
    """One command while it runs; who runs it says what became of it."""

    outcome: str = "done"
    smapi: list[dict[str, Any]] = field(default_factory=list)


_RECORD: ContextVar[Record | None] = ContextVar("record", default=None)


class Audit:
    """The audit log and the counters of one management node.

    :param path: the file of the log, which is appended to; None for none.
    """

    def __init__(self, path: str | None) -> None:
        self._path = Path(path) if path else None
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
            if self._path is not None and (not looks or record.outcome == "denied"):
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
                _append(self._path, line)

    def metrics(self, zhcps: Mapping[str, bool]) -> bytes:
        """Return all counters in Prometheus' text format; ``zhcps`` says which zHCP answers."""
        for name, up in zhcps.items():
            self._up.labels(name).set(up)
        return generate_latest(self._registry)


def _append(path: Path, line: Mapping[str, Any]) -> None:
    """Append a line; the file is opened anew, so that it may be moved away at any time."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(number, json.dumps(line).encode() + b"\n")
        finally:
            os.close(number)
    except OSError as error:
        LOG.error("the audit log %s cannot be written: %s; lost: %s", path, error, line)


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
