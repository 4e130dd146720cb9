# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zvm.manager.commands import COMMANDS
from zvm.manager.errors import Invalid
from zvm.manager.v1 import routes
from zvm.manager.v1.routes import BadRequest, Invocation, Request
from zvm.xcat.urls import RESOURCES


def translate(method: str, path: str, body: list[str] | None = None, **query: str) -> Invocation:
    found = routes.find(method, path.split("/"))
    assert found is not None
    route, names = found
    strings = None if body is None else tuple(body)
    return route.translate(Request(names, {key: [value] for key, value in query.items()}, strings))


@pytest.mark.parametrize(
    ("method", "path", "body", "command", "noderange", "args"),
    [
        ("GET", "version", None, "lsxcatd", "", ("-v",)),
        ("GET", "nodes", None, "lsdef", "", ("node",)),
        ("POST", "nodes/a", ["userid=A"], "mkdef", "", ("node", "a", "userid=A")),
        ("PUT", "nodes/a", ["zvm.hcp=h"], "tabch", "", ("node=a", "zvm.hcp=h")),
        ("GET", "nodes/a/power", ["stat"], "rpower", "a", ("stat",)),
        ("PUT", "nodes/a,b/power", ["on"], "rpower", "a,b", ("on",)),
        ("PUT", "nodes/a/bootstate", ["netboot", "osimage=x y"], "nodeset", "a", ("netboot", "osimage=x y")),
        ("PUT", "nodes/a/dsh", ["command=id"], "xdsh", "a", ("command=id",)),
        ("PUT", "nodes/a/other", ["x"], "other", "a", ("x",)),
        ("PUT", "vms/a", ["--setipl 0100  x"], "chvm", "a", ("--setipl", "0100", "x")),
        ("POST", "vms/a", ["profile=p q"], "mkvm", "a", ("profile=p q",)),
        ("DELETE", "vms/a", None, "rmvm", "a", ()),
        ("PUT", "hypervisor/h", ["--smcli F -T X"], "chhypervisor", "h", ("--smcli", "F", "-T", "X")),
        ("PUT", "hypervisor/h/rinv", ["all"], "rinv", "h", ("all",)),
        ("PUT", "tables/mac", ["-d node=a mac"], "tabch", "", ("-d", "node=a", "mac")),
        ("GET", "tables", None, "tabdump", "", ()),
        ("PUT", "networks/makehosts", None, "makehosts", "", ()),
        ("GET", "policies", None, "tabdump", "", ("policy",)),
        ("GET", "logs/auditlog", None, "tabdump", "", ("auditlog",)),
        ("DELETE", "objects/osimage/i", None, "rmdef", "", ("osimage", "i")),
    ],
)
def test_commands(
    method: str, path: str, body: list[str] | None, command: str, noderange: str, args: tuple[str, ...]
) -> None:
    made = translate(method, path, body)
    assert (made.command, made.noderange, made.args) == (command, noderange, args)


def test_query_keys_become_arguments() -> None:
    assert translate("GET", "nodes/a/inventory", field="cpumem").args == ("cpumem",)
    assert translate("GET", "tables/zvm", col="node", value="a").command == "gettab"


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "nodes/a"), ("PUT", "vms/a"), ("PUT", "tables/mac"), ("PUT", "networks/n"), ("GET", "logs/x")],
)
def test_what_needs_more(method: str, path: str) -> None:
    with pytest.raises(BadRequest):
        translate(method, path)


def test_names_are_checked() -> None:
    for method in ("POST", "PUT"):
        with pytest.raises(Invalid):
            translate(method, "nodes/a b", ["x=y"])


def test_the_table_is_whole() -> None:
    assert {route.pattern[0] for route in routes.ROUTES} <= set(RESOURCES)
    assert routes.find("DELETE", ["version"]) is None
    named = set(routes._NODE_SUBS.values())
    # The rest are commands of xCAT that nobody has for z/VM: they are answered as unknown.
    assert named - set(COMMANDS) == {"rsetboot", "renergy"}


@pytest.mark.parametrize(
    ("method", "path", "command", "args"),
    [
        ("POST", "groups/g1", "mkdef", ("group", "g1", "comments=x")),
        ("PUT", "policies/7", "chdef", ("policy", "7", "comments=x")),
        ("PATCH", "policies/7", "chdef", ("policy", "7", "comments=x")),
        ("DELETE", "policies/7", "rmdef", ("policy", "7")),
        ("PUT", "accounts/joe", "tabch", ("key=xcat,username=joe", "passwd.comments=x")),
        ("DELETE", "accounts/joe", "tabch", ("-d", "key=xcat,username=joe", "passwd")),
        ("PUT", "debug", "xcatdebug", ()),
        ("POST", "monitors/m", "xcatdebug", ()),
        ("PUT", "networks/makedhcp", "makedhcp", ()),
    ],
)
def test_what_is_managed(method: str, path: str, command: str, args: tuple[str, ...]) -> None:
    found = routes.find(method, path.split("/"))
    assert found is not None
    route, names = found
    invocation = route.translate(routes.Request(names, {}, ("comments=x",)))
    assert (invocation.command, invocation.args) == (command, args)
