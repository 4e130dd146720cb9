# SPDX-License-Identifier: Apache-2.0
"""``mkdef`` and ``chdef``: define and change objects. Arguments: type, name, ``attribute=value`` ..."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from zvm.manager.commands.base import Call
from zvm.manager.errors import Invalid
from zvm.manager.service import ManagementNode
from zvm.manager.tables import objects
from zvm.manager.tables.objects import ObjectType
from zvm.manager.tables.rows import upsert
from zvm.xcat import envelope
from zvm.xcat.envelope import Response

DONE = "1 object definitions have been created or modified."
_EXISTS = (
    "A definition for '{}' already exists. No changes will be made.  "
    "Run again with '-f' option to force replace."
)
_NOTHING = (
    "No object definitions have been created or modified: no attributes were specified. "
    "The 'groups' attribute is required when creating node definitions."
)


async def mkdef(mn: ManagementNode, call: Call) -> list[Response]:
    """Define an object; one that exists is left as it is unless ``-f`` is given."""
    return await _define(mn, call, new=True)


async def chdef(mn: ManagementNode, call: Call) -> list[Response]:
    """Set attributes of an object."""
    return await _define(mn, call, new=False)


async def _define(mn: ManagementNode, call: Call, *, new: bool) -> list[Response]:
    type_, name, *words = call.args
    attributes = dict(word.strip().partition("=")[::2] for word in words if "=" in word)
    if type_ == "site":
        await mn.database.write(_site, attributes)
        return [_done()]
    kind = objects.TYPES.get(type_)
    if kind is None:
        raise Invalid(f"'{type_}' is no type of object: {', '.join(sorted(objects.TYPES))} or site")
    if wrong := [attribute for attribute in attributes if attribute not in kind.attributes]:
        texts = (
            text
            for attribute in wrong
            for text in (
                f"'{attribute}' is not a valid attribute name for an object type of '{type_}'.",
                "Skipping to the next attribute.",
            )
        )
        return [envelope.error(*texts), {"errorcode": ["1"]}]
    if new and not attributes:
        return [envelope.error(_NOTHING), {"errorcode": ["1"]}]
    if type_ == "node" and new:
        attributes.setdefault("groups", "all")
    replace = not new or "-f" in words
    if await mn.database.write(_write, kind, name, attributes, replace):
        return [_done()]
    nothing = "0 object definitions have been created or modified."
    exists = _EXISTS.format(name)
    refusal = envelope.error(nothing, details={"kind": "refused", "message": exists})
    return [envelope.warning(exists), {"numofnodes": ["0"], **refusal}]


def _done() -> Response:
    return {**envelope.info(DONE), "numofnodes": ["1"]}


def _write(
    connection: Connection, kind: ObjectType, name: str, attributes: Mapping[str, str], replace: bool
) -> bool:
    if not replace and objects.read(connection, kind, [name]):
        return False
    objects.write(connection, kind, name, attributes)
    return True


def _site(connection: Connection, attributes: Mapping[str, str]) -> None:
    for key, value in attributes.items():
        upsert(connection, "site", {"key": key}, {"value": value})
