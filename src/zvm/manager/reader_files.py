# SPDX-License-Identifier: Apache-2.0
"""Where a file for a guest's reader comes from, as the callers of ``chvm`` and ``nodeset`` name it.

* the id of a file that was stored by ``PUT /zvm/v1/transports``;
* a path on another machine, with ``user@host``: fetched where the operator allows it;
* any other path, as old clients name what xCAT installs on this node or on a zHCP: the file of that name that
  the operator has put into the directory ``files`` of the state directory.
"""

from __future__ import annotations

import asyncio
import io
import re
import shlex
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zvm.manager.errors import Invalid, NotFound, Refused
from zvm.manager.transports import LIMIT

if TYPE_CHECKING:
    from zvm.manager.service import ManagementNode

#: The type of a spool file whose name has none.
NO_TYPE = "FILE"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}(?:\.[A-Za-z0-9_.-]{1,255})?\Z")


@dataclass(frozen=True, slots=True)
class ReaderFile:
    """A file for a reader; a spool file's name and type have up to eight characters each."""

    label: str
    content: bytes

    @property
    def name(self) -> str:
        """The name of the spool file."""
        return self.label.partition(".")[0][:8]

    @property
    def type(self) -> str:
        """The type of the spool file."""
        return self.label.rpartition(".")[2][:8] if "." in self.label else NO_TYPE


async def find(mn: ManagementNode, node: str, path: str, remotehost: str = "") -> ReaderFile:
    """Return the file.

    :raises NotFound: there is none.
    :raises zvm.manager.errors.ManagerError: it may not be fetched.
    """
    label = path.rpartition("/")[2]
    if "@" in remotehost:
        if not _NAME.match(label):
            raise Invalid(f"'{label[:80]}' can be no name of a spool file")
        instead = f"store the file with PUT /zvm/v1/transports/{node} and name its id"
        mn.remote_files.check(remotehost, instead)
        return ReaderFile(label, await mn.remote_files.fetch_small(remotehost, path, LIMIT))
    if not remotehost and "/" not in path:
        row, content = await mn.transports.get(node, path)
        return ReaderFile(f"{row['name']}.{row['type']}", content)
    return ReaderFile(label, await _own(mn, label))


async def script(mn: ManagementNode, name: str, arguments: Sequence[str]) -> ReaderFile:
    """Return the script ``name`` with its arguments as the archive that xCAT's service in a guest unpacks.

    :raises Refused: there is no such script.
    """
    try:
        content = await _own(mn, name)
    except NotFound:
        raise Refused(f"The worker script {name} does not exist on xCAT server") from None
    call = f"#!/bin/bash\n/bin/bash {shlex.join([name, *arguments])}\n".encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for member, data in (("invokeScript.sh", call), (name, content)):
            entry = tarfile.TarInfo(member)
            entry.size, entry.mode = len(data), 0o755
            tar.addfile(entry, io.BytesIO(data))
    return ReaderFile(f"{name}.doscript", archive.getvalue())


async def _own(mn: ManagementNode, name: str) -> bytes:
    folder = Path(mn.config.state_directory) / "files"
    path = folder / name
    if not _NAME.match(name) or not await asyncio.to_thread(path.is_file):
        raise NotFound(f"no file {name[:80]} is there", next_step=f"put it into {folder}")
    if (await asyncio.to_thread(path.stat)).st_size > LIMIT:
        raise Invalid(f"{path} has more than {LIMIT} octets")
    return await asyncio.to_thread(path.read_bytes)
