# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from nova import exception
from oslo_config import cfg

from tests.unit.nova.conftest import Node
from zvm.nova.host import Host
from zvm.nova.host_statistics import HostStatistics
from zvm.nova.session import Session

SECOND = 1_000_000_000


def test_the_average_becomes_counters(session: Session, conf: cfg.ConfigOpts, node: Node) -> None:
    now = [100.0]
    statistics = HostStatistics(session, Host(session, conf), clock=lambda: now[0])
    busy = {"host": "z", "cpus": 4, "busy_percent": 25, "paging_per_second": 0}
    node.extension("GET", "/load", {"load": [busy], "unreachable": []})
    first = statistics.cpu()
    assert (first["user"], first["idle"], first["frequency"]) == (0, 0, 5200)
    now[0] += 10
    second = statistics.cpu()
    assert (second["user"], second["idle"]) == (10 * SECOND, 30 * SECOND)
    busy["busy_percent"] = 100
    now[0] += 1
    third = statistics.cpu()
    assert (third["user"] - second["user"], third["idle"]) == (4 * SECOND, 30 * SECOND)


def test_a_host_that_does_not_tell(session: Session, conf: cfg.ConfigOpts, node: Node) -> None:
    node.extension("GET", "/load", {"load": [], "unreachable": ["z"]})
    with pytest.raises(exception.NovaException, match="z does not tell its load"):
        HostStatistics(session, Host(session, conf)).cpu()
