# SPDX-License-Identifier: Apache-2.0
"""What the zHCP counts, in the form that Prometheus reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from zvm.zhcp.results import CpResult


class Metrics:
    """The counters of one zHCP, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.smapi_calls = Counter(
            "zvm_zhcp_smapi_calls",
            "SMAPI calls sent to z/VM",
            ["function", "outcome"],
            registry=self.registry,
        )
        self.smapi_seconds = Histogram(
            "zvm_zhcp_smapi_seconds",
            "Time a SMAPI call took, queueing in the zHCP included",
            ["function"],
            registry=self.registry,
        )
        self.busy_waits = Counter(
            "zvm_zhcp_busy_waits",
            "Pauses made because the directory manager was busy",
            registry=self.registry,
        )
        self.cp_commands = Counter(
            "zvm_zhcp_cp_commands", "CP commands run", ["verb", "outcome"], registry=self.registry
        )
        self.disk_bytes = Counter(
            "zvm_zhcp_disk_bytes", "Octets of minidisks moved", ["direction"], registry=self.registry
        )

    def count_cp(self, command: str, result: CpResult) -> None:
        """Count a CP command."""
        verb = command.split(" ", 1)[0].upper()
        self.cp_commands.labels(verb, "done" if result.rc == 0 else "refused").inc()

    def text(self) -> bytes:
        """Return all counters in Prometheus' text form."""
        return generate_latest(self.registry)
