# SPDX-License-Identifier: Apache-2.0
"""Simulated systems for tests, and calls to them through the real encoding but without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zvm.simulator import functions
from zvm.simulator.config import Config, load_config
from zvm.simulator.cp import CpResult
from zvm.simulator.functions.registry import Call
from zvm.simulator.refused import Refused
from zvm.simulator.system import System
from zvm.smapi.errors import FrameError
from zvm.smapi.frames import Reply, Request, decode_reply, decode_request, encode_reply, encode_request

#: Two small volumes in a pool each, and one of blocks.
SMALL = """
[[volume]]
volser = "M01RES"
devtype = "3390"
cylinders = 1200
rdev = "1000"

[[volume]]
volser = "VOL001"
devtype = "3390"
cylinders = 61
rdev = "2001"

[[volume]]
volser = "VOL002"
devtype = "3390"
cylinders = 41
rdev = "2002"

[[volume]]
volser = "FBA001"
devtype = "9336"
blocks = 4096
rdev = "3001"

[[pool]]
name = "POOL1"
regions = ["VOL001", "VOL002"]

[[pool]]
name = "FBAPOOL"
regions = ["FBA001"]
"""
MINIMAL = ["USER {} LBYONLY 512M 1G G", "INCLUDE LNXDFLT", "CPU 00 BASE", "IPL 0100"]


def config(folder: Path, text: str = SMALL) -> Config:
    """Return an instant configuration with the tables of ``text`` over the built-in ones."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "simulator.toml"
    path.write_text(text)
    return load_config(path).instant()


class World:
    """One system below a folder, that can be closed and opened again."""

    def __init__(self, folder: Path, text: str = SMALL) -> None:
        self._folder = folder
        self._config = config(folder, text)
        self.system = System(self._config, folder / "state")

    def restart(self) -> None:
        """End the simulator and start it again on the same state."""
        self.system.close()
        self.system = System(self._config, self._folder / "state")
        self.system.guests.resume()

    def kill(self) -> None:
        """End the simulator as kill -9 does, which writes nothing, and start it again on what is there."""
        self.system.store.close()
        self.system.dasd.close()
        self.system.san.close()
        self.system = System(self._config, self._folder / "state")
        self.system.guests.resume()

    def cp(self, userid: str, line: str) -> CpResult:
        """Run a CP command of a guest that is logged on."""
        machine = self.system.guests.get(userid)
        assert machine is not None
        result = self.system.cp.run(machine, line)
        self.system.commit()
        return result

    def call(self, function: str, target: str = "MAINT", caller: str = "ZHCP", **parameters: Any) -> Reply:
        """Call a SMAPI function as ``caller``; both ways go through the encoding."""
        frame = encode_request(Request(function, target, parameters=parameters))
        try:
            request = decode_request(frame[4:])
            reply = functions.serve(Call(self.system, request, caller))
        except FrameError as error:
            reply = Reply(error.rc, error.rs)
        except Refused as refused:
            reply = Reply(refused.rc, refused.rs, {"error": refused.error} if refused.error else {})
        self.system.commit()
        return decode_reply(function, encode_reply(function, 7, reply)[4:])

    def codes(self, function: str, target: str = "MAINT", **parameters: Any) -> tuple[int, int]:
        """Call and return rc and rs."""
        reply = self.call(function, target, **parameters)
        return reply.rc, reply.rs

    def values(self, function: str, target: str = "MAINT", **parameters: Any) -> Mapping[str, Any]:
        """Call and return the results of what must succeed."""
        reply = self.call(function, target, **parameters)
        assert reply.rc == 0, f"{function} for {target}: {reply.rc}/{reply.rs} {reply.values}"
        return reply.values

    def define(self, userid: str, *more: str) -> None:
        """Define a guest."""
        records = [MINIMAL[0].format(userid), *MINIMAL[1:], *more]
        self.values("Image_Create_DM", userid, image_record_array=records)

    def add_disk(self, userid: str, vdev: str = "0100", size: int = 10, **parameters: Any) -> tuple[int, int]:
        """Add a minidisk of a disk pool; return rc and rs."""
        settings = {
            "device_type": "3390",
            "allocation": "AUTOG",
            "area_or_volser": "POOL1",
            "unit": 1,
            "mode": "MR",
            "format": 1,
        }
        return self.codes("Image_Disk_Create_DM", userid, vdev=vdev, size=size, **(settings | parameters))

    def close(self) -> None:
        """End the simulator."""
        self.system.close()
