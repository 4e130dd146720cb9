# SPDX-License-Identifier: Apache-2.0
"""``lsdef``: shows objects. Arguments: the type, ``-l`` for details of all, names.

Options: ``field`` chooses attributes, ``criteria`` objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from zvm.manager.commands.base import Call
from zvm.manager.errors import Invalid
from zvm.manager.service import ManagementNode
from zvm.manager.tables import objects
from zvm.manager.tables.rows import select_rows
from zvm.xcat import envelope
from zvm.xcat.envelope import Response

NONE_FOUND = "No object definitions have been found"


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer names, or ``Object name:`` and the attributes of each object."""
    name, *rest = call.args
    if not name:
        return []
    details = "-l" in rest
    wanted = [item for text in rest if text != "-l" for item in text.split(",")]
    return await mn.database.read(_list, name, wanted, details, call.options)


def named(call: Call) -> list[str]:
    """Return the nodes that a call of ``lsdef``, ``mkdef``, ``chdef`` or ``rmdef`` names."""
    type_, names = (*call.args, "", "")[:2]
    return [node for node in names.split(",") if node and node != "-l"] if type_ == "node" else []


def unknown(name: str, kind: str) -> Response:
    """Return the error that there is no such object."""
    text = f"Could not find an object named '{name}' of type '{kind}'."
    return envelope.error(text, details={"kind": "not_found", "message": text})


def _list(
    connection: Connection,
    type_: str,
    wanted: Sequence[str],
    details: bool,
    options: Mapping[str, Sequence[str]],
) -> list[Response]:
    fields, criteria = options.get("field", ()), options.get("criteria", ())
    if type_ == "site":
        values = {row["key"]: row["value"] for row in select_rows(connection, "site")}
        return [_shown([(objects.SITE, values)], fields)]
    kind = objects.TYPES.get(type_)
    if kind is None:
        raise Invalid(f"'{type_}' is no type of object: {', '.join(sorted(objects.TYPES))} or site")
    everything = not wanted
    names = objects.names(connection, kind) if everything else wanted
    if not names and not criteria:
        return [envelope.info("Could not find any object definitions to display.")]
    found = objects.read(connection, kind, names)
    responses = [unknown(name, type_) for name in names if name not in found]
    if criteria:
        found = {name: values for name, values in found.items() if objects.fits(values, criteria)}
    if not found:
        responses.append({**envelope.info(NONE_FOUND), "numofnodes": ["1"]})
    elif everything and not details and not fields:
        texts = (f"{name}  ({type_})" for name in found)
        responses.append({**envelope.info(*texts), "numofnodes": [str(len(found))]})
    else:
        responses.append(_shown(list(found.items()), fields))
    return responses


def _shown(found: Sequence[tuple[str, Mapping[str, str]]], fields: Sequence[str]) -> Response:
    lines = []
    for name, values in found:
        lines.append(f"Object name: {name}")
        lines.extend(
            f"    {attribute}={values[attribute]}"
            for attribute in sorted(values)
            if not fields or attribute in fields
        )
    return {**envelope.info(*lines), "numofnodes": [str(len(found))]}
