# SPDX-License-Identifier: Apache-2.0
"""What an option of ``chhypervisor`` is: a function of the change of a z/VM system that is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zvm.manager.commands.base import Report, step
from zvm.manager.hosts import Host
from zvm.manager.service import ManagementNode
from zvm.xcat.smcli_text import done
from zvm.zhcp.client import SmapiResult, ZhcpClient

#: The target of functions that are about the system.
SYSTEM = "MAINT"


@dataclass(frozen=True, slots=True)
class HostChange:
    """A change of one z/VM system; ``words`` follow the option."""

    mn: ManagementNode
    zhcp: ZhcpClient
    host: Host
    report: Report
    words: tuple[str, ...]

    def word(self, number: int, default: str = "") -> str:
        """Return a word; xCAT's clients write ``''`` for one that they leave out."""
        word = self.words[number] if number < len(self.words) else ""
        return default if word in ("", "''", "NONE", "none") else word

    async def smapi(
        self, sentence: str, function: str, parameters: Mapping[str, Any], *, target: str = SYSTEM
    ) -> SmapiResult:
        """Call a function and tell that ``sentence`` is done."""
        with step(sentence):
            result = await self.zhcp.smapi(function, target, parameters)
        self.report.info(done(sentence))
        return result


@dataclass(frozen=True, slots=True)
class HostOption:
    """One option: its function, and how many words it takes."""

    run: Callable[[HostChange], Awaitable[None]]
    least: int = 0
    most: int | None = None

    def fits(self, words: int) -> bool:
        """Return whether the option takes so many words."""
        return self.least <= words <= (self.least if self.most is None else self.most)
