# SPDX-License-Identifier: Apache-2.0
"""Any order of define, add disk, write, run, delete and restart against a model of three lines."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.unit.simulator.worlds import World
from zvm.directory import Extent
from zvm.simulator.inventory import inventory

USERIDS = st.sampled_from(["LINUX01", "LINUX02", "LINUX03"])
VDEVS = st.sampled_from(["0100", "0101", "0102"])
PLACES = st.one_of(
    st.just({"allocation": "AUTOG", "area_or_volser": "POOL1"}),
    st.just({"allocation": "AUTOR", "area_or_volser": "VOL002"}),
    st.integers(0, 62).map(lambda start: {"allocation": str(start), "area_or_volser": "VOL001"}),
)
CYLINDER = 737280
MARK = 16


class Sequences(RuleBasedStateMachine):
    """The model: for each guest its disks, each with its size and what was written to each cylinder."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name))
        self.disks: dict[str, dict[str, tuple[int, bytes]]] = {}
        self.free = self.free_cylinders()
        self.total = self.free

    def teardown(self) -> None:
        self.world.close()
        self.folder.cleanup()

    def free_cylinders(self) -> int:
        query = {"query_type": 2, "entry_type": 3, "entry_names": "POOL1"}
        found = self.world.values("Image_Volume_Space_Query_DM", **query)["recordList"]
        return sum(int(line.split()[3]) for line in found)

    def extent(self, userid: str, vdev: str) -> Extent:
        disk = self.world.system.directory.get(userid).minidisk(vdev)
        assert disk is not None
        assert disk.extent is not None
        return disk.extent

    def heads(self, userid: str, vdev: str, size: int) -> set[bytes]:
        """Return what is at the head of the cylinders of a disk."""
        extent, dasd = self.extent(userid, vdev), self.world.system.dasd
        return {dasd.read(extent, cylinder * CYLINDER, MARK) for cylinder in range(size)}

    @rule(userid=USERIDS)
    def define(self, userid: str) -> None:
        records = [f"USER {userid} LBYONLY 512M 1G G", "INCLUDE LNXDFLT"]
        codes = self.world.codes("Image_Create_DM", userid, image_record_array=records)
        assert codes == ((400, 8) if userid in self.disks else (0, 0))
        self.disks.setdefault(userid, {})

    @rule(userid=USERIDS, vdev=VDEVS, size=st.integers(1, 50), place=PLACES)
    def add_disk(self, userid: str, vdev: str, size: int, place: dict[str, str]) -> None:
        codes = self.world.add_disk(userid, vdev, size, **place)
        if userid not in self.disks:
            assert codes == (400, 4)
        elif vdev in self.disks[userid]:
            assert codes == (408, 4)
        else:
            assert codes in ((0, 0), (408, 24))
            if codes == (0, 0):
                assert self.heads(userid, vdev, size) == {bytes(MARK)}, "a new disk shows an old one's data"
                self.disks[userid][vdev] = (size, b"")
                self.write(userid, vdev, f"{userid} {vdev}".ljust(MARK).encode())

    @rule(userid=USERIDS, vdev=VDEVS, mark=st.binary(min_size=MARK, max_size=MARK))
    def write(self, userid: str, vdev: str, mark: bytes) -> None:
        if vdev not in self.disks.get(userid, {}):
            return
        size, _ = self.disks[userid][vdev]
        extent = self.extent(userid, vdev)
        for cylinder in range(size):
            self.world.system.dasd.write(extent, cylinder * CYLINDER, mark)
        self.disks[userid][vdev] = (size, mark)

    @rule(userid=USERIDS, vdev=VDEVS, erase=st.integers(0, 2))
    def delete_disk(self, userid: str, vdev: str, erase: int) -> None:
        codes = self.world.codes(
            "Image_Disk_Delete_DM", userid, image_disk_number=vdev, data_security_erase=erase
        )
        if userid not in self.disks:
            assert codes == (400, 4)
        elif vdev not in self.disks[userid]:
            assert codes == (408, 8)
        else:
            assert codes == (0, 0)
            del self.disks[userid][vdev]

    @rule(userid=USERIDS, erase=st.integers(0, 2))
    def delete(self, userid: str, erase: int) -> None:
        codes = self.world.codes("Image_Delete_DM", userid, data_security_erase=erase)
        assert codes == ((0, 0) if userid in self.disks else (400, 4))
        self.disks.pop(userid, None)

    @rule(userid=USERIDS)
    def activate(self, userid: str) -> None:
        running = self.world.system.guests.get(userid) is not None
        expected = (200, 4) if userid not in self.disks else (200, 8) if running else (0, 0)
        assert self.world.codes("Image_Activate", userid) == expected

    @rule(userid=USERIDS)
    def deactivate(self, userid: str) -> None:
        running = self.world.system.guests.get(userid) is not None
        codes = self.world.codes("Image_Deactivate", userid, force_time="IMMED")
        assert codes == ((0, 0) if running else (200, 12))

    @precondition(lambda self: self.disks)
    @rule()
    def restart(self) -> None:
        before = inventory(self.world.system)
        self.world.restart()
        after = inventory(self.world.system)
        for state in (before, after):
            state["counters"].pop("cpu_seconds")
        assert after == before

    @invariant()
    def no_two_disks_share_a_cylinder_and_none_has_the_label(self) -> None:
        seen: set[tuple[str, int]] = set()
        for userid, disks in self.disks.items():
            found = self.world.system.directory.get(userid).minidisks()
            assert {disk.vdev: disk.size for disk in found} == {v: size for v, (size, _) in disks.items()}
            for disk in found:
                extent = disk.extent
                assert extent is not None
                cylinders = {(extent.volume, at) for at in range(extent.start, extent.end + 1)}
                assert not cylinders & seen
                assert (extent.volume, 0) not in cylinders
                seen |= cylinders
        assert len(seen) + self.free_cylinders() <= self.total
        if not any(machine.userid.startswith("LINUX") for machine in self.world.system.guests.logged_on()):
            assert len(seen) + self.free_cylinders() == self.total

    @invariant()
    def every_disk_holds_what_its_owner_wrote_and_nothing_else(self) -> None:
        for userid, disks in self.disks.items():
            for vdev, (size, mark) in disks.items():
                assert self.heads(userid, vdev, size) == {mark}


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
