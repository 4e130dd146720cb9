# SPDX-License-Identifier: Apache-2.0
"""Another size for a guest: prepared, applied, and then confirmed or reverted."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from zvm.directory import names
from zvm.directory import resize as entries
from zvm.directory.extras import Extras
from zvm.directory.maxima import Maxima
from zvm.manager import live_resize, operands, resize
from zvm.manager.errors import Invalid
from zvm.manager.resize import Disk, Size
from zvm.manager.zvm_v1.route import (
    BOOLEAN,
    INTEGER,
    OPTIONAL_INTEGER,
    STRING,
    Ask,
    Route,
    answer,
    array_of,
    integer_in,
    object_of,
)

_MOST_CPUS = 64  # CP Planning and Administration: CPU addresses 00 to 3F
_MOST_MEMORY = 1 << 24  # MiB: 16 TiB
_TYPES = ("3390", "9336")
_DISK = {"vdev": STRING, "bytes": OPTIONAL_INTEGER, "pool": STRING, "device_type": STRING, "copy": BOOLEAN}
_SIZE = {
    "cpus": INTEGER,
    "memory_mb": INTEGER,
    "disks": array_of(object_of(**_DISK)),
    "max_cpus": OPTIONAL_INTEGER,
    "max_memory_mb": OPTIONAL_INTEGER,
    "operands": {"type": "object", "properties": dict.fromkeys(operands.NAMES, STRING)},
}


def _size(wanted: dict[str, Any]) -> Size:
    disks = wanted.get("disks")
    if not isinstance(disks, list) or not all(isinstance(disk, dict) for disk in disks):
        raise Invalid("disks is a list of objects")
    found = tuple(map(_disk, disks))
    if len({disk.vdev for disk in found}) != len(found):
        raise Invalid("two disks have one device number")
    return Size(
        integer_in(wanted, "cpus", least=1, most=_MOST_CPUS),
        integer_in(wanted, "memory_mb", least=1, most=_MOST_MEMORY),
        found,
        _maxima(wanted),
        _extras(wanted.get("operands", {})),
    )


def _maxima(wanted: dict[str, Any]) -> Maxima | None:
    """Return what the guest can have as it runs; None: neither is told."""
    if wanted.get("max_cpus") is None and wanted.get("max_memory_mb") is None:
        return None
    most_cpus = integer_in(wanted, "max_cpus", 0, most=_MOST_CPUS)
    most_memory = integer_in(wanted, "max_memory_mb", 0, most=_MOST_MEMORY)
    return Maxima(most_cpus, f"{most_memory}M" if most_memory else "")


def _extras(wanted: object) -> Extras:
    if not isinstance(wanted, dict) or not all(isinstance(value, str) for value in wanted.values()):
        raise Invalid("operands is an object of texts")
    if further := sorted(set(wanted) - set(operands.NAMES)):
        raise Invalid(f"operands: {further[0]} is none of {', '.join(operands.NAMES)}")
    return operands.extras(wanted)


def _disk(wanted: dict[str, Any]) -> Disk:
    vdev = names.vdev(str(wanted.get("vdev", "")))
    if vdev not in entries.DISKS:
        raise Invalid(f"vdev is from {entries.DISKS[0]} to {entries.DISKS[-1]}, not {vdev}")
    copy = wanted.get("copy", False)
    if wanted.get("bytes") is None:
        return Disk(vdev)
    octets = integer_in(wanted, "bytes", least=1, most=1 << 50)
    if not isinstance(copy, bool):
        raise Invalid("copy is true or false")
    if wanted.get("device_type") not in _TYPES:
        raise Invalid(f"device_type is one of {', '.join(_TYPES)}")
    pool = names.poolname(str(wanted.get("pool", "")))
    return Disk(vdev, octets, pool, wanted["device_type"], copy)


async def prepare_resize(ask: Ask) -> Response:
    """Make the disks that are new; the guest may run."""
    wanted = await ask.document()
    size, destination = _size(wanted), wanted.get("destination", "")
    if not isinstance(destination, str):
        raise Invalid("destination names a z/VM system")
    guest = await ask.guest()
    host = ask.mn.hosts.named(destination) if destination else None
    return answer({"applied": await resize.prepare(ask.mn, guest, size, host)})


async def apply_resize(ask: Ask) -> Response:
    """Exchange old for new."""
    size = _size(await ask.document())
    await resize.apply(ask.mn, await ask.guest(), size)
    return Response(status_code=204)


async def resize_live(ask: Ask) -> Response:
    """Change what the guest has as it runs."""
    wanted = await ask.document()
    size = _size({**wanted, "disks": []})
    reason = await live_resize.run(ask.mn, await ask.guest(), size)
    return answer({"applied": not reason, "reason": reason})


async def confirm_resize(ask: Ask) -> Response:
    """Remove what was before."""
    await resize.confirm(ask.mn, await ask.guest())
    return Response(status_code=204)


async def revert_resize(ask: Ask) -> Response:
    """Bring back what was before."""
    await resize.revert(ask.mn, await ask.guest())
    return Response(status_code=204)


_PATH = "/guests/{node}/resize"
_NEEDED = ["cpus", "memory_mb", "disks"]
ROUTES = (
    Route(
        "POST",
        _PATH,
        "zvm.resize",
        "Make the disks for another size; the guest may run",
        prepare_resize,
        object_of(applied=BOOLEAN),
        body={"type": "object", "properties": {**_SIZE, "destination": STRING}, "required": _NEEDED},
    ),
    Route(
        "POST",
        f"{_PATH}/apply",
        "zvm.resize",
        "Give a guest that is off the size it was prepared for",
        apply_resize,
        "",
        body={"type": "object", "properties": _SIZE, "required": _NEEDED},
    ),
    Route(
        "POST",
        f"{_PATH}/live",
        "zvm.resize",
        "Give a guest other processors and memory as it runs, or tell why it cannot be",
        resize_live,
        object_of(applied=BOOLEAN, reason=STRING),
        body={
            "type": "object",
            "properties": {"cpus": INTEGER, "memory_mb": INTEGER},
            "required": ["cpus", "memory_mb"],
        },
    ),
    Route(
        "POST",
        f"{_PATH}/confirm",
        "zvm.resize",
        "Remove the disks that a guest had before",
        confirm_resize,
        "",
    ),
    Route(
        "POST",
        f"{_PATH}/revert",
        "zvm.resize",
        "Give a guest the size back that it had, as it runs if it took the other so, else while it is off",
        revert_resize,
        "",
    ),
)
