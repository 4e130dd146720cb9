# SPDX-License-Identifier: Apache-2.0
"""Functions about name lists and about who may call what for whom."""

from __future__ import annotations

from zvm.smapi.declaration import FunctionDeclaration, array, codes, int1, structures
from zvm.smapi.fields import Text

_AUTHORIZATION = (Text("for_id", 1, 8), Text("function_id", 1, 64))

FUNCTIONS = (
    FunctionDeclaration(
        name="Name_List_Add", parameters=(Text("name", 1, 8),), codes=codes("0/12 0/36 28/0 36/0")
    ),
    FunctionDeclaration(
        name="Name_List_Remove", parameters=(Text("name", 1, 8),), codes=codes("0/16 0/32 28/0 36/0 200/24")
    ),
    FunctionDeclaration(
        name="Name_List_Query",
        reply=(array("nameList", Text("imageName", 1, 64)),),
        codes=codes("28/0 200/24"),
    ),
    FunctionDeclaration(name="Name_List_Destroy", codes=codes("28/0 36/0 200/24")),
    FunctionDeclaration(
        name="Authorization_List_Add", parameters=_AUTHORIZATION, codes=codes("28/0 104/0 106/0 108/0")
    ),
    FunctionDeclaration(
        name="Authorization_List_Query",
        parameters=(Text("for_id", 0, 8), Text("function_id", 0, 64)),
        reply=(
            structures(
                "authorizationRecordList",
                Text("requestingUserid", 0, 64),
                int1("requestingListIndicator"),
                Text("forUserid", 0, 64),
                int1("forListIndicator"),
                Text("functionName", 0, 64),
                int1("functionListIndicator"),
            ),
        ),
        codes=codes("28/0 104/0 112/0"),
    ),
    FunctionDeclaration(
        name="Authorization_List_Remove", parameters=_AUTHORIZATION, codes=codes("28/0 104/0 106/0 112/0")
    ),
)
