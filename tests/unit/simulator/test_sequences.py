# SPDX-License-Identifier: Apache-2.0
"""Any order of define, add disk, write, link, run, delete, restart and kill against a small model."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.unit.simulator.test_link import OUTCOMES
from tests.unit.simulator.worlds import World
from zvm.directory import Extent
from zvm.simulator.inventory import inventory

USERIDS = st.sampled_from(["LINUX01", "LINUX02"])
VDEVS = st.sampled_from(["0100", "0101"])
PLACES = st.one_of(
    st.just({"allocation": "AUTOG", "area_or_volser": "POOL1"}),
    st.just({"allocation": "AUTOR", "area_or_volser": "VOL002"}),
    st.integers(0, 62).map(lambda start: {"allocation": str(start), "area_or_volser": "VOL001"}),
)
#: Who links other users' disks, and as what.
LINKERS = st.sampled_from(["ZHCP", "MAINT"])
LINKED = st.sampled_from(["0F00", "0F01"])
CYLINDER = 737280
MARK = 16


class Sequences(RuleBasedStateMachine):
    """The model: for each guest its disks, each with its size and what was written to each cylinder.

    ``held`` are the devices that guests have, by userid and vdev: the place, and whether they write to it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name))
        self.disks: dict[str, dict[str, tuple[int, bytes]]] = {}
        self.held: dict[tuple[str, str], tuple[Extent, bool]] = {}
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

    @rule(erase=st.integers(0, 2), data=st.data())
    def delete_disk(self, erase: int, data: st.DataObject) -> None:
        userid, vdev = self.a_disk(data)
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

    def outcome(self, place: Extent, mode: str) -> str | int:
        """Return how a disk is had beside those who have it: R/O, R/W, or the number of CP's refusal."""
        beside = [write for other, write in self.held.values() if other == place]
        return OUTCOMES[mode][2 if True in beside else 1 if beside else 0]

    @rule(userid=USERIDS)
    def activate(self, userid: str) -> None:
        running = self.world.system.guests.get(userid) is not None
        expected = (200, 4) if userid not in self.disks else (200, 8) if running else (0, 0)
        assert self.world.codes("Image_Activate", userid) == expected
        if expected == (0, 0):
            for disk in self.world.system.directory.get(userid).minidisks():
                place = self.extent(userid, disk.vdev)
                self.held[userid, disk.vdev] = (place, self.outcome(place, "MR") == "R/W")

    def a_disk(self, data: st.DataObject) -> tuple[str, str]:
        """Return userid and vdev of a disk, nearly always of one that is there."""
        there = [(userid, vdev) for userid, disks in self.disks.items() for vdev in disks]
        return data.draw(st.sampled_from([*there, ("LINUX01", "0100")]))

    @rule(linker=LINKERS, at=LINKED, mode=st.sampled_from([*OUTCOMES]), data=st.data())
    def link(self, linker: str, at: str, mode: str, data: st.DataObject) -> None:
        userid, vdev = self.a_disk(data)
        code = self.world.cp(linker, f"LINK {userid} {vdev} {at} {mode}").rc
        if userid not in self.disks:
            assert code == 53
        elif vdev not in self.disks[userid]:
            assert code == 107
        elif (linker, at) in self.held:
            assert code == 110
        else:
            place = self.extent(userid, vdev)
            granted = self.outcome(place, mode)
            assert code == (granted if isinstance(granted, int) else 0)
            if code == 0:
                self.held[linker, at] = (place, granted == "R/W")

    @rule(linker=LINKERS, at=LINKED)
    def detach(self, linker: str, at: str) -> None:
        assert self.world.cp(linker, f"DETACH {at}").rc == (0 if (linker, at) in self.held else 40)
        self.held.pop((linker, at), None)

    @rule(userid=USERIDS)
    def deactivate(self, userid: str) -> None:
        running = self.world.system.guests.get(userid) is not None
        codes = self.world.codes("Image_Deactivate", userid, force_time="IMMED")
        assert codes == ((0, 0) if running else (200, 12))
        self.held = {key: value for key, value in self.held.items() if key[0] != userid}

    @precondition(lambda self: self.disks)
    @rule(killed=st.booleans())
    def restart(self, killed: bool) -> None:
        before = inventory(self.world.system)
        if killed:
            self.world.kill()
        else:
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
        seen |= {
            (place.volume, at) for place, _ in self.held.values() for at in range(place.start, place.end + 1)
        }
        assert len(seen) + self.free_cylinders() == self.total, (
            "what a guest still has was freed, or more is gone"
        )

    @invariant()
    def every_guest_has_what_it_linked(self) -> None:
        found = {
            (machine.userid, disk.vdev): (disk.extent, disk.write)
            for machine in self.world.system.guests.logged_on()
            for disk in machine.disks
            if disk.owner.startswith("LINUX")
        }
        assert found == self.held

    @invariant()
    def every_disk_holds_what_its_owner_wrote_and_nothing_else(self) -> None:
        for userid, disks in self.disks.items():
            for vdev, (size, mark) in disks.items():
                assert self.heads(userid, vdev, size) == {mark}


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
