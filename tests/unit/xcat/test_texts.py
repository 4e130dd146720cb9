# SPDX-License-Identifier: Apache-2.0
"""Texts as a genuine xCAT 2.19.0 answers them."""

from __future__ import annotations

from zvm.xcat import texts


def test_power_of_several_guests() -> None:
    told = ["inst0001: on\n", "inst0002: off\nError: non-zero CP response for command\n", "inst0003: what"]
    assert texts.powers(told) == {"inst0001": "on", "inst0002": "off"}


def test_reachable() -> None:
    assert texts.is_reachable(["inst0002: reachable"])
    assert not texts.is_reachable(["inst0002: unreachable"])


def test_pools() -> None:
    told = [
        "zvm1: POOL1 Total: 8.9G\nzvm1: POOL1 Used: 512M\nzvm1: POOL1 Free: 8.4G\nzvm1: POOL2 Total: 0M\n"
    ]
    found = texts.pool_spaces(told, "zvm1")
    assert found["POOL1"] == {"Total": int(8.9 * (1 << 30)), "Used": 512 << 20, "Free": int(8.4 * (1 << 30))}
    assert found["POOL2"] == {"Total": 0}


def test_extents() -> None:
    told = ["zvm1: #VolID DevType StartAddr Size\nzvm1: VOL001 3390-09 1 10016\n"]
    assert texts.extents(told, "zvm1") == [("VOL001", "3390-09", 1, 10016)]


def test_a_guests_facts() -> None:
    told = [
        "inst0002: Power state: on\ninst0002: Total Memory: 2048M\ninst0002: Processors: 2\n"
        "inst0002: CPU Used Time: 1.234567 sec\n"
    ]
    found = texts.facts(told, "inst0002")
    assert (found["Total Memory"], found["Processors"]) == ("2048M", "2")
    assert texts.cpu_microseconds(found["CPU Used Time"]) == 1_234_567
    assert texts.cpu_microseconds("1234567 uS") == 1_234_567
    assert texts.cpu_microseconds("") == 0


def test_a_directory_entry() -> None:
    told = [
        "inst0002: USER INST0002 dfltpass 2048m 2048m G\ninst0002: INCLUDE osdflt\n"
        "inst0002: \ninst0002: NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW2 MACID 000001\n"
    ]
    assert texts.lines(told, "inst0002") == [
        "USER INST0002 dfltpass 2048m 2048m G",
        "INCLUDE osdflt",
        "",
        "NICDEF 1000 TYPE QDIO LAN SYSTEM XCATVSW2 MACID 000001",
    ]


def test_a_table() -> None:
    told = [
        "#node,hcp,userid,nodetype,parent,comments,disable,discovered,status",
        '"zvm1","zhcp.example.com",,"zvm",,,,,',
        '"inst0002","zhcp.example.com","inst0002",,,"a ""quoted"", text",,,"IUCV=1"',
    ]
    zvm1, guest = texts.table(told)
    assert (zvm1["hcp"], zvm1["userid"]) == ("zhcp.example.com", "")
    assert (guest["comments"], guest["status"]) == ('a "quoted", text', "IUCV=1")
    assert texts.table([]) == []


def test_attributes_come_in_any_order() -> None:
    told = ["zvm.userid: inst0002", "zvm.hcp: zhcp.example.com", "zvm.comments: nova:11:paused"]
    assert texts.attributes(told) == {
        "userid": "inst0002",
        "hcp": "zhcp.example.com",
        "comments": "nova:11:paused",
    }


def test_the_name_of_a_captured_image() -> None:
    text = "inst0002: Completed capturing the image(rhel7.2-s390x-netboot-snap_1) and stored at /install"
    assert texts.captured(["inst0002: Capturing", text]) == "rhel7.2-s390x-netboot-snap_1"
    assert texts.captured(["inst0002: (Error) Failed"]) == ""
