# SPDX-License-Identifier: Apache-2.0
"""``rmdef``: removes an object from the tables. Arguments: type, name. z/VM is not touched."""

from __future__ import annotations

from zvm.manager.commands.base import Call
from zvm.manager.commands.lsdef import unknown
from zvm.manager.errors import Invalid
from zvm.manager.service import ManagementNode
from zvm.manager.tables import objects
from zvm.xcat import envelope
from zvm.xcat.envelope import Response


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Remove the object."""
    type_, name = call.args[:2]
    kind = objects.TYPES.get(type_)
    if kind is None:
        raise Invalid(f"'{type_}' is no type of object: {', '.join(sorted(objects.TYPES))}")
    if await mn.database.write(objects.remove, kind, name):
        return [{**envelope.info("1 object definitions have been removed."), "numofnodes": ["1"]}]
    nothing = envelope.info("No objects have been removed from the xCAT database.")
    return [unknown(name, type_), {**nothing, "numofnodes": ["1"]}]
