# SPDX-License-Identifier: Apache-2.0
"""Functions about shared memory segments."""

from __future__ import annotations

from zvm.smapi.declaration import FunctionDeclaration, codes, int1, int8, structures
from zvm.smapi.fields import Text

_NAME = (Text("memory_segment_name", 1, 8),)

FUNCTIONS = (
    FunctionDeclaration(
        name="Shared_Memory_Create",
        parameters=(
            *_NAME,
            int8("begin_page"),
            int8("end_page"),
            int1("page_access_descriptor"),
            int1("memory_attributes"),
            Text("memory_access_identifier", 0, 8),
        ),
        codes=codes("0/4 0/12 400/4 400/12 504/0 600/8 600/12 600/16 600/20 600/24 600/28 600/299"),
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Shared_Memory_Delete",
        parameters=_NAME,
        codes=codes("400/4 400/16 600/12 600/20 600/28"),
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Shared_Memory_Replace",
        parameters=(*_NAME, Text("memory_access_identifier", 0, 8)),
        codes=codes("0/4 0/12 400/4 400/12 504/0 600/12 600/16 600/20 600/28 600/299"),
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Shared_Memory_Query",
        parameters=_NAME,
        reply=(
            structures(
                "memorySegmentInfoList",
                Text("memorySegmentName", 1, 8),
                int1("memorySegmentStatus"),
                structures("pageRangeList", int8("beginPage"), int8("endPage"), int1("pageAccessDescriptor")),
            ),
        ),
        codes=codes("0/28 400/4 600/12 600/20 600/28"),
    ),
    FunctionDeclaration(
        name="Shared_Memory_Access_Add_DM",
        parameters=_NAME,
        codes=codes("400/4 400/12 424/4 504/0 600/20"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Shared_Memory_Access_Remove_DM",
        parameters=_NAME,
        codes=codes("400/4 400/12 424/8 504/0 600/20"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Shared_Memory_Access_Query_DM",
        parameters=_NAME,
        reply=(structures("memorySegmentNameList", Text("memorySegmentName", 1, 8)),),
        codes=codes("0/20 400/4 400/12 424/8"),
        directory_manager=True,
        asynchronous=True,
    ),
)
