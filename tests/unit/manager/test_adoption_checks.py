# SPDX-License-Identifier: Apache-2.0
"""Whether a directory entry is what an adoption asks for: what differs is told with both numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zvm.directory import Entry, parse_entry
from zvm.manager import adoption_checks
from zvm.manager.adoption_checks import Wanted
from zvm.manager.definition import Nic
from zvm.manager.errors import Refused
from zvm.manager.network import Adapter
from zvm.manager.pools import Used

UUID = "6f0c8f46-7c0d-4a42-9d0d-2f1f35b0b8ad"
ENTRY = """\
USER LIN1 SECRET 2G 4G G
 CPU 00 BASE
 CPU 01
 IPL 150 PARM AUTOCR
 MDISK 0150 3390 1 10016 VOL001 MR
 MDISK 0151 3390 20000 100 VOL001 MR
 NICDEF 0600 TYPE QDIO LAN SYSTEM VSW1 MACID 0A0B0C
 NICDEF 0600 VLAN 30
"""
CARD = Nic("0000", "VSW1", "02:00:06:0A:0B:0C", "30", "port-1")
WANTED = Wanted("LIN1", UUID, cpus=2, memory_mb=2048, disk_gb=7, pool="POOL1", cards=(CARD,))


def entry(text: str = ENTRY) -> Entry:
    return parse_entry(text)


def refusal(check: str, *arguments: object) -> str:
    """Return what a check says that refuses, with its next step."""
    with pytest.raises(Refused) as caught:
        getattr(adoption_checks, check)(*arguments)
    assert caught.value.next_step
    return f"{caught.value.message}; {caught.value.next_step}"


def test_a_guest_as_it_is_wanted() -> None:
    adoption_checks.check_owner(entry())
    adoption_checks.check_size(entry(), WANTED)
    adoption_checks.check_size(entry(), replace(WANTED, disk_gb=0))
    adoption_checks.check_pool(entry(), WANTED, [Used("3390", 1, "LIN1", "0150")])
    assert adoption_checks.matched(entry(), WANTED, {}) == (replace(CARD, vdev="0600"),)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("USER LIN1 SECRET 2G 4G G", "IDENTITY LIN1 SECRET 2G 4G G", "only guests with a USER statement"),
        (" CPU 01\n", f" CPU 01\n*NOVA uuid={UUID}\n", f"has the mark of the instance {UUID}"),
        ("SECRET", "NOLOG", "can never be logged on"),
    ],
)
def test_whose_it_is(old: str, new: str, told: str) -> None:
    assert told in refusal("check_owner", entry(ENTRY.replace(old, new)))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"cpus": 4}, "2 processors in its directory entry, 4 in the flavor"),
        ({"memory_mb": 1024}, "2048 MiB of memory in its directory entry, 1024 in the flavor"),
        ({"disk_gb": 6}, "root disk 0150 of 10016 cylinders (6.88 GiB), but 6 GiB in the flavor"),
    ],
)
def test_its_size(wanted: dict[str, int], told: str) -> None:
    text = refusal("check_size", entry(), replace(WANTED, **wanted))
    assert told in text
    assert "use a flavor of 2 vCPUs, 2048 MB of memory and 7 GB of disk, or 0" in text


@pytest.mark.parametrize("system", ["CMS", "0152", "1F00"])
def test_a_root_disk_that_is_none_of_its_own(system: str) -> None:
    other = entry(ENTRY.replace("IPL 150", f"IPL {system}"))
    assert f"it IPLs {system}, no minidisk of its own" in refusal("check_size", other, WANTED)
    adoption_checks.check_size(other, replace(WANTED, disk_gb=0))
    adoption_checks.check_pool(other, replace(WANTED, disk_gb=0), [])


@pytest.mark.parametrize(("size", "least"), [(1457, 1), (1458, 2), (14564, 10), (14565, 11)])
def test_a_disk_made_of_such_a_flavor_fits_it(size: int, least: int) -> None:
    """A disk of so many GiB is rounded up to whole cylinders: 1 GiB is 1456.4 of them."""
    other = entry(ENTRY.replace("10016", str(size)))
    adoption_checks.check_size(other, replace(WANTED, disk_gb=least))
    assert f"{least} GB of disk" in refusal("check_size", other, replace(WANTED, disk_gb=least, cpus=1))
    if least > 1:
        refusal("check_size", other, replace(WANTED, disk_gb=least - 1))


def test_a_disk_in_another_pool() -> None:
    others = [Used("3390", 1, "LIN1", "0151"), Used("3390", 1, "LIN2", "0150"), Used("3390", 1)]
    text = refusal("check_pool", entry(), WANTED, others)
    assert "root disk 0150 of LIN1 is on VOL001, not in pool POOL1" in text


@pytest.mark.parametrize(
    ("statements", "count"),
    [
        ("", 1),
        ("CPU 00 BASE\nCPU 01\nCPU 02", 3),
        ("MACHINE ESA 8\nCOMMAND DEFINE CPU 01-03 TYPE IFL", 4),
        ("CPU 00\nCOMMAND DEF CPU 01 02\nCOMMAND SET VCONFIG MODE LINUX", 3),
        ("COMMAND DEFINE STORAGE 4G", 1),
    ],
)
def test_processors(statements: str, count: int) -> None:
    assert adoption_checks.cpus(entry(f"USER LIN1 SECRET 2G\n{statements}")) == count


@pytest.mark.parametrize(
    ("storage", "megabytes"),
    [("2G", 2048), ("512M", 512), ("1048576K", 1024), ("1T", 1 << 20), ("", 0), ("X", 0)],
)
def test_memory(storage: str, megabytes: int) -> None:
    assert adoption_checks.memory_mb(entry(f"USER LIN1 SECRET {storage}")) == megabytes


@pytest.mark.parametrize(
    "cards",
    [
        (),
        (replace(CARD, mac="02:00:06:00:00:01"),),
        (CARD, replace(CARD, mac="02:00:06:00:00:01", port="port-2")),
        (CARD, CARD),
    ],
)
def test_ports_that_are_not_its_cards(cards: tuple[Nic, ...]) -> None:
    text = refusal("matched", entry(), replace(WANTED, cards=cards), {})
    assert "0600 *:0a:0b:0c" in text
    assert (f"{cards[0].mac} (port port-1)" if cards else "ports of the request: none") in text


def test_the_whole_address_of_a_coupled_card_counts() -> None:
    coupled = {"0600": Adapter("VSW1", "02:00:99:0a:0b:0c")}
    assert "0600 02:00:99:0a:0b:0c" in refusal("matched", entry(), WANTED, coupled)
    assert adoption_checks.matched(entry(), WANTED, {"0600": Adapter("VSW1", "02:00:06:0a:0b:0c")})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("VLAN 30", "VLAN 31", "for VSW1, VLAN 31 by its NICDEF; port port-1 is on VSW1, VLAN 30"),
        (" NICDEF 0600 VLAN 30\n", "", "for VSW1, no VLAN by its NICDEF"),
        ("SYSTEM VSW1", "SYSTEM VSW2", "for VSW2, VLAN 30 by its NICDEF"),
        ("SYSTEM VSW1", "LIN1 VSW1", "for no virtual switch, VLAN 30"),
        ("VLAN 30", "PORTTYPE TRUNK VLAN 30", "is a trunk port"),
        ("MACID 0A0B0C", "", "0600 without MACID"),
    ],
)
def test_a_card_that_is_not_where_its_port_is(old: str, new: str, told: str) -> None:
    assert told in refusal("matched", entry(ENTRY.replace(old, new)), WANTED, {})


def test_a_card_that_is_coupled_elsewhere() -> None:
    coupled = {"0600": Adapter("VSW9", "02:00:06:0a:0b:0c")}
    assert "and is coupled to VSW9" in refusal("matched", entry(), WANTED, coupled)
