# SPDX-License-Identifier: Apache-2.0
"""The management node as one object: what the commands and the routes work with."""

from __future__ import annotations

import asyncio
import fnmatch
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from oslo_config import cfg
from starlette.datastructures import Address

from zvm.directory import names
from zvm.manager import clusters, entry_lock, noderange, options
from zvm.manager.audit import Audit
from zvm.manager.auth import Authenticator, User
from zvm.manager.database import Database
from zvm.manager.errors import Invalid, NotFound, Refused
from zvm.manager.hosts import Host, Hosts
from zvm.manager.images.cache import ImageCache
from zvm.manager.images.golden import Goldens
from zvm.manager.images.store import ImageStore
from zvm.manager.images.uploads import Uploads
from zvm.manager.remote_files import RemoteFiles
from zvm.manager.tables.rows import Row, select_row
from zvm.manager.tasks import Tasks
from zvm.manager.transports import Transports


@dataclass(frozen=True, slots=True)
class GuestNode:
    """A node that is a guest: its row in the table zvm, checked."""

    node: str
    userid: str
    host: Host
    row: Row

    @property
    def uuid(self) -> str:
        """The id of the instance the node was made for, or ""."""
        return noderange.uuid_of(self.row)


class ManagementNode:
    """Everything that one process of the management node has.

    :param config: the options, see :mod:`zvm.manager.options`.
    """

    def __init__(self, config: cfg.ConfigOpts) -> None:
        self.config = config
        state = Path(config.state_directory)
        self.database = Database(config.database)
        self.authenticator = Authenticator()
        self.audit = Audit(config.audit_log)
        self.hosts = Hosts(options.zhcps(config))
        self.tasks = Tasks(self.database, config.task_retention)
        self.images = ImageStore(state / "images", self.database, config.image_space)
        self.uploads = Uploads(self.images, self.database.locks, config.upload_retention)
        self.goldens = Goldens(self.database, self.images)
        self.image_cache = ImageCache(self.images, self.goldens)
        self.transports = Transports(state / "transports", self.database, config.transport_retention)
        self.remote_files = RemoteFiles(config)

    @property
    def source(self) -> str:
        """The name that each response carries as ``xcatdsource``."""
        return str(self.config.master)

    async def start(self) -> None:
        """Make ready what needs an event loop; nothing here waits for a zHCP."""
        state = Path(self.config.state_directory)
        for directory in (
            self.images.directory,
            self.transports.directory,
            *(state / name for name in ("exchange", "files")),
        ):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        await asyncio.to_thread(self.database.migrate)
        await self.database.write(noderange.register, self.hosts.all(), self.source)
        await self.images.clean()
        self.hosts.start(self._returned)
        self.tasks.start()

    async def _returned(self, host: Host) -> None:
        """Do what a zHCP that begins to answer is needed for."""
        await clusters.learn(self, host)
        await entry_lock.release_left(self, host)
        await self.goldens.tidy(host)

    async def close(self) -> None:
        """End what :meth:`start` began."""
        await self.tasks.close()
        await self.hosts.close()
        await asyncio.to_thread(self.database.close)

    async def caller(self, name: str, password: str, client: Address | None = None) -> User:
        """Return the user who has this name and password, with the policy as it is now.

        :param client: where the call comes from.
        :raises Unauthenticated: there is none.
        """
        version = self.database.version()
        user = self.authenticator.known(version, name, password)
        if user is None:
            user = await self.database.read(self.authenticator.authenticate, name, password, version)
        return replace(user, host=client.host if client else "")

    async def guest(self, node: str) -> GuestNode:
        """Return the guest that ``node`` is.

        :raises NotFound: there is no such node, or it is no guest.
        """
        row = await self.database.read(select_row, "zvm", {"node": node})
        if row is None or not row["userid"]:
            raise NotFound(
                f"{node} is no z/VM guest: it has no userid",
                next_step=f"PUT /xcatws/nodes/{node} zvm.userid=...",
            )
        return GuestNode(node, names.userid(row["userid"]), self.hosts.of_node(row["hcp"]), row)

    async def zhcp_of(self, node: str) -> Host | None:
        """Return the system whose zHCP the node is, None when it is none.

        It bears the zHCP's host name, or the name's first part, as its own name or as one of its host names.
        """
        row = await self.database.read(select_row, "zvm", {"node": node})
        hosts = await self.database.read(select_row, "hosts", {"node": node})
        aliases = set((hosts["hostnames"] if hosts else "").replace(",", " ").split())
        for host in self.hosts.all():
            known = {host.hcp, host.hcp.partition(".")[0]}
            if node in known or (row is not None and row["hcp"] == host.hcp and known & aliases):
                return host
        return None

    def check_userid(self, userid: str) -> str:
        """Return ``userid`` in its canonical form if a guest may have it.

        :raises Invalid: it breaks the rule for userids.
        :raises Refused: it is protected.
        """
        try:
            canonical = names.userid(userid)
        except names.InvalidName as problem:
            raise Invalid(str(problem)) from problem
        owned = {host.options.golden_userid for host in self.hosts.all()}
        protected = self.config.protected_userids
        if canonical in owned or any(fnmatch.fnmatchcase(canonical, item.upper()) for item in protected):
            raise Refused(
                f"the userid {canonical} is protected",
                next_step="choose another userid, or see the option protected_userids",
            )
        return canonical

    @asynccontextmanager
    async def locked(self, nodes: Iterable[str]) -> AsyncIterator[None]:
        """Keep other changes to ``nodes`` out meanwhile, so that a delete never runs beside a create.

        It keeps out the other management nodes of the same database too.
        """
        async with self.database.locks.held(f"node {node}" for node in nodes):
            yield
