# SPDX-License-Identifier: Apache-2.0
"""Files that a guest finds in its reader at first boot: kept from the upload until they are punched."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
import uuid
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from zvm.manager.database import Database
from zvm.manager.errors import Invalid, NotFound, TooLarge
from zvm.manager.tables.models import transports

LIMIT = 64 << 20  # octets
_ID = re.compile(r"[0-9a-f]{32}\Z")
_WORD = re.compile(r"[A-Za-z0-9@#$+\-:_]{1,8}\Z")


class Transports:
    """The files in ``directory``.

    :param retention: seconds after which one that nobody used is removed.
    """

    def __init__(self, directory: Path, database: Database, retention: float) -> None:
        self.directory = directory
        self._database = database
        self._retention = retention

    async def put(
        self, node: str, stream: AsyncIterable[bytes], *, name: str, type: str, sha256: str = ""
    ) -> str:
        """Store a file for ``node`` and return its id.

        :param name: name of the spool file, and ``type`` its type: up to 8 characters each.
        :raises TooLarge: it has more than 64 MiB.
        :raises Invalid: the digest differs, or a name breaks the rule.
        """
        for word in (name, type):
            if not _WORD.match(word):
                raise Invalid(f"{word!r} is no name of a spool file: 1-8 characters of A-Z 0-9 @ # $ + - : _")
        content = bytearray()
        async for chunk in stream:
            content += chunk
            if len(content) > LIMIT:
                raise TooLarge(f"a file for a guest's reader has at most {LIMIT >> 20} MiB")
        digest = hashlib.sha256(content).hexdigest()
        if sha256 and digest != sha256.lower():
            raise Invalid(f"the file arrived with the SHA-256 digest {digest} instead of {sha256}")
        id = uuid.uuid4().hex
        now = time.time()
        row = {"id": id, "node": node, "name": name, "type": type, "created": now}
        old = await self._database.write(_insert, row, now - self._retention)
        await asyncio.to_thread(self._write, id, bytes(content), old)
        return id

    def _write(self, id: str, content: bytes, old: list[str]) -> None:
        (self.directory / id).write_bytes(content)
        for item in old:
            (self.directory / item).unlink(missing_ok=True)

    async def get(self, node: str, id: str) -> tuple[dict[str, Any], bytes]:
        """Return the row and the content of a file.

        :raises NotFound: there is no such file for ``node``.
        """
        row = await self._database.read(_find, node, id) if _ID.match(id) else None
        if row is not None:
            try:
                return row, await asyncio.to_thread((self.directory / id).read_bytes)
            except FileNotFoundError:
                pass
        raise NotFound(
            f"no file {id} is stored for {node}", next_step=f"store it: PUT /zvm/v1/transports/{node}"
        )

    async def forget(self, node: str) -> None:
        """Remove the files of ``node``."""
        ids = await self._database.write(_forget, node)
        for id in ids:
            await asyncio.to_thread((self.directory / id).unlink, missing_ok=True)


def _insert(connection: Connection, row: dict[str, Any], oldest: float) -> list[str]:
    old = _ids(connection, transports.c.created < oldest)
    connection.execute(delete(transports).where(transports.c.created < oldest))
    connection.execute(insert(transports).values(**row))
    return old


def _find(connection: Connection, node: str, id: str) -> dict[str, Any] | None:
    query = select(transports).where(transports.c.id == id, transports.c.node == node)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def _forget(connection: Connection, node: str) -> list[str]:
    ids = _ids(connection, transports.c.node == node)
    connection.execute(delete(transports).where(transports.c.node == node))
    return ids


def _ids(connection: Connection, condition: Any) -> list[str]:
    return list(connection.execute(select(transports.c.id).where(condition)).scalars())
