# SPDX-License-Identifier: Apache-2.0
"""A folder imports only what the architecture allows it (doc/source/contributor/architecture.rst)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src" / "zvm"

#: room -> the rooms it may import, beside itself. ``None``: any.
ALLOWED: dict[str, set[str] | None] = {
    "smapi": set(),
    "directory": set(),
    "simulator": {"smapi", "directory"},
    "zhcp": {"smapi", "directory"},
    "xcat": set(),
    "manager": {"xcat", "directory", "zhcp.client", "zhcp.errors"},
    "nova": {"xcat", "directory"},
    "neutron": {"xcat"},
    "cinder": {"xcat"},
    # The one-process forms of Nova and Neutron load what their own launchers would.
    "cloud": {"nova.launcher", "nova.os_vif_plugin", "neutron.agent"},
    "cli": None,
}
#: Rooms whose only third-party imports are these: they run wherever Python does.
THIRD_PARTY: dict[str, set[str]] = {
    "smapi": set(),
    "directory": set(),
    "xcat": {"requests", "urllib3", "websocket"},
}


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of each module that the file at ``path`` imports, at any depth of it."""
    package = ["zvm", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_room_imports_only_what_it_may(room: str) -> None:
    allowed = ALLOWED[room]
    if allowed is None:
        return
    wrong = []
    for path in (ROOT / room).rglob("*.py"):
        for name in imported(path):
            if not name.startswith("zvm.") or name == "zvm.__version__":
                continue
            target = name.removeprefix("zvm.")
            ok = {room, *allowed}
            if not any(target == room_ or target.startswith(room_ + ".") for room_ in ok):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("room", sorted(THIRD_PARTY))
def test_protocol_rooms_need_nothing_else(room: str) -> None:
    import sys

    known = set(sys.stdlib_module_names) | THIRD_PARTY[room] | {"zvm"}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / room).rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] not in known
    ]
    assert wrong == []


def test_every_room_has_its_row() -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(ALLOWED)
