# SPDX-License-Identifier: Apache-2.0
"""What an option of ``chvm`` is: a function of the change that is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zvm.manager import guests
from zvm.manager.commands.base import Report, step
from zvm.manager.service import GuestNode, ManagementNode
from zvm.xcat.smcli_text import done
from zvm.zhcp.client import SmapiResult, ZhcpClient


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one guest.

    :ivar words: what follows the option.
    """

    mn: ManagementNode
    zhcp: ZhcpClient
    guest: GuestNode
    report: Report
    words: tuple[str, ...]

    @property
    def userid(self) -> str:
        """The guest's userid."""
        return self.guest.userid

    def word(self, number: int, default: str = "") -> str:
        """Return a word; xCAT's clients write ``''`` for one that they leave out."""
        word = self.words[number] if number < len(self.words) else ""
        return default if word in ("", "''") else word

    async def smapi(
        self, sentence: str, function: str, parameters: Mapping[str, Any] | None = None, *, tell: bool = True
    ) -> SmapiResult:
        """Call a function for the guest and tell that ``sentence`` is done."""
        with step(sentence):
            result = await self.zhcp.smapi(function, self.userid, parameters)
        if tell:
            self.report.info(done(sentence))
        return result

    async def is_on(self) -> bool:
        """Return whether the guest is logged on."""
        return await guests.is_on(self.zhcp, self.guest)


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its function, and how many words it takes."""

    run: Callable[[Change], Awaitable[None]]
    least: int = 0
    most: int | None = None

    def fits(self, words: int) -> bool:
        """Return whether the option takes so many words."""
        return self.least <= words <= (self.least if self.most is None else self.most)
