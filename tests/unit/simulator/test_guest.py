# SPDX-License-Identifier: Apache-2.0
"""Guests: logon from the directory, IPL, signals, logoff, and the time in between."""

from __future__ import annotations

import pytest

from tests.support.simulator import IPL_RECORD
from tests.unit.simulator.guests import Clock, bootable, machine, punch
from tests.unit.simulator.worlds import World
from zvm.directory import Extent
from zvm.simulator.cp_error import CpError
from zvm.simulator.guest import DISABLED_WAIT
from zvm.simulator.virtual_devices import Dedicated, UnitRecord
from zvm.simulator.virtual_machine import State, format_storage, parse_storage


def test_logon_builds_what_entry_and_profile_say(world: World) -> None:
    world.define(
        "LINUX01", "DEDICATE 0700 1FA0", "MDISK 0200 FB-512 V-DISK 2048 MR", "SPOOL 000C 2540 READER X"
    )
    world.system.guests.logon("LINUX01", by="ZHCP")
    guest = machine(world)
    assert guest.storage == 512 << 20
    assert guest.max_storage == 1 << 30
    assert guest.cpus == ["00"]
    assert {"0009", "000C", "000D", "000E", "0190", "0200", "0700"} <= set(guest.devices)
    reader = guest.devices["000C"]
    assert isinstance(reader, UnitRecord)
    assert (reader.queue, reader.cls) == ("RDR", "X")  # the entry's own statement, not the profile's
    assert isinstance(guest.devices["0700"], Dedicated)
    assert {disk.vdev: disk.access for disk in guest.disks} == {
        "0190": "R/O",
        "019D": "R/O",
        "019E": "R/O",
        "0200": "R/W",
    }
    vdisk = next(disk for disk in guest.disks if disk.vdev == "0200")
    world.system.dasd.write(vdisk.extent, 0, b"swap")
    world.system.guests.force("LINUX01")
    assert vdisk.volume not in world.system.dasd.volumes


def test_who_cannot_log_on(world: World) -> None:
    world.define("LINUX01")
    world.system.guests.logon("LINUX01")
    for userid, number in [("LINUX01", 54), ("NOSUCH", 53)]:
        with pytest.raises(CpError) as refused:
            world.system.guests.logon(userid)
        assert refused.value.number == number


def test_nothing_to_ipl_is_told_on_the_console(world: World) -> None:
    world.define("LINUX01")
    world.system.guests.logon("LINUX01")
    assert machine(world).state is State.CP_READ
    assert machine(world).console.lines[-1] == "HCPVDI040E Device 0100 does not exist"


def test_a_disk_without_ipl_record_ends_in_a_disabled_wait(world: World) -> None:
    world.define("LINUX01")
    world.add_disk("LINUX01")
    world.system.guests.logon("LINUX01")
    assert machine(world).state is State.DISABLED_WAIT
    assert machine(world).console.lines[-1] == DISABLED_WAIT
    assert world.system.guests.linux(machine(world)) is None


def test_a_named_system_runs(world: World) -> None:
    assert machine(world, "MAINT").state is State.RUNNING


def test_boot_and_logoff_take_their_time(world: World) -> None:
    bootable(world)
    clock = Clock(world)
    guests = world.system.guests
    guests.logon("LINUX01")
    assert machine(world).state is State.RUNNING
    assert guests.linux(machine(world)) is None
    clock.tick()
    assert guests.linux(machine(world)) is not None
    guests.force("LINUX01", by="ZHCP")
    assert machine(world).state is State.LOGGING_OFF
    with pytest.raises(CpError, match="HCPFOR361E LOGOFF/FORCE pending for user LINUX01"):
        guests.force("LINUX01")
    with pytest.raises(CpError, match="361"):
        guests.logon("LINUX01")
    clock.tick()
    assert guests.get("LINUX01") is None


def test_what_was_due_does_not_happen_to_a_later_logon(world: World) -> None:
    bootable(world)
    clock = Clock(world)
    world.system.guests.logon("LINUX01")
    world.system.guests.drop("LINUX01")
    world.system.guests.logon("LINUX01")
    first_boot, second_boot = clock.waiting
    first_boot[1]()
    assert not machine(world).booted
    second_boot[1]()
    assert machine(world).booted


def test_a_signal_is_heeded_by_a_linux_and_enforced_otherwise(world: World) -> None:
    bootable(world)
    clock = Clock(world)
    guests = world.system.guests
    guests.logon("LINUX01")
    guests.signal_shutdown("LINUX01", 600)  # still booting: it will be forced
    assert clock.waiting[-1][0] == pytest.approx(600, abs=5)
    guests.drop("LINUX01")
    clock.waiting.clear()
    guests.logon("LINUX01")
    clock.tick()
    guests.signal_shutdown("LINUX01", 600)
    assert [seconds for seconds, _ in clock.waiting] == [pytest.approx(1.0, abs=0.1)]
    clock.tick()
    assert machine(world).state is State.LOGGING_OFF
    clock.tick()
    assert guests.get("LINUX01") is None


def test_a_stopped_guest_gets_no_further(world: World) -> None:
    bootable(world)
    clock = Clock(world)
    guests = world.system.guests
    guests.logon("LINUX01")
    guests.stop("LINUX01")
    clock.tick()
    assert not machine(world).booted
    guests.begin("LINUX01")
    clock.tick()
    assert machine(world).booted


def test_restart_of_the_simulator_is_no_logoff_and_time_goes_on(world: World) -> None:
    bootable(world)
    clock = Clock(world)
    punch(world)
    world.system.guests.logon("LINUX01")
    assert clock.waiting
    world.restart()  # instant again: the boot that was pending is due at once
    assert machine(world).booted
    assert world.system.guests.linux(machine(world)) is not None
    before = machine(world).dump()
    world.restart()
    assert machine(world).dump() == before


def test_only_what_may_have_changed_is_described_anew(world: World) -> None:
    bootable(world)
    world.system.guests.logon("LINUX01")
    before = world.system.guests.dump()
    world.system.guests.logged_on()
    again = world.system.guests.dump()
    assert all(again[key] is before[key] for key in before)
    machine(world).standby = 1 << 20
    machine(world, "MAINT").console.write("x")
    changed = world.system.guests.dump()
    assert {key for key in changed if changed[key] is not before[key]} == {"LINUX01", "MAINT"}


def test_what_linux_has_become_stays_on_its_disk(world: World) -> None:
    bootable(world)
    punch(world)
    guests = world.system.guests
    guests.logon("LINUX01")
    guests.force("LINUX01")
    guests.logon("LINUX01")
    linux = guests.linux(machine(world))
    assert linux is not None
    assert linux.hostname == "linux01"
    disk = machine(world).disks[0].extent
    guests.force("LINUX01")
    image = Extent("VOL002", 1, disk.size - 1)  # smaller than the disk, as images are
    world.system.dasd.write(image, 0, IPL_RECORD)
    world.system.dasd.flashcopy(image, Extent(disk.volume, disk.start, image.size))
    guests.logon("LINUX01")
    fresh = guests.linux(machine(world))
    assert fresh is not None
    assert fresh.hostname == "localhost"


def test_psw_restart_panics_and_reset_clears(world: World) -> None:
    bootable(world)
    guests = world.system.guests
    guests.logon("LINUX01")
    guests.restart(machine(world))
    assert machine(world).state is State.DISABLED_WAIT
    guests.reboot(machine(world))
    assert machine(world).booted
    guests.reset(machine(world))
    assert machine(world).state is State.CP_READ


def test_system_ipl_logs_everybody_off_and_the_system_on(world: World) -> None:
    bootable(world)
    world.system.guests.logon("LINUX01")
    world.system.ipl()
    assert world.system.guests.get("LINUX01") is None
    assert world.system.guests.get("ZHCP") is not None


def test_the_console_goes_to_the_reader_it_is_spooled_to(world: World) -> None:
    bootable(world)
    world.system.guests.logon("LINUX01")
    file = world.system.guests.close_console(machine(world))
    assert file is not None
    text = world.system.spool.data(file).decode()
    assert (file.owner, file.origin, file.device, file.cls) == ("ZHCP", "LINUX01", "CON", "T")
    assert text.startswith("z/VM Version 7")
    assert "Linux version" in text
    assert world.system.guests.close_console(machine(world)) is None


def test_who_watches_a_console_sees_new_lines_only(world: World) -> None:
    console = machine(world, "MAINT").console
    seen: list[str] = []
    end = console.watch(seen.append)
    console.write("one\ntwo")
    end()
    console.write("three")
    assert seen == ["one\ntwo\n"]


def test_typing_at_a_console(world: World) -> None:
    bootable(world)
    world.system.guests.logon("LINUX01")
    world.system.guests.console_input(machine(world), "#CP QUERY USERID")
    assert machine(world).console.lines[-1] == "LINUX01  AT ZVMSIM1"
    world.system.guests.console_input(machine(world), "root")
    assert "localhost login: root" in machine(world).console.lines


@pytest.mark.parametrize(
    ("text", "size"), [("32M", 32 << 20), ("2G", 2 << 30), ("1T", 1 << 40), ("513M", 513 << 20)]
)
def test_storage_sizes(text: str, size: int) -> None:
    assert parse_storage(text) == size
    assert format_storage(size) == text


def test_what_is_no_storage_size() -> None:
    with pytest.raises(ValueError, match="no storage size"):
        parse_storage("2X")
