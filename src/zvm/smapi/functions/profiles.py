# SPDX-License-Identifier: Apache-2.0
"""Functions about directory profiles and SMAPI prototypes."""

from __future__ import annotations

from zvm.smapi.declaration import FunctionDeclaration, array, codes
from zvm.smapi.fields import Lines, Text

_PROFILE = (array("profile_record_array", Text("profile_record", 1, 72), secret=True),)
_PROTOTYPE = (array("prototype_record_array", Text("prototype_record", 1, 72), secret=True),)

FUNCTIONS = (
    FunctionDeclaration(
        name="Profile_Query_DM",
        reply=(array("profile_record_array", Text("profile_record", 1, 72, pad=72), secret=True),),
        codes=codes("400/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Profile_Create_DM",
        parameters=_PROFILE,
        codes=codes("400/8"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Profile_Delete_DM",
        codes=codes("400/4 400/12 400/16"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Profile_Replace_DM",
        parameters=_PROFILE,
        codes=codes("400/4 400/24"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Profile_Lock_DM",
        codes=codes("400/4 400/12"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Profile_Lock_Query_DM",
        reply=(Text("lockedTypeProfileLockedBy", 0, 17), Lines("lockDevList", prefixed=True)),
        codes=codes("0/12 0/24 400/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Profile_Unlock_DM",
        codes=codes("400/4 400/24"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Prototype_Create_DM",
        parameters=_PROTOTYPE,
        codes=codes("416/0 416/4 416/8"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Prototype_Delete_DM",
        codes=codes("416/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Prototype_Name_Query_DM",
        reply=(array("nameList", Text("name", 1, 8)),),
        codes=codes("416/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Prototype_Query_DM",
        reply=(array("recordList", Text("recordName", 0, 1 << 16), secret=True),),
        codes=codes("416/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Prototype_Replace_DM",
        parameters=_PROTOTYPE,
        codes=codes("416/4"),
        directory_manager=True,
        asynchronous=True,
    ),
)
