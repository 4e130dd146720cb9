# SPDX-License-Identifier: Apache-2.0
"""What xCAT's ``rinv`` says of a z/VM system, read from its text.

One fact a line, each line with the node's name before it, as a genuine xCAT answers it::

    zvmssio1: z/VM Host: ZVMSSIO1
    zvmssio1: zHCP: zhcp.example.com
    zvmssio1: LPAR Memory Total: 16G
    zvmssio1: IPL Time: IPL at 11/01/26 10:00:00 EST
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_UNITS = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])?")
_LEVEL = re.compile(r"\d+(?:\.\d+)+")
_IPL = re.compile(r"(\d\d)/(\d\d)/(\d\d(?:\d\d)?)\s+(\d\d:\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class HostFacts:
    """A z/VM system.

    :ivar system: its system identifier.
    :ivar zhcp: host name of its zHCP.
    :ivar level: z/VM version such as "7.4.0", "" when unknown.
    :ivar model: machine type of the CEC, such as "3931".
    :ivar cpus: logical processors; ``cpus_used`` of them are in use.
    :ivar memory_mb: memory of the partition in MiB; ``memory_used_mb`` of it is in use.
    :ivar ipl: when z/VM was started, in the host's time; None when it does not say.
    """

    system: str
    zhcp: str
    level: str
    model: str
    architecture: str
    cpus: int
    cpus_used: int
    memory_mb: int
    memory_used_mb: int
    ipl: datetime | None

    @classmethod
    def parse(cls, text: str) -> HostFacts:
        """Return the facts in the text of ``rinv``; what is not there is empty or 0."""
        facts: dict[str, str] = {}
        for line in text.splitlines():
            _node, _colon, fact = line.partition(": ")
            key, _colon, value = fact.partition(":")
            facts.setdefault(key.strip(), value.strip())
        level = _LEVEL.search(facts.get("Hypervisor OS", ""))
        return cls(
            system=facts.get("z/VM Host", "") or facts.get("Hypervisor Name", ""),
            zhcp=facts.get("zHCP", ""),
            level=level.group() if level else "",
            model=facts.get("CEC Model", ""),
            architecture=facts.get("Architecture", ""),
            cpus=_number(facts.get("LPAR CPU Total")),
            cpus_used=_number(facts.get("LPAR CPU Used")),
            memory_mb=_mebibytes(facts.get("LPAR Memory Total")),
            memory_used_mb=_mebibytes(facts.get("LPAR Memory Used")),
            ipl=_ipl(facts.get("IPL Time", "")),
        )

    def uptime(self, now: datetime, guests: int) -> str:
        """Return the line that uptime(1) would print of the system; z/VM has no load average, so 0.

        :param guests: guests that are on, given as the users.
        """
        up = max(now - self.ipl, timedelta(0)) if self.ipl else timedelta(0)
        hours, minutes = up.seconds // 3600, up.seconds // 60 % 60
        days = f"{up.days} day{'' if up.days == 1 else 's'}, " if up.days else ""
        users = f"{guests} user{'' if guests == 1 else 's'}"
        return f" {now:%H:%M:%S} up {days}{hours:2}:{minutes:02},  {users},  load average: 0.00, 0.00, 0.00"


def _number(text: str | None) -> int:
    match = re.match(r"\d+", text or "")
    return int(match.group()) if match else 0


def _mebibytes(text: str | None) -> int:
    match = _SIZE.match(text or "")
    return int(float(match[1]) * _UNITS[match[2] or "M"]) if match else 0


def _ipl(text: str) -> datetime | None:
    match = _IPL.search(text)
    if not match:
        return None
    month, day, year, time = match.groups()
    try:
        return datetime.strptime(f"{month}/{day}/{year[-2:]} {time}", "%m/%d/%y %H:%M:%S")
    except ValueError:
        return None
