# SPDX-License-Identifier: Apache-2.0
"""How fast images go in and disks come out, in MB/s, beside plain copying of the same octets.

Each row is the whole way that Nova's driver uses: HTTP to the management node, from there to the zHCP, from
there to the simulator's DASD, and back. On a mainframe the last step is a channel.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.support.chain import HOST, Chain, chain
from tests.unit.manager.worlds import World, image_content

from zvm.xcat import XcatError
from zvm.xcat.urls import path

__all__ = ["chain"]

#: Octets of the image, and of the pieces in which it is sent.
SIZE, PIECE = 256 << 20, 1 << 20


def pieces() -> Iterator[bytes]:
    """Yield a bootable image of :data:`SIZE` octets that no layer can compress."""
    yield image_content("throughput", PIECE - 512)
    chance = random.Random(1)
    for _ in range(SIZE // PIECE - 1):
        yield chance.randbytes(PIECE)


def rate(work: Callable[[], object], octets: int = SIZE) -> float:
    """Return the MB/s of ``work``."""
    began = time.perf_counter()
    work()
    return octets / 1e6 / (time.perf_counter() - began)


def test_throughput(chain: Chain) -> None:
    rows: dict[str, float] = {}
    world = World(chain)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "image")
        with source.open("wb") as file:
            file.writelines(pieces())
        rows["plain copy, file to file"] = rate(lambda: shutil.copyfile(source, Path(folder, "copy")))

        def send() -> object:
            with source.open("rb") as content:
                return chain.zvm.put_image("img-throughput", iter(lambda: content.read(PIECE), b""))

        rows["image to the management node"] = rate(send)
        rows["image to its golden minidisk"] = rate(
            lambda: chain.zvm.prepare_image("img-throughput", HOST, "3390")
        )
        try:
            world.define()
            world.create()
            world.add_disk(f"{SIZE // (1 << 20)}m")
            rows["deploy: FLASHCOPY of that"] = rate(lambda: world.deploy("img-throughput"))
            for form in ("raw", "qcow2"):
                disk = chain.zvm.read_disk(world.node, "0100", format=form)
                rows[f"snapshot as {form}"] = rate(lambda disk=disk: sum(map(len, disk)))  # type: ignore[misc]
        finally:
            with suppress(XcatError):
                chain.client.request("DELETE", path("vms", world.node))
            chain.zvm.delete_image("img-throughput")
    print(f"\n\nof {SIZE >> 20} MiB")
    for what, found in rows.items():
        print(f"  {what:<32}{found:>9.0f} MB/s")
    assert min(rows.values()) > 0
