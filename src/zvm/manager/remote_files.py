# SPDX-License-Identifier: Apache-2.0
"""Files of other machines, by SFTP: what xCAT's old clients ask for with ``remotehost=user@host``.

Nothing is fetched unless the operator lists the remote hosts. Host keys are checked against a file of known
hosts, and no program is run, neither here nor there.
"""

from __future__ import annotations

import asyncio
import fnmatch
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import asyncssh
from oslo_config import cfg

from zvm.manager.errors import Invalid, ManagerError, NotSupported, Refused, TooLarge

#: Seconds for reaching the other machine, and for each piece of a file.
CONNECT, PIECE = 15.0, 120.0
_CHUNK = 1 << 20
_REMOTE = re.compile(r"(?P<user>\w[\w.-]{0,31})@(?P<host>\w[\w.:-]{0,254})\Z", re.ASCII)


class RemoteFailed(ManagerError):
    """The other machine cannot be reached, does not let us in, or does not have the file."""

    kind = "refused"
    status = 409


class RemoteFiles:
    """The ways to the files of the remote hosts that ``config`` allows."""

    def __init__(self, config: cfg.ConfigOpts) -> None:
        self._config = config

    def check(self, remotehost: str, instead: str = "") -> tuple[str, str]:
        """Return user and host of ``user@host``, which must be allowed.

        :param instead: what else the caller can do.
        :raises NotSupported: no remote host is allowed.
        :raises Refused: this one is not.
        """
        match = _REMOTE.match(remotehost)
        if match is None:
            raise Invalid(f"'{remotehost[:80]}' is no user@host")
        if not self._config.remotehosts:
            raise NotSupported(
                "files of other machines are not fetched (remotehost)",
                next_step=f"{instead + ', or ' if instead else ''}see the option remotehosts",
            )
        if not any(fnmatch.fnmatchcase(remotehost, item) for item in self._config.remotehosts):
            text = f"the remote host {remotehost} is not allowed"
            raise Refused(text, next_step="see the option remotehosts")
        return match["user"], match["host"]

    async def fetch(self, remotehost: str, path: str) -> AsyncIterator[bytes]:
        """Yield the content of a file of the other machine.

        :raises RemoteFailed: it cannot be had.
        """
        async with self._sftp(remotehost) as sftp, sftp.open(path, "rb") as file:
            while data := await asyncio.wait_for(file.read(_CHUNK), PIECE):
                yield cast(bytes, data)

    async def fetch_small(self, remotehost: str, path: str, limit: int) -> bytes:
        """Return the content of a file of at most ``limit`` octets.

        :raises TooLarge: it has more.
        """
        content = bytearray()
        async for data in self.fetch(remotehost, path):
            content += data
            if len(content) > limit:
                raise TooLarge(f"{path} of {remotehost} has more than {limit} octets")
        return bytes(content)

    async def send(self, source: Path, remotehost: str, path: str) -> None:
        """Write a file of the other machine; it appears under its name when it is complete.

        :raises RemoteFailed: it cannot be written.
        """
        part = f"{path}.part"
        async with self._sftp(remotehost) as sftp:
            try:
                with await asyncio.to_thread(source.open, "rb") as file:
                    async with sftp.open(part, "wb") as target:
                        while data := await asyncio.to_thread(file.read, _CHUNK):
                            await asyncio.wait_for(target.write(data), PIECE)
                await sftp.posix_rename(part, path)
            except BaseException:
                await asyncio.shield(_remove(sftp, part))
                raise

    @asynccontextmanager
    async def _sftp(self, remotehost: str) -> AsyncIterator[asyncssh.SFTPClient]:
        user, host = self.check(remotehost)
        try:
            async with asyncio.timeout(CONNECT):
                connection = await asyncssh.connect(
                    host,
                    port=self._config.ssh_port,
                    username=user,
                    client_keys=[self._config.ssh_key] if self._config.ssh_key else [],
                    known_hosts=self._config.ssh_known_hosts,
                    agent_path=None,
                    config=[],
                    password_auth=False,
                    kbdint_auth=False,
                )
            async with connection, connection.start_sftp_client() as sftp:
                yield sftp
        except (OSError, TimeoutError, asyncssh.Error) as error:
            raise RemoteFailed(
                f"{remotehost}: {error or type(error).__name__}",
                next_step="check the file, the options ssh_key and ssh_known_hosts, and that host's sshd",
            ) from error


async def _remove(sftp: asyncssh.SFTPClient, path: str) -> None:
    try:
        await sftp.remove(path)
    except (OSError, asyncssh.Error):
        return
