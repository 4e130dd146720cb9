# SPDX-License-Identifier: Apache-2.0
"""The whole of v1 as one table: which method on which resource runs which command, with which arguments.

``{name}`` stands for one path segment. The first route that fits is taken. What a route does with the body is
xCAT's: strings for ``vms``, ``hypervisor`` and ``tables`` are split at blanks, the others stay whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from zvm.manager.noderange import checked


class BadRequest(Exception):
    """An argument that xCAT itself refuses with 400 and this text, before any command runs."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Request:
    """A request to v1, taken apart."""

    names: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: tuple[str, ...] | None

    def words(self) -> tuple[str, ...]:
        """Return the strings of the body, split at single blanks; xCAT passes ``''`` on as it stands."""
        return tuple(word for text in self.body or () for word in text.split(" ") if word)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a route makes of a request: the command, the nodes it is for, its arguments."""

    command: str
    noderange: str = ""
    args: tuple[str, ...] = ()
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)


Translate = Callable[[Request], Invocation]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table."""

    method: str
    pattern: tuple[str, ...]
    translate: Translate

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the names in the path ``segments``, or None when it is another path."""
        if len(segments) != len(self.pattern):
            return None
        names = {}
        for want, have in zip(self.pattern, segments, strict=True):
            if want.startswith("{"):
                names[want.strip("{}")] = have
            elif want != have:
                return None
        return names


def _require_body(text: str, translate: Translate) -> Translate:
    def checked_translate(request: Request) -> Invocation:
        if request.body is None:
            raise BadRequest(text)
        return translate(request)

    return checked_translate


def _refuse(text: str) -> Translate:
    def translate(_request: Request) -> Invocation:
        raise BadRequest(text)

    return translate


def _list(type_: str) -> Translate:
    """``lsdef``: all objects of a type, or the named one."""

    def translate(request: Request) -> Invocation:
        name = request.names.get("name", "")
        return Invocation("lsdef", args=(type_, *([name] if name else [])), options=request.query)

    return translate


def _define(command: str, type_: str) -> Translate:
    """``mkdef``, ``chdef``: the name and the attributes."""

    def translate(request: Request) -> Invocation:
        name = checked(request.names["name"])
        return Invocation(command, args=(type_, name, *(request.body or ())), options=request.query)

    return translate


def _remove(type_: str) -> Translate:
    return lambda request: Invocation("rmdef", args=(type_, request.names["name"]))


def _objects(request: Request) -> Invocation:
    """``lsdef -l``: with their attributes, all of them too."""
    invocation = _list(request.names["type"])(request)
    return replace(invocation, args=(*invocation.args, "-l"))


def _remove_object(request: Request) -> Invocation:
    return _remove(request.names["type"])(request)


def _define_object(command: str) -> Translate:
    return lambda request: _define(command, request.names["type"])(request)


def _node_read(command: str, *args: str) -> Translate:
    """A command that only looks; ``field`` of the query are its arguments in place of ``args``."""

    def translate(request: Request) -> Invocation:
        fields = tuple(request.query.get("field", ())) or args
        return Invocation(command, request.names["name"], fields, request.query)

    return translate


def _node_attributes(request: Request) -> Invocation:
    node = checked(request.names["name"])
    return Invocation("tabch", args=(f"node={node}", *(request.body or ())))


#: PUT /nodes/X/<sub> → command; any other sub is a command of that name, which then does not exist.
_NODE_SUBS = {
    "power": "rpower",
    "bootstate": "nodeset",
    "dsh": "xdsh",
    "migrate": "rmigrate",
    "execcmdonvm": "execcmdonvm",
    "nextboot": "rsetboot",
    "energy": "renergy",
}


def _node_write(request: Request) -> Invocation:
    sub = request.names["sub"]
    return Invocation(_NODE_SUBS.get(sub, sub), request.names["name"], request.body or (), request.query)


def _vm(command: str) -> Translate:
    return lambda request: Invocation(command, request.names["name"], request.words(), request.query)


def _vm_make(request: Request) -> Invocation:
    return Invocation("mkvm", request.names["name"], request.body or (), request.query)


def _hypervisor_command(request: Request) -> Invocation:
    return Invocation(request.names["command"], request.names["name"], request.words(), request.query)


def _table_read(request: Request) -> Invocation:
    table = request.names.get("table", "")
    if request.query.get("col"):
        return Invocation("gettab", args=(table,), options=request.query)
    return Invocation("tabdump", args=(table,) if table else ())


def _managed(resource: str, type_: str) -> list[tuple[str, str, Translate]]:
    """Return the rows of a resource whose items are objects."""
    item = f"{resource}/{{name}}"
    return [
        ("GET", item, _list(type_)),
        ("POST", item, _require_body(_NO_MAP, _define("mkdef", type_))),
        ("PUT", item, _require_body(_NO_MAP, _define("chdef", type_))),
        ("DELETE", item, _remove(type_)),
    ]


def _account(request: Request) -> Invocation:
    """``tabch``: the password and more of a user."""
    name = checked(request.names["name"])
    changes = (f"passwd.{text}" for text in request.body or ())
    return Invocation("tabch", args=(f"key=xcat,username={name}", *changes))


def _no_account(request: Request) -> Invocation:
    name = checked(request.names["name"])
    return Invocation("tabch", args=("-d", f"key=xcat,username={name}", "passwd"))


def _dump(table: str) -> Translate:
    return lambda _request: Invocation("tabdump", args=(table,))


def _table_write(request: Request) -> Invocation:
    return Invocation("tabch", args=(*request.words(),), options={"table": (request.names["table"],)})


def _network_write(request: Request) -> Invocation:
    name = request.names["name"]
    if name in ("makehosts", "makedns", "makedhcp"):
        return Invocation(name)
    if request.body is None:
        raise BadRequest("No Field and Value map was supplied.")
    return _define("chdef", "network")(request)


def _image_command(command: str, needed: str, missing: str) -> Translate:
    def translate(request: Request) -> Invocation:
        pairs = dict(text.partition("=")[::2] for text in request.body or ())
        if not pairs.get(needed):
            raise BadRequest(missing)
        nodes = pairs["nodename"] if needed == "nodename" else ""
        return Invocation(command, nodes, request.body or ())

    return translate


def _log(request: Request) -> Invocation:
    name = request.names["name"]
    if name in ("auditlog", "eventlog"):
        return Invocation("tabdump", args=(name,))
    raise BadRequest(_LOGS)


_LOGS = "Current logs available are auditlog, eventlog, and diagnostics"
_NO_MAP = "No Field and Value map was supplied."
_NO_SET = "No set attribute was supplied."


def _routes() -> tuple[Route, ...]:
    table: list[tuple[str, str, Translate]] = [
        ("GET", "version", lambda _: Invocation("lsxcatd", args=("-v",))),
        ("GET", "nodes", _list("node")),
        ("GET", "nodes/{name}", _list("node")),
        ("POST", "nodes/{name}", _define("mkdef", "node")),
        ("PUT", "nodes/{name}", _require_body(_NO_SET, _node_attributes)),
        ("DELETE", "nodes/{name}", _remove("node")),
        ("GET", "nodes/{name}/power", _node_read("rpower", "stat")),
        ("GET", "nodes/{name}/inventory", _node_read("rinv", "all")),
        ("GET", "nodes/{name}/status", _node_read("nodestat")),
        ("GET", "nodes/{name}/scan", _node_read("rscan")),
        ("GET", "nodes/{name}/vitals", _node_read("rvitals")),
        ("GET", "nodes/{name}/eventlog", _node_read("reventlog")),
        ("GET", "nodes/{name}/{sub}", _refuse("Unspported operation on nodes object.")),
        ("PUT", "nodes/{name}/{sub}", _require_body(_NO_SET, _node_write)),
        ("GET", "vms", _refuse("Invalid nodes and/or groups in noderange")),
        ("GET", "vms/{name}", _vm("lsvm")),
        ("POST", "vms/{name}", _vm_make),
        ("PUT", "vms/{name}", _require_body(_NO_MAP, _vm("chvm"))),
        ("DELETE", "vms/{name}", _vm("rmvm")),
        ("PUT", "hypervisor/{name}", _require_body(_NO_MAP, _vm("chhypervisor"))),
        ("PUT", "hypervisor/{name}/{command}", _require_body(_NO_MAP, _hypervisor_command)),
        ("GET", "tables", _table_read),
        ("GET", "tables/{table}", _table_read),
        ("PUT", "tables/{table}", _require_body(_NO_MAP, _table_write)),
        ("PATCH", "tables/{table}", _require_body(_NO_MAP, _table_write)),
        ("GET", "images", _list("osimage")),
        ("GET", "images/{name}", _list("osimage")),
        ("POST", "images/import", _image_command("imgimport", "osimage", "No image specified")),
        ("POST", "images/export", _image_command("imgexport", "osimage", "No image specified")),
        ("POST", "images/capture", _image_command("imgcapture", "nodename", "No node range.")),
        ("DELETE", "images/{name}", lambda request: Invocation("rmimage", args=(request.names["name"],))),
        ("GET", "objects", lambda _: Invocation("lsdef", args=("",))),
        ("GET", "objects/{type}", _objects),
        ("GET", "objects/{type}/{name}", _objects),
        ("POST", "objects/{type}/{name}", _define_object("mkdef")),
        ("PUT", "objects/{type}/{name}", _require_body(_NO_MAP, _define_object("chdef"))),
        ("DELETE", "objects/{type}/{name}", _remove_object),
        ("GET", "networks", _list("network")),
        ("GET", "networks/{name}", _list("network")),
        ("POST", "networks/{name}", _define("mkdef", "network")),
        ("PUT", "networks/{name}", _network_write),
        ("DELETE", "networks/{name}", _remove("network")),
        ("GET", "site", lambda r: Invocation("lsdef", args=("site", "clustersite"), options=r.query)),
        (
            "PUT",
            "site",
            _require_body(
                _NO_MAP, lambda r: Invocation("chdef", args=("site", "clustersite", *(r.body or ())))
            ),
        ),
        ("GET", "groups", _dump("nodegroup")),
        *_managed("groups", "group"),
        ("GET", "policies", _dump("policy")),
        *_managed("policies", "policy"),
        ("PATCH", "policies/{name}", _require_body(_NO_MAP, _define("chdef", "policy"))),
        ("GET", "accounts", _dump("passwd")),
        ("POST", "accounts/{name}", _require_body(_NO_MAP, _account)),
        ("PUT", "accounts/{name}", _require_body(_NO_MAP, _account)),
        ("PATCH", "accounts/{name}", _require_body(_NO_MAP, _account)),
        ("DELETE", "accounts/{name}", _no_account),
        ("GET", "notifications", _dump("notification")),
        ("GET", "monitors", lambda _: Invocation("monls")),
        # What has no meaning here is answered as xCAT answers a command that it does not know.
        *(
            (method, f"{resource}{rest}", lambda _: Invocation("xcatdebug"))
            for resource, methods in (
                ("debug", ("PUT",)),
                ("monitors", ("POST", "PUT", "PATCH", "DELETE")),
                ("notifications", ("POST", "PUT", "DELETE")),
            )
            for method in methods
            for rest in ("", "/{name}")
        ),
        ("GET", "logs", _refuse(_LOGS)),
        ("GET", "logs/{name}", _log),
        ("POST", "logs/diagnostics", lambda r: Invocation("diagnostics", args=r.body or (), options=r.query)),
    ]
    return tuple(Route(method, tuple(path.split("/")), translate) for method, path, translate in table)


ROUTES = _routes()


def find(method: str, segments: Sequence[str]) -> tuple[Route, dict[str, str]] | None:
    """Return the route for a request and the names in its path; None when the method does not fit."""
    for route in ROUTES:
        if route.method == method and (names := route.match(segments)) is not None:
            return route, names
    return None
