# SPDX-License-Identifier: Apache-2.0
"""The z/VM systems, each behind its zHCP.

A zHCP that is down fails the commands for its own guests only, and fails them at once: it is looked at in the
background, and while it does not answer nobody waits for it longer than a glance takes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from zvm.manager.audit import AuditedClient
from zvm.manager.errors import NotFound, Refused
from zvm.manager.options import ZhcpOptions
from zvm.zhcp import errors as zhcp_errors
from zvm.zhcp.client import ZhcpClient

T = TypeVar("T")
#: Told of a zHCP that has begun to answer.
Returned = Callable[["Host"], Awaitable[None]]
LOG = logging.getLogger(__name__)

#: Seconds a zHCP has to answer that it lives; one that was down when somebody wants it, so that neither its
#: return is missed nor anybody held up.
LOOK, GLANCE = 5.0, 0.3
#: Seconds between looks at one that lives, and at one that does not.
PAUSE_UP, PAUSE_DOWN = 10.0, 1.0


@dataclass(frozen=True, slots=True)
class Member:
    """A z/VM system's own name, and the cluster (SSI) that it is a member of, or ""."""

    system: str
    ssi: str


class Host:
    """A z/VM system.

    :ivar hcp: the name by which nodes refer to its zHCP.
    :ivar name: the node name of the system itself.
    """

    def __init__(self, options: ZhcpOptions) -> None:
        self.options = options
        self.hcp = options.hostname
        self.name = options.host
        self.client: ZhcpClient = AuditedClient(
            options.url, token=options.token, ssl_context=options.ssl_context
        )
        self._down = ""
        self._looked = False
        #: What is done when the zHCP begins to answer is still to be done.
        self._due = True
        self._member: Member | None = None

    @property
    def down(self) -> bool:
        """Whether the zHCP did not answer when it was last looked at."""
        return bool(self._down)

    @asynccontextmanager
    async def zhcp(self) -> AsyncIterator[ZhcpClient]:
        """Give the client of the zHCP.

        :raises zhcp_errors.Unreachable: the zHCP is down.
        """
        if not self._looked:
            await self.look()
        if self._down:
            await self.look(GLANCE)
        if self._down:
            raise zhcp_errors.Unreachable(
                f"the zHCP {self.hcp} is down: {self._down}",
                next_step=f"start the zHCP {self.hcp}; nothing was done",
            )
        try:
            yield self.client
        except (zhcp_errors.Unreachable, zhcp_errors.OutcomeUnknown):
            await self.look()  # it may be z/VM that cannot be reached, or a guest
            raise

    async def look(self, seconds: float = LOOK) -> None:
        """Find out whether the zHCP answers within ``seconds``."""
        try:
            healthy = await asyncio.wait_for(self.client.healthy(), seconds)
        except TimeoutError:
            healthy = False
        down = "" if healthy else f"{self.options.url} does not answer"
        if bool(down) != bool(self._down):
            LOG.warning("zHCP %s is %s", self.hcp, "down" if down else "up again")
        self._down = down
        self._looked = True
        if down:
            self._member = None
            self._due = True

    def owe(self) -> None:
        """Have what is done when the zHCP begins to answer done soon: some of it was not to be had."""
        self._due = True

    async def member(self) -> Member:
        """Return the system's name and cluster; asked for once as long as the zHCP answers."""
        if self._member is None:
            async with self.zhcp() as zhcp:
                about = await zhcp.about()
            self._member = Member(about.system, about.ssi)
        return self._member

    async def watch(self, returned: Returned) -> None:
        """Look at the zHCP for ever; tell of it when it begins to answer, whoever saw that it did not."""
        while True:
            await self.look()
            if self._due and not self._down:
                self._due = False
                await returned(self)
            await asyncio.sleep(PAUSE_DOWN if self._down else PAUSE_UP)


class Hosts:
    """All systems, found by the name of their zHCP or their own."""

    def __init__(self, options: Iterable[ZhcpOptions]) -> None:
        self._hosts = [Host(item) for item in options]
        self._watches: list[asyncio.Task[None]] = []

    def all(self, host: str = "") -> list[Host]:
        """Return every system, or the one named ``host``.

        :raises NotFound: there is none of that name.
        """
        if not host:
            return list(self._hosts)
        return [self.named(host)]

    def named(self, name: str) -> Host:
        """Return the system whose node name, or whose zHCP's name, is ``name``.

        :raises NotFound: there is none.
        """
        for host in self._hosts:
            if name in (host.name, host.hcp):
                return host
        raise NotFound(
            f"no zHCP is configured for '{name}'",
            next_step="add a [zhcp:NAME] group with this hostname to the management node's configuration",
        )

    def of_node(self, hcp: str) -> Host:
        """Return the system of a node that has this ``hcp``.

        :raises Refused: there is none: unlike a node that does not exist, one that cannot be looked after.
        """
        try:
            return self.named(hcp)
        except NotFound as problem:
            raise Refused(problem.message, next_step=problem.next_step) from problem

    async def ask(
        self, host: str, work: Callable[[Host], Awaitable[T]]
    ) -> tuple[list[tuple[Host, T]], list[str]]:
        """Do ``work`` for every system at the same time, or for the one named ``host``.

        :return: what each said, and the names of those that did not answer.
        :raises zhcp_errors.ZhcpError: one failed, or the one that was asked for did not answer.
        """

        async def one(item: Host) -> tuple[Host, T] | None:
            try:
                return item, await work(item)
            except zhcp_errors.Unreachable as error:
                if host:
                    raise
                LOG.warning("%s does not answer: %s", item.name, error)
                return None

        hosts = self.all(host)
        answers = await asyncio.gather(*(one(item) for item in hosts))
        silent = [item.name for item, answer in zip(hosts, answers, strict=True) if answer is None]
        return [answer for answer in answers if answer is not None], silent

    def start(self, returned: Returned) -> None:
        """Begin to watch the zHCPs; ``returned`` is told of each that begins to answer."""
        self._watches = [asyncio.create_task(host.watch(returned)) for host in self._hosts]

    async def close(self) -> None:
        """Stop watching and close the connections."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        for host in self._hosts:
            await host.client.close()
