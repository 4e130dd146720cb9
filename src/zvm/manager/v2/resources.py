# SPDX-License-Identifier: Apache-2.0
"""The resources of the second dialect, each a function of what is asked.

Changes go through the commands of v1, so that policy, tasks and texts are the same; what is only shown is
read from the tables.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request as HttpRequest

from zvm.manager import guests, noderange
from zvm.manager.auth import User
from zvm.manager.commands import tabs
from zvm.manager.errors import NotSupported
from zvm.manager.service import ManagementNode
from zvm.manager.tables import objects
from zvm.manager.tables.rows import Row
from zvm.manager.v1 import handler as v1
from zvm.manager.v1.routes import Invocation
from zvm.manager.v2 import groups
from zvm.xcat.envelope import Envelope

#: As its root names them.
RESOURCES = (
    *("globalconf", "groups", "localres", "networks", "nodes", "osimages"),
    *("policy", "services", "tables", "templates", "tokens"),
)
_TYPES = {"networks": "network", "osimages": "osimage", "policy": "policy"}


class Refusal(Exception):
    """xCAT refuses: 403 with its texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__(*texts)
        self.texts = texts


class Unsupported(Exception):
    """There is no such resource."""


class MethodRefused(Exception):
    """The resource has no such method."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, taken apart: whose it is, the method, the path and the attributes in the body."""

    mn: ManagementNode
    request: HttpRequest
    user: User
    method: str
    path: Sequence[str]
    attributes: Mapping[str, Any]

    @property
    def pairs(self) -> tuple[str, ...]:
        """The attributes as commands take them."""
        return tuple(f"{key}={value}" for key, value in self.attributes.items())

    async def run(self, invocation: Invocation) -> Envelope:
        """Run a command of v1.

        :raises Refusal: it failed.
        """
        answer = await v1.carried_out(self.mn, self.request, {}, self.user, invocation)
        envelope = Envelope.from_object(answer.body)
        if envelope.errors:
            raise Refusal(envelope.errors)
        return envelope

    async def nodes(self, command: str, *args: str) -> list[str]:
        """Return the nodes of the range in the path, for ``command``, which the user may run on them."""
        nodes = await self.mn.database.read(noderange.resolve, self.path[1])
        self.user.check(command, nodes, args)
        return nodes


async def answer(ask: Ask) -> Mapping[str, Any] | Sequence[Any] | None:
    """Return what to answer; None for an empty body.

    :raises Refusal: xCAT would refuse it.
    :raises Unsupported: there is no such resource.
    :raises MethodRefused: not with this method.
    """
    handler = _HANDLERS.get(ask.path[0])
    if handler is not None:
        return await handler(ask)
    if ask.path[0] in RESOURCES:
        raise NotSupported(f"the resource {ask.path[0]} is not supported here")
    raise Unsupported


async def _objects(ask: Ask) -> Mapping[str, Any] | Sequence[Any] | None:
    """All objects of a type, or one of them."""
    return await _objects_of(ask, _TYPES[ask.path[0]])


async def _objects_of(ask: Ask, type_: str) -> Mapping[str, Any] | Sequence[Any] | None:
    if len(ask.path) == 1:
        if ask.method != "GET":
            raise MethodRefused
        ask.user.check("lsdef")
        return await ask.mn.database.read(objects.names, objects.TYPES[type_])
    if len(ask.path) > 2:
        raise Unsupported
    names = [name for name in ask.path[1].split(",") if name]
    if ask.method == "GET":
        return await _shown(ask, type_, names)
    command = {"POST": "mkdef", "PUT": "chdef", "DELETE": "rmdef"}.get(ask.method)
    if command is None or (type_ == "osimage" and command != "rmdef"):
        raise MethodRefused
    for name in names:
        more = () if command == "rmdef" else ask.pairs
        await ask.run(Invocation(command, args=(type_, noderange.checked(name), *more)))
    return None


async def _shown(
    ask: Ask, type_: str, names: Sequence[str], fields: Sequence[str] = ()
) -> Mapping[str, Mapping[str, str]]:
    ask.user.check("lsdef", names if type_ == "node" else (), (type_, *names))
    found = await ask.mn.database.read(objects.read, objects.TYPES[type_], names)
    if missing := [name for name in names if name not in found]:
        raise Refusal([f"Could not find an object named '{name}' of type '{type_}'." for name in missing])
    return {
        name: {key: value for key, value in values.items() if not fields or key in fields}
        for name, values in found.items()
    }


async def _nodes(ask: Ask) -> Mapping[str, Any] | Sequence[Any] | None:
    if len(ask.path) == 2 and ask.method in ("GET", "PUT", "DELETE"):
        names = await ask.mn.database.read(groups.expanded, ask.path[1])
        if ask.method == "PUT" and not ask.attributes:
            raise Refusal(["No set attribute was supplied."])
        path = ("nodes", ",".join(names))
        return await _objects_of(Ask(ask.mn, ask.request, ask.user, ask.method, path, ask.attributes), "node")
    if len(ask.path) <= 2:
        return await _objects_of(ask, "node")
    sub = ask.path[2]
    if sub == "attrs" and len(ask.path) == 4 and ask.method == "GET":
        names = await ask.mn.database.read(groups.expanded, ask.path[1])
        return await _shown(ask, "node", names, ask.path[3].split(","))
    run = _NODE_SUBS.get((ask.method, sub)) if len(ask.path) == 3 else None
    if run is not None:
        return await run(ask)
    if sub in _KNOWN_SUBS:
        raise MethodRefused
    raise Unsupported


async def _power(ask: Ask) -> Mapping[str, Any]:
    """As xCAT has it: the state is a key without a value."""
    powers = await guests.powers(ask.mn, await ask.nodes("rpower", "stat"))
    return {node: {power: None} for node, power in powers.items()}


async def _set_power(ask: Ask) -> None:
    action = str(ask.attributes.get("action", ""))
    await ask.run(Invocation("rpower", ask.path[1], (action,)))


async def _inventory(ask: Ask) -> Mapping[str, Any]:
    """All that rinv tells, where xCAT loses everything but the userid."""
    envelope = await ask.run(Invocation("rinv", ask.path[1], ("all",)))
    found: dict[str, dict[str, str]] = {}
    for line in envelope.text.splitlines():
        node, _, rest = line.partition(": ")
        key, colon, value = rest.strip().partition(":")
        if colon:
            found.setdefault(node, {})[key] = value.strip()
    return found


_NODE_SUBS: dict[tuple[str, str], Callable[[Ask], Awaitable[Mapping[str, Any] | None]]] = {
    ("GET", "power"): _power,
    ("PUT", "power"): _set_power,
    ("GET", "inventory"): _inventory,
}
_KNOWN_NAMES = (
    "attrs beacon bootorder bootstate dhcp dns energy eventlog filesyncing host inventory mac nextboot"
    " nodecopy nodels nodeshell nodestat postscript power provision rename sp subnodes sw updating vitals"
    " vm vmclone vmmigrate"
)
_KNOWN_SUBS = frozenset(_KNOWN_NAMES.split())


async def _groups(ask: Ask) -> Mapping[str, Any] | Sequence[Any] | None:
    if len(ask.path) > 2:
        raise Unsupported
    if len(ask.path) == 1 and ask.method == "GET":
        ask.user.check("lsdef")
        return await ask.mn.database.read(groups.names)
    if len(ask.path) == 1 or ask.method not in ("GET", "PUT"):
        raise MethodRefused
    name = ask.path[1]
    found = await ask.mn.database.read(groups.shown, name)
    if found is None:
        raise Refusal([f"Could not find an object named '{name}' of type 'group'."])
    if ask.method == "GET":
        ask.user.check("lsdef")
        return {name: found}
    wanted = {key: str(value) for key, value in ask.attributes.items()}
    with ask.mn.audit.command(ask.user.name, "chdef", name, looks=False):
        ask.user.check("chdef", found["members"].split(","))
        await ask.mn.database.write(groups.change, name, wanted)
    return None


#: What is a service of xCAT → the command that writes its files.
_SERVICES = {"dhcp": "makedhcp", "dns": "makedns", "host": "makehosts"}


async def _services(ask: Ask) -> None:
    """``POST /services/dns`` and the like: for all nodes, whichever are named."""
    if len(ask.path) < 2 or ask.path[1] not in _SERVICES:
        raise NotSupported(f"the resource {'/'.join(ask.path[:2])} is not supported here")
    if ask.method != "POST":
        raise MethodRefused
    await ask.run(Invocation(_SERVICES[ask.path[1]]))


async def _globalconf(ask: Ask) -> Mapping[str, Any] | None:
    rest = ask.path[1:]
    if rest and (len(rest) != 2 or rest[0] != "attrs"):
        raise Unsupported
    if ask.method == "GET":
        ask.user.check("lsdef")
        rows = await ask.mn.database.read(tabs.shown, "site", {})
        wanted = rest[1].split(",") if rest else [row["key"] for row in rows]
        return {objects.SITE: {row["key"]: row["value"] for row in rows if row["key"] in wanted}}
    if ask.method != "PUT" or not rest:
        raise MethodRefused
    await ask.run(Invocation("chdef", args=("site", objects.SITE, *ask.pairs)))
    return None


async def _tables(ask: Ask) -> Mapping[str, Any] | None:
    """``/tables/T/nodes/N[/attributes]`` and ``/tables/T/rows[/key=value[/attributes]]``."""
    if len(ask.path) < 3 or ask.path[2] not in ("nodes", "rows") or len(ask.path) > 5:
        raise Unsupported
    table, of_nodes = ask.path[1], ask.path[2] == "nodes"
    selector = ask.path[3] if len(ask.path) > 3 else ""
    if of_nodes and not selector:
        raise Unsupported
    column, _, value = ("node", "", selector) if of_nodes else selector.partition("=")
    if ask.method == "GET":
        ask.user.check("gettab", selector.split(",") if of_nodes else ())
        where = {column: value} if column else {}
        rows = await ask.mn.database.read(tabs.shown, table, where)
        wanted = ask.path[4].split(",") if len(ask.path) == 5 else []
        more = {} if of_nodes else {"xcatdsource": ask.mn.source}
        return {table: [{**more, **_named(row, wanted, of_nodes)} for row in rows]}
    if ask.method != "PUT" or not selector:
        raise MethodRefused
    values = ask.attributes.get(table) if of_nodes else ask.attributes
    if not isinstance(values, dict) or not values:
        raise Refusal(["No set attribute was supplied."])
    changes = (f"{table}.{key}={text}" for key, text in values.items())
    await ask.run(Invocation("tabch", args=(f"{column}={value}", *changes)))
    return None


def _named(row: Row, wanted: Sequence[str], of_nodes: bool) -> dict[str, str]:
    """Return what is filled of a row; a node's name is called ``name``."""
    found = {key: value for key, value in row.items() if value and (not wanted or key in wanted)}
    if of_nodes:
        found.pop("node", None)
        found["name"] = row["node"]
    return found


_HANDLERS: dict[str, Callable[[Ask], Awaitable[Mapping[str, Any] | Sequence[Any] | None]]] = {
    "globalconf": _globalconf,
    "groups": _groups,
    "networks": _objects,
    "nodes": _nodes,
    "osimages": _objects,
    "policy": _objects,
    "services": _services,
    "tables": _tables,
}
