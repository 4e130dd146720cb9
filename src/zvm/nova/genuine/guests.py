# SPDX-License-Identifier: Apache-2.0
"""Guests on a genuine xCAT: made, marked in its tables, changed and removed by its v1 API."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zvm.directory import Entry, parse_entry
from zvm.directory.errors import DirectoryError
from zvm.nova.genuine.consoles import ConsoleLogs
from zvm.nova.genuine.files import SharedFiles
from zvm.nova.genuine.nics import Nics
from zvm.nova.genuine.rows import Row, Rows, mark
from zvm.nova.guest_calls import DEPLOY, GuestCalls
from zvm.xcat import (
    Client,
    XcatError,
    XcatNotFound,
    XcatOutcomeUnknown,
    XcatRefused,
    XcatUnsupported,
    texts,
)
from zvm.xcat.urls import path

#: What xCAT's mkvm takes by v1.
_OPERANDS = ("profile", "cpu", "memory", "privilege", "password", "ipl", "imagename", "osimage")
#: Image_Query_DM: no such entry; Image_Create_DM: there is one.
_NO_ENTRY, _TAKEN = (400, 4), (400, 8)


class GenuineGuests(GuestCalls):
    """The guests of the node behind ``client``. Thread-safe."""

    def __init__(self, client: Client, rows: Rows, nics: Nics, files: SharedFiles, logs: ConsoleLogs) -> None:
        super().__init__(client)
        self._rows = rows
        self._nics = nics
        self._files = files
        self._logs = logs

    def entry(self, node: str) -> Entry:
        """Return the guest's directory entry.

        :raises XcatRefused: rc 400 rs 4: there is none; or it cannot be read.
        """
        url = path("vms", node)
        records = texts.lines(self._client.request("GET", url).info, node)
        try:
            return parse_entry([record for record in records if record.strip()])
        except DirectoryError as problem:
            raise XcatRefused(f"GET {url}", [f"the directory entry cannot be read: {problem}"]) from problem

    def define(self, node: str, uuid: str, userid: str, hcp: str) -> None:
        """Define the node, marked as the instance's."""
        body = [f"userid={userid}", f"hcp={hcp}", "mgt=zvm", "groups=all", f"usercomment={mark(uuid)}"]
        self._client.request("POST", path("nodes", node), body=body)

    def create(self, node: str, uuid: str, operands: Sequence[str]) -> None:
        """Create the directory entry and its network cards; when that is refused there is no entry.

        :raises XcatRefused: rc 400 rs 8: somebody has the userid.
        :raises XcatOutcomeUnknown: there may be an entry, which the tables say is the instance's.
        """
        cards = [Nics.parsed(word) for word in operands if word.startswith("nic=")]
        words = [word for word in operands if not word.startswith("nic=")]
        command = f"POST {path('vms', node)}"
        if other := [word for word in words if word.partition("=")[0] not in _OPERANDS]:
            text = f"not supported on a genuine xCAT: {', '.join(other)} of a guest's entry"
            raise XcatUnsupported(command, [text])
        self._check_is_free(command, node)
        self._rows.set_mark(node, uuid)
        query = {"objectid": uuid, "requestid": uuid}
        self._client.request("POST", path("vms", node), query=query, body=words)
        try:
            for card in cards:
                self._nics.add(node, card)
        except XcatError as problem:
            try:
                self.remove(node, uuid)
            except XcatError as further:
                text = f"{problem.message}; and what was made is not removed: {further.message}"
                raise XcatOutcomeUnknown(command, text) from problem
            raise

    def _check_is_free(self, command: str, node: str) -> None:
        """Return if nobody has the node's userid: an entry is ours only if it was made by us."""
        if self._has_entry(node):
            rc, rs = _TAKEN
            row = self._rows.of(node)
            text = f"the directory has an entry of the userid {row.userid if row else node}"
            raise XcatRefused(command, [text], rc=rc, rs=rs, function="Image_Create_DM")

    def _has_entry(self, node: str) -> bool:
        """Return whether the directory has an entry of the node's userid."""
        try:
            self._client.request("GET", path("vms", node))
        except XcatRefused as problem:
            if (problem.rc, problem.rs) == _NO_ENTRY:
                return False
            raise
        return True

    def deploy(self, node: str, image: str, vdev: str, transport: str) -> None:
        """Write an image, "" for none, to a disk of the guest and the file ``transport`` into its reader."""
        try:
            if image:
                disk = [f"device={vdev}", f"osimage={image}"]
                more = [f"transport={transport}", f"remotehost={self._files.remotehost}"]
                url = path("nodes", node, "bootstate")
                self._client.request("PUT", url, body=["netboot", *disk, *more], timeout=DEPLOY)
                return
            self._client.request("PUT", path("vms", node), body=["--purgerdr"])
            punch = f"--punchfile {transport} X {self._files.remotehost}"
            self._client.request("PUT", path("vms", node), body=[punch])
        finally:
            self._files.remove(Path(transport))

    def power(self, node: str, *action: str) -> str:
        """Run an ``rpower`` action, which has no operands; return its text.

        Whether a guest is paused is written down: xCAT does not say it.
        """
        text = super().power(node, action[0])
        row = self._rows.of(node)
        if row is not None and row.uuid and row.paused != (action[0] == "pause"):
            self._rows.set_mark(node, row.uuid, paused=action[0] == "pause")
        return text

    def remove(self, node: str, uuid: str) -> None:
        """Log the guest off, delete its directory entry and forget its cards.

        :raises XcatNotFound: there is no such node.
        :raises XcatRefused: the node is not the instance's; rc 400 rs 4: it has no entry.
        """
        row = self._rows.of(node)
        command = f"DELETE {path('vms', node)}"
        if row is None:
            raise XcatNotFound(command, [f"there is no node {node}"])
        if row.uuid != uuid:
            if not row.uuid and self._rows.is_made_by(node, uuid) and not self._has_entry(node):
                rc, rs = _NO_ENTRY
                raise XcatRefused(command, ["no entry was made for the node"], rc=rc, rs=rs)
            raise self._foreign(command, row)
        self._nics.revoke(row)
        super().remove(node, uuid)
        self._rows.remove_nics(node)
        self._logs.forget(node)

    def _foreign(self, command: str, row: Row) -> XcatRefused:
        whose = f"is the instance {row.uuid}'s" if row.uuid else "carries no mark of an instance"
        return XcatRefused(
            command,
            [f"the node {row.node} with the userid {row.userid} {whose}; it was left alone"],
            next_step=f"see whose guest {row.userid} is",
        )
