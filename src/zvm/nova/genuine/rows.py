# SPDX-License-Identifier: Apache-2.0
"""The rows of xCAT's tables that say which guests are ours, and what xCAT itself does not keep of them.

An entry in the directory cannot be marked through xCAT. A guest is ours when its row in the table zvm has the
comment ``nova:UUID``. It is written when nobody has the userid and before the entry is made: from then on
the entry, if there is one, is ours. The node itself carries ``nova:UUID`` in nodelist from its making on.
"""

from __future__ import annotations

from dataclasses import dataclass

from zvm.xcat import Client, texts
from zvm.xcat.urls import path

_MARK, _PAUSED = "nova:", ":paused"


@dataclass(frozen=True, slots=True)
class Row:
    """A guest's row in the table zvm.

    :ivar uuid: of its instance; "": the guest is not ours.
    :ivar paused: its processors were stopped by us.
    """

    node: str
    hcp: str
    userid: str
    uuid: str = ""
    paused: bool = False
    comment: str = ""


def mark(uuid: str, *, paused: bool = False) -> str:
    """Return the comment of a row that is ours; it has no blank and no comma, which xCAT would split."""
    return f"{_MARK}{uuid}{_PAUSED if paused else ''}"


class Rows:
    """The tables of the node behind ``client``. Thread-safe."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def table(self, name: str) -> list[dict[str, str]]:
        """Return all rows of a table."""
        return texts.table(self._client.request("GET", path("tables", name)).data)

    def all(self) -> list[Row]:
        """Return the rows of all nodes in the table zvm."""
        return [_row(row) for row in self.table("zvm")]

    def of(self, node: str) -> Row | None:
        """Return the row of ``node``, None when it has none."""
        query = {"col": f"node={node}", "attribute": ["node", "hcp", "userid", "comments"]}
        found = texts.attributes(self._client.request("GET", "/tables/zvm", query=query).data)
        return _row({"node": node, **found}) if found else None

    def is_made_by(self, node: str, uuid: str) -> bool:
        """Return whether ``node`` was defined for the instance ``uuid``."""
        query = {"col": f"node={node}", "attribute": "comments"}
        found = self._client.request("GET", "/tables/nodelist", query=query).data
        return mark(uuid) in found

    def change(self, table: str, *words: str) -> None:
        """Set columns: ``key=value table.column=value ...``."""
        self._client.request("PUT", path("tables", table), body=[" ".join(words)])

    def set_mark(self, node: str, uuid: str, *, paused: bool = False) -> None:
        """Write that the guest is the instance's."""
        self.change("zvm", f"node={node}", f"zvm.comments={mark(uuid, paused=paused)}")

    def add_nic(self, node: str, vdev: str, mac: str, vswitch: str, vlan: int | None, port: str) -> None:
        """Write what a network card is for."""
        self.change("mac", f"node={node},interface={vdev}", f"mac.mac={mac}")
        words = [f"switch.switch={vswitch}", f"switch.port={port}"]
        words += [f"switch.vlan={vlan}"] if vlan else []
        self.change("switch", f"node={node},interface={vdev}", *words)

    def remove_nics(self, node: str, vdev: str = "") -> None:
        """Forget the guest's network cards, or the one at ``vdev``."""
        where = f"node={node},interface={vdev}" if vdev else f"node={node}"
        for table in ("mac", "switch"):
            self.change(table, "-d", where, table)


def _row(found: dict[str, str]) -> Row:
    comment = found.get("comments", "")
    uuid = comment.removeprefix(_MARK).removesuffix(_PAUSED) if comment.startswith(_MARK) else ""
    return Row(
        found["node"],
        found.get("hcp", ""),
        found.get("userid", "").upper(),
        uuid,
        bool(uuid) and comment.endswith(_PAUSED),
        comment,
    )
