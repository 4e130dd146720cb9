# SPDX-License-Identifier: Apache-2.0
"""The host's facts in the text of rinv."""

from __future__ import annotations

from datetime import datetime

import pytest

from zvm.nova.host_facts import HostFacts

#: In the layout of a genuine xCAT 2.19.
TEXT = """zvm1: z/VM Host: ZVM1
zvm1: zHCP: zhcp.example.com
zvm1: Architecture: s390x
zvm1: CEC Vendor: IBM
zvm1: CEC Model: 2964
zvm1: Hypervisor OS: z/VM 6.4.0
zvm1: Hypervisor Name: ZVM1
zvm1: LPAR CPU Total: 8
zvm1: LPAR CPU Used: 6
zvm1: LPAR Memory Total: 16G
zvm1: LPAR Memory Used: 4096M
zvm1: LPAR Memory Offline:\x20
zvm1: IPL Time: IPL at 11/01/26 10:00:00 EST
zvm1: xCAT Hypervisor Node: zvm1
"""


def test_a_genuine_answer() -> None:
    facts = HostFacts.parse(TEXT)
    assert facts == HostFacts(
        system="ZVM1",
        zhcp="zhcp.example.com",
        level="6.4.0",
        model="2964",
        architecture="s390x",
        cpus=8,
        cpus_used=6,
        memory_mb=16384,
        memory_used_mb=4096,
        ipl=datetime(2026, 11, 1, 10, 0, 0),
    )


@pytest.mark.parametrize(
    ("size", "megabytes"), [("2.5G", 2560), ("1T", 1048576), ("512", 512), ("2048K", 2), ("", 0), ("?", 0)]
)
def test_sizes(size: str, megabytes: int) -> None:
    assert HostFacts.parse(f"h: LPAR Memory Total: {size}").memory_mb == megabytes


def test_what_is_not_told_is_empty() -> None:
    facts = HostFacts.parse("")
    assert (facts.zhcp, facts.level, facts.cpus, facts.ipl) == ("", "", 0, None)


@pytest.mark.parametrize("time", ["IPL at 13/45/26 10:00:00 EST", "never"])
def test_a_time_that_is_none(time: str) -> None:
    assert HostFacts.parse(f"h: IPL Time: {time}").ipl is None


def test_uptime_reads_as_uptime_prints() -> None:
    facts = HostFacts.parse(TEXT)
    now = datetime(2026, 11, 3, 13, 5, 0)
    assert facts.uptime(now, 2) == " 13:05:00 up 2 days,  3:05,  2 users,  load average: 0.00, 0.00, 0.00"
    assert " up 1 day, " in facts.uptime(datetime(2026, 11, 2, 10, 0, 0), 1)
    assert " 1 user," in facts.uptime(now, 1)


def test_uptime_is_never_negative() -> None:
    facts = HostFacts.parse(TEXT)
    assert " up  0:00," in facts.uptime(datetime(2020, 1, 1), 0)
