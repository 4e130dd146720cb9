# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zvm.manager.commands import smcli
from zvm.manager.errors import Invalid, ManagerError, NotSupported, Refused


def test_a_line() -> None:
    call = smcli.parse(
        [
            "Virtual_Network_Vswitch_Set_Extended",
            "-T",
            "SYSTEM",
            "-k",
            "'switch_name='VSW1",
            "-k",
            "grant_userid=A",
        ]
    )
    assert (call.function, call.target) == ("Virtual_Network_Vswitch_Set_Extended", "SYSTEM")
    assert call.parameters == {"switch_name": "VSW1", "grant_userid": "A"}


def test_the_guest_is_filled_in() -> None:
    words = ["Image_Definition_Update_DM", "-T", "%userid%", "-k", "'NICDEF=VDEV=1000", "TYPE=QDIO'"]
    words += ["-k", "OPTION=LNKNOPAS"]
    call = smcli.parse(words, "LINUX01")
    assert call.target == "LINUX01"
    assert call.parameters == {"definitions": ["NICDEF=VDEV=1000 TYPE=QDIO", "OPTION=LNKNOPAS"]}


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        ("", Invalid, "name of a function"),
        ("Image_Delete_DM -T A", NotSupported, "Image_Delete_DM"),
        ("Image_Query_DM", Invalid, "-T"),
        ("Image_Query_DM -T", Invalid, "needs a value"),
        ("Image_Query_DM -T A -k x", Invalid, "-k"),
        ("Image_Query_DM -T 'A", Invalid, "quotation"),
        ("Image_Query_DM -T MAINT", Refused, "MAINT"),
        ("Virtual_Network_Vswitch_Set_Extended -T SYSTEM -k grant_userid=MAINT", Refused, "MAINT"),
        ("Virtual_Network_Vswitch_Set_Extended -T SYSTEM -k x", Invalid, "name=value"),
        ("Image_Definition_Query_DM -T LINUX01", Refused, "keywords"),
        ("Image_Definition_Query_DM -T LINUX01 -k *", Refused, "keywords"),
        ("Image_Pause -T LINUX01 -k X=YES", Invalid, "PAUSE=YES"),
        ("Image_Disk_Create_DM -T LINUX01 -z big", Invalid, "no number"),
    ],
)
def test_what_is_refused(line: str, kind: type[ManagerError], reason: str) -> None:
    with pytest.raises(kind, match=reason):
        smcli.parse(line.split(" "), "LINUX01")


def test_answers() -> None:
    level = smcli.parse(["Query_API_Functional_Level", "-T", "X"])
    assert smcli.answer(level, 640, {}) == ["The API functional level is z/VM V6.4"]
    locks = smcli.parse(["Image_Lock_Query_DM", "-T", "X"])
    assert smcli.answer(locks, 24, {}) == ["X is Unlocked..."]
    reply = {"lockedTypeImageLockedBy": "DEVICE", "lockedDevList": ["0100 MAINT"]}
    assert smcli.answer(locks, 12, reply) == ["DEVICE", "Device address: 0100 MAINT"]


def test_letters_lead_to_parameters() -> None:
    line = "Image_Disk_Create_DM -T a -v 0100 -t 3390 -a AUTOG -r POOL1 -u 1 -z 7282 -m MR -R ''"
    call = smcli.parse([line])
    assert (call.target, call.guests, call.sentence) == ("A", ("A",), "Adding a disk to A's directory entry")
    assert call.parameters["size"] == 7282
    assert call.parameters["area_or_volser"] == "POOL1"
    assert call.parameters["read_pw"] == ""


@pytest.mark.parametrize(
    ("value", "action", "sentence"),
    [
        ("PAUSE=YES", "PAUSE", "Halting"),
        ("PAUSE=NO", "BEGIN", "Resuming"),
        ("BEGIN=YES", "BEGIN", "Resuming"),
    ],
)
def test_pause(value: str, action: str, sentence: str) -> None:
    call = smcli.parse(["Image_Pause", "-T", "A", "-k", value])
    assert call.parameters == {"action": action}
    assert call.sentence == f"{sentence} processing on A"


def test_performance_of_several_guests() -> None:
    call = smcli.parsed(["Image_Performance_Query", "-T", "A B C", "-c", "3"])
    assert (call.target, call.parameters, call.of_system) == ("MAINT", {"userids": ["A", "B", "C"]}, True)
