# SPDX-License-Identifier: Apache-2.0
"""Clusters for tests: three members, time that passes when it is told to, calls through the real encoding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.simulator import IPL_RECORD
from tests.unit.simulator.worlds import MINIMAL, SMALL, config
from zvm.simulator import functions
from zvm.simulator.functions.registry import Call
from zvm.simulator.refused import Refused
from zvm.simulator.ssi import Ssi
from zvm.simulator.system import System
from zvm.smapi.frames import Reply, Request, decode_reply, decode_request, encode_reply, encode_request

SSI = """
[ssi]
name = "PLEX"
pdr_volume = "M01RES"

[[member]]
name = "ZVM1"
mac_prefix = "020001"
eqid = { "0600" = "NET1", "1FA0" = "SAN1" }

[[member]]
name = "ZVM2"
mac_prefix = "020002"
eqid = { "0600" = "NET1", "1FA1" = "SAN1" }

[[member]]
name = "ZVM3"
mac_prefix = "020003"
system = { storage = "8G" }

[[relocation_domain]]
name = "PAIR"
members = ["ZVM1", "ZVM2"]
"""
NIC = "NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW1 DEVICES 3 MACID 00AA01"


class Cluster:
    """A cluster below a folder, that can be closed and opened again."""

    def __init__(self, folder: Path, text: str = SSI, **timing: float) -> None:
        self._folder = folder
        built = config(folder, SMALL + text)
        self._config = replace(built, timing=replace(built.timing, **timing))
        self.waiting: list[tuple[float, Callable[[], None]]] = []
        self.open()

    def open(self) -> None:
        """Start the simulator."""
        self.ssi = Ssi(self._config, self._folder / "state")
        self.waiting.clear()
        for member in self.ssi.members:
            member.guests.later = self._later
        self.ssi.resume()

    def restart(self) -> None:
        """End the simulator and start it again on the same state."""
        self.ssi.close()
        self.open()

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self.waiting.append((seconds, action))

    def tick(self) -> None:
        """Let everything happen that is waited for now."""
        due, self.waiting = self.waiting, []
        for _, action in due:
            action()
            self.ssi.members[0].commit()

    def __getitem__(self, name: str) -> System:
        member = self.ssi.member(name)
        assert member is not None
        return member

    def cp(self, member: str, command: str, userid: str = "ZHCP") -> tuple[int, str]:
        """Run a CP command on a member."""
        issuer = self[member].guests.get(userid)
        assert issuer is not None
        result = self[member].cp.run(issuer, command)
        self[member].commit()
        return result.rc, result.text

    def call(self, member: str, function: str, target: str = "MAINT", **parameters: Any) -> Reply:
        """Call a SMAPI function of a member."""
        frame = encode_request(Request(function, target, parameters=parameters))
        try:
            reply = functions.serve(Call(self[member], decode_request(frame[4:]), "ZHCP"))
        except Refused as refused:
            reply = Reply(refused.rc, refused.rs, {"error": refused.error} if refused.error else {})
        self[member].commit()
        return decode_reply(function, encode_reply(function, 7, reply)[4:])

    def codes(self, member: str, function: str, target: str = "MAINT", **parameters: Any) -> tuple[int, int]:
        """Call and return rc and rs."""
        reply = self.call(member, function, target, **parameters)
        return reply.rc, reply.rs

    def define(self, userid: str = "LINUX01", *more: str) -> None:
        """Define a guest with a bootable disk."""
        records = [MINIMAL[0].format(userid), *MINIMAL[1:], *more]
        assert self.codes("ZVM1", "Image_Create_DM", userid, image_record_array=records) == (0, 0)
        disk = {"device_type": "3390", "allocation": "AUTOG", "area_or_volser": "POOL1", "unit": 1}
        disk |= {"mode": "MR", "format": 1, "vdev": "0100", "size": 10}
        assert self.codes("ZVM2", "Image_Disk_Create_DM", userid, **disk) == (0, 0)
        extent = self["ZVM3"].directory.get(userid).minidisks()[0].extent
        assert extent
        self["ZVM1"].dasd.write(extent, 0, IPL_RECORD)

    def where(self, userid: str) -> list[str]:
        """Return the members a guest is logged on to."""
        return [member.name for member in self.ssi.members if member.guests.is_on(userid)]
