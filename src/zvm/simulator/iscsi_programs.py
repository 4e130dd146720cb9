# SPDX-License-Identifier: Apache-2.0
"""The programs ``iscsiadm`` and ``find`` of a light guest, in the forms that scripts use.

Source: iscsiadm(8), find(1).
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from zvm.simulator.iscsi_disks import INVALID, NO_OBJECTS, IscsiDisks, IscsiError

if TYPE_CHECKING:
    from zvm.simulator.storage_programs import Shell

Result = tuple[int, bytes, bytes]
_USAGE = "iscsiadm: -m node|iface|session [-T TARGET -p PORTAL] [-I IFACE] [-o OPERATION] [-n NAME -v VALUE]"
_FLAGS = {"--login": "login", "-l": "login", "--logout": "logout", "-u": "logout", "--rescan": "rescan"}


def iscsiadm(shell: Shell, words: list[str]) -> Result:
    """Carry an order out on records and sessions."""
    options, order = _parsed(words)
    iscsi = shell.devices.iscsi
    try:
        match options.get("-m"):
            case "iface":
                return _interface(iscsi, options)
            case "session":
                return _sessions(iscsi)
            case "node":
                return _node(iscsi, options, order)
    except IscsiError as error:
        return error.code, b"", f"iscsiadm: {error}\n".encode()
    return INVALID, b"", f"{_USAGE}\n".encode()


def _parsed(words: list[str]) -> tuple[dict[str, str], str]:
    """Return the options with their values, and what is to be done."""
    options, order, rest = {}, "", list(words)
    while rest:
        word = rest.pop(0)
        if word in _FLAGS:
            order = _FLAGS[word]
        elif rest:
            options[word] = rest.pop(0)
    return options, options.get("-o", order)


def _interface(iscsi: IscsiDisks, options: dict[str, str]) -> Result:
    name = options.get("-I", "")
    known = iscsi.interface(name)
    match options.get("-o"):
        case "new":
            iscsi.keep_interface(name, {"iface.iscsi_ifacename": name, "iface.transport_name": "tcp"})
        case "update":
            if known is None:
                raise IscsiError(NO_OBJECTS, f"Could not read iface {name}")
            iscsi.keep_interface(name, {**known, options.get("-n", ""): options.get("-v", "")})
        case _:
            raise IscsiError(INVALID, _USAGE)
    return 0, b"", b""


def _sessions(iscsi: IscsiDisks) -> Result:
    lines = [
        f"tcp: [{number}] {session['portal']},1 {session['iqn']} (non-flash)\n"
        for number, session in enumerate(iscsi.sessions(), 1)
    ]
    if not lines:
        return NO_OBJECTS, b"", b"iscsiadm: No active sessions.\n"
    return 0, "".join(lines).encode(), b""


def _node(iscsi: IscsiDisks, options: dict[str, str], order: str) -> Result:
    iqn, portal = options.get("-T", ""), options.get("-p", "")
    match order:
        case "new":
            address, _, port = portal.rpartition(":")
            record = {
                "node.name": iqn,
                "node.startup": "manual",
                "iface.iscsi_ifacename": options.get("-I", "default"),
                "node.session.auth.authmethod": "None",
                "node.conn[0].address": address,
                "node.conn[0].port": port,
            }
            iscsi.keep_node(iqn, portal, record)
        case "" if options.get("-P") == "1":
            return 0, "".join(_shown(iscsi, *item) for item in iscsi.nodes()).encode(), b""
        case "delete":
            iscsi.forget_node(iqn, portal)
        case "login":
            iscsi.login(iqn, portal)
        case "logout":
            iscsi.logout(iqn, portal)
        case "rescan":
            iscsi.scan(iqn, portal)
        case _:
            raise IscsiError(INVALID, _USAGE)
    return 0, b"", b""


def _shown(iscsi: IscsiDisks, iqn: str, portal: str) -> str:
    name = (iscsi.node(iqn, portal) or {}).get("iface.iscsi_ifacename", "")
    return f"Target: {iqn}\n\tPortal: {portal},-1\n\t\tIface Name: {name}\n"


def find(shell: Shell, words: list[str]) -> Result:
    """``find DIRECTORY... -type f`` and ``find DIRECTORY... -name PATTERN``, of files and of udev's links."""
    roots = [word for word in words if word.startswith("/")]
    links = [link for device in shell.devices.all() for link in device.links]
    if words[len(roots) :] == ["-type", "f"]:
        known, wanted = list(shell.linux.files), "*"
    elif words[len(roots) : -1] == ["-name"]:
        known, wanted = [*shell.linux.files, *links], words[-1]
    else:
        return 1, b"", b"find: unknown predicate\n"
    found = [
        path
        for path in known
        if any(path.startswith(f"{root}/") for root in roots) and fnmatchcase(path.rpartition("/")[2], wanted)
    ]
    missing = [root for root in roots if not any(path.startswith(f"{root}/") for path in known)]
    said = "".join(f"find: '{root}': No such file or directory\n" for root in missing)
    return int(bool(missing)), "".join(f"{path}\n" for path in sorted(found)).encode(), said.encode()
