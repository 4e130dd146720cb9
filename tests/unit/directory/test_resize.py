# SPDX-License-Identifier: Apache-2.0
"""Entries with disks that are exchanged: none is lost, none is there twice, and the way back is exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvm.directory import (
    Command,
    Cpu,
    Entry,
    Include,
    IoPriority,
    Mdisk,
    Share,
    Statement,
    User,
    maxima,
    parse_entry,
    resize,
)
from zvm.directory.extras import Extras
from zvm.directory.maxima import Maxima

BEFORE = """\
USER LINUX01 XXXXXXXX 1G 2G G
INCLUDE LNXDFLT
COMMAND SET RUN ON
CPU 00 BASE
IPL 0100
NICDEF 1000 TYPE QDIO LAN SYSTEM VSW1
*NOVA uuid=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
MDISK 0100 3390 1 100 VOL001 MR
MDISK 0110 3390 201 10 VOL001 MR
MDISK 0200 3390 301 50 VOL001 MR
"""
PARKED = """\
MDISK 01C0 3390 1001 200 VOL002 MR
MDISK 01C1 3390 1301 20 VOL002 MR
"""
SEVERAL = st.sets(st.sampled_from(resize.DISKS))


def disks(entry: Entry) -> dict[str, tuple[str, int | None]]:
    return {disk.vdev: (disk.volume, disk.start) for disk in entry.minidisks()}


def test_a_resize() -> None:
    entry = resize.resized(parse_entry(BEFORE + PARKED), ["0100", "0101"], 2, "4096M")
    assert disks(entry) == {
        "0100": ("VOL002", 1001),
        "01C0": ("VOL001", 1),
        "0101": ("VOL002", 1301),
        "01D0": ("VOL001", 201),
        "0200": ("VOL001", 301),
    }
    records = entry.records()
    assert records[0] == "USER LINUX01 AUTOONLY 4096M 4096M G"
    assert {"CPU 00 BASE", "CPU 01", "COMMAND DETACH 01C0", "COMMAND DETACH 01D0"} < set(records)
    assert "COMMAND DETACH 01C1" not in records
    assert resize.former(parse_entry(records)) == resize.Former(1, "1G", "2G", ("0101",))
    with pytest.raises(ValueError, match="already"):
        resize.resized(entry, ["0100"], 1, "1G")


def test_the_way_back_parks_the_new_disks() -> None:
    before = parse_entry(BEFORE.replace("XXXXXXXX", "AUTOONLY") + PARKED)
    after = resize.reverted(resize.resized(before, ["0100", "0101"], 2, "4096M"))
    assert sorted(after.records()) == sorted(before.records())
    assert resize.parking(after) == ["01C0", "01C1"]
    assert resize.reverted(before) is before


def test_the_way_forward_keeps_other_commands() -> None:
    entry = resize.settled(resize.resized(parse_entry(BEFORE + PARKED), ["0100"], 1, "1G"))
    assert [record for record in entry.records() if "COMMAND" in record] == ["COMMAND SET RUN ON"]
    assert resize.former(entry) is None


def test_maxima_come_and_go_and_come_back() -> None:
    before = parse_entry(
        "USER LINUX01 AUTOONLY 1G 4G G\nCPU 00 BASE\nMACHINE ESA 4\n"
        "COMMAND DEFINE STORAGE INITIAL STANDBY REMAINDER\nCOMMAND SET RUN ON\n"
    )
    for most in (Maxima(), Maxima(8, "8192M"), Maxima(cpus=2), Maxima(storage="2048M")):
        after = parse_entry(resize.resized(before, [], 2, "2048M", most).records())
        assert maxima.statements(after) == most.statements()
        assert isinstance(after.header, User)
        assert after.header.maximum_storage == (most.storage or "2048M")
        assert Command("SET RUN ON") in after.statements
        assert sorted(resize.reverted(after).records()) == sorted(before.records())


@pytest.mark.parametrize(
    ("records", "count", "expected"),
    [
        (["USER A AUTOONLY 1G 1G G"], 4, ["USER A AUTOONLY 2G 2G G"]),
        (["USER A AUTOONLY 1G 8G G", "MACHINE ESA 4"], 4, ["USER A AUTOONLY 2G 8G G", "MACHINE ESA 4"]),
        (["USER A AUTOONLY 1G 1536M G", "MACHINE XC 2"], 4, ["USER A AUTOONLY 2G 2G G", "MACHINE XC 4"]),
        (
            ["USER A AUTOONLY 4G 4G G", "COMMAND DEFINE STORAGE 1G STANDBY 3G"],
            1,
            ["USER A AUTOONLY 2G 4G G", "COMMAND DEFINE STORAGE 1G STANDBY 3G"],
        ),
    ],
)
def test_maxima_that_nobody_changes_stay(records: list[str], count: int, expected: list[str]) -> None:
    before = parse_entry([*records, "CPU 00 BASE"])
    after = resize.resized(before, [], count, "2G")
    assert [record for record in after.records() if not record.startswith(("CPU", "*"))] == expected
    assert sorted(resize.reverted(after).records()) == sorted(before.records())


def words(entry: Entry) -> list[str]:
    """Return the statements that extras are about."""
    keywords = ("INCLUDE", "CPU", "SHARE", "IOPRIORITY")
    return [record for record in entry.records() if record.startswith(keywords)]


def test_extras_come_and_go() -> None:
    before = parse_entry(BEFORE.replace("XXXXXXXX", "AUTOONLY"))
    wanted = {"INCLUDE": Include("LNXPROD"), "SHARE": Share(("RELATIVE", "200"))}
    rich = resize.resized(before, ["0100", "0110"], 2, "1G", more=Extras(wanted, dedicated=True))
    assert words(rich) == [
        "INCLUDE LNXPROD",
        "CPU 00 BASE DEDICATE",
        "CPU 01 DEDICATE",
        "SHARE RELATIVE 200",
    ]
    assert "*NOVA former SHARE" in rich.records()
    assert not [record for record in rich.records() if "IOPRIORITY" in record]
    assert sorted(resize.reverted(rich).records()) == sorted(before.records())
    rich = resize.settled(rich)
    assert not [record for record in rich.records() if "former" in record]
    wider = resize.resized(rich, ["0100", "0110"], 3, "1G")
    assert sorted(words(wider)) == sorted([*words(rich), "CPU 02 DEDICATE"])
    plain = {"INCLUDE": Include("LNXDFLT"), "SHARE": None}
    poor = resize.resized(rich, ["0100", "0110"], 1, "1G", more=Extras(plain, dedicated=False))
    assert words(poor) == ["INCLUDE LNXDFLT", "CPU 00 BASE"]
    assert sorted(resize.reverted(poor).records()) == sorted(rich.records())


def test_what_an_operator_wrote_stays() -> None:
    before = parse_entry(
        "USER LINUX01 AUTOONLY 1G 1G G\nSHARE ABSOLUTE 5%\nCPU 00 CPUID 123456 BASE DEDICATE\nCPU 01\n"
        "IOPRIORITY RELATIVE 3\n"
    )
    after = resize.resized(before, [], 3, "1G", more=Extras({"IOPRIORITY": IoPriority(("ABSOLUTE", "9"))}))
    assert words(after) == [
        "SHARE ABSOLUTE 5%",
        "CPU 00 CPUID 123456 BASE DEDICATE",
        "CPU 01",
        "IOPRIORITY ABSOLUTE 9",
        "CPU 02",
    ]
    after = after.with_statement(Share(("RELATIVE", "7")), instead_of=Share(("ABSOLUTE", "5%")))
    assert words(resize.reverted(after))[0] == "SHARE RELATIVE 7"


def test_processors_come_back_as_they_were() -> None:
    for cpus in ([], ["CPU 00 BASE", "CPU 02 CPUID 123456"], ["CPU 00", "CPU 01 BASE NODEDICATE"]):
        before = parse_entry(["USER LINUX01 AUTOONLY 1G 1G G", *cpus])
        for dedicated in (None, True, False):
            for count in (1, 2, 3):
                after = resize.resized(before, [], count, "2G", more=Extras(dedicated=dedicated))
                assert resize.reverted(parse_entry(after.records())) == before


def test_a_guest_that_runs_keeps_its_maxima() -> None:
    before = parse_entry("USER LINUX01 AUTOONLY 1G 4G G\nCPU 00 BASE\nMACHINE ESA 4\n")
    after = parse_entry(resize.resized_live(before, 3, "2048M").records())
    former = resize.former(after)
    assert former is not None
    assert former.live
    assert after.records()[0] == "USER LINUX01 AUTOONLY 2048M 4G G"
    assert (maxima.most_cpus(after), resize.cpus(after)) == (4, 3)
    assert sorted(resize.reverted(after).records()) == sorted(before.records())
    assert resize.former(resize.settled(after)) is None
    with pytest.raises(ValueError, match="resized already"):
        resize.resized_live(after, 4, "4G")


def test_a_profile_cannot_be_resized() -> None:
    with pytest.raises(ValueError, match="no user"):
        resize.resized(parse_entry("PROFILE LNXDFLT"), [], 1, "1G")


@given(has=SEVERAL, new=SEVERAL, keep=SEVERAL, count=st.integers(1, 64), old=st.integers(1, 64))
def test_there_and_back(has: set[str], new: set[str], keep: set[str], count: int, old: int) -> None:
    cpus = [Cpu(f"{number:02X}", () if number else ("BASE",)) for number in range(old)]
    places = [*sorted(has), *(resize.parked(vdev) for vdev in sorted(new))]
    made = [Mdisk(vdev, "3390", at * 10, 10, "VOL001", "MR") for at, vdev in enumerate(places)]
    before = Entry(User("LINUX01", "AUTOONLY", "1G", "1G", "G"), (*cpus, *made))
    after = resize.resized(before, keep | new, count, "2G")
    assert sorted(disks(after).values()) == sorted(disks(before).values())
    assert {vdev for vdev in resize.DISKS if after.minidisk(vdev)} == (has & keep) | new
    assert resize.cpus(after) == count
    back = resize.reverted(parse_entry(after.records()))
    assert disks(back) == disks(before)
    assert sorted(back.records()) == sorted(before.records())


EXTRAS: dict[str, list[Statement | None]] = {
    "INCLUDE": [None, Include("LNXDFLT"), Include("LNXPROD")],
    "SHARE": [None, Share(("RELATIVE", "200")), Share(("ABSOLUTE", "2%", "ABSOLUTE", "3%", "LIMITHARD"))],
    "IOPRIORITY": [None, IoPriority(("ABSOLUTE", "1", "9"))],
}
SOME_EXTRAS = st.builds(
    Extras,
    st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in EXTRAS.items()}),
    st.none() | st.booleans(),
)
CPUS = st.lists(st.sampled_from([(), ("DEDICATE",), ("CPUID", "123456", "NODEDICATE")]), max_size=4)


def with_keyword(entry: Entry, keyword: str) -> list[Statement]:
    return [item for item in entry.statements if item.keyword == keyword]


@given(has=SOME_EXTRAS, cpus=CPUS, wanted=SOME_EXTRAS, count=st.integers(1, 6))
def test_extras_there_and_back(has: Extras, cpus: list[tuple[str, ...]], wanted: Extras, count: int) -> None:
    made = [Cpu(f"{number:02X}", options) for number, options in enumerate(cpus)]
    disk = Mdisk("0100", "3390", 1, 10, "VOL001", "MR")
    before = has.put_in(Entry(User("LINUX01", "AUTOONLY", "1G", "1G", "G"), (*made, disk)))
    after = parse_entry(resize.resized(before, ["0100"], count, "1G", more=wanted).records())
    assert wanted.is_in(after)
    assert resize.cpus(after) == count
    for keyword in set(EXTRAS).difference(wanted.statements):
        assert with_keyword(after, keyword) == with_keyword(before, keyword)
    assert sorted(resize.reverted(after).records()) == sorted(before.records())
