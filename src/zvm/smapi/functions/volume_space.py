# SPDX-License-Identifier: Apache-2.0
"""Functions about disk pools (groups, regions, volumes) and about volumes in SYSTEM CONFIG."""

from __future__ import annotations

from zvm.smapi.declaration import (
    SYSTEM_CONFIG,
    FunctionDeclaration,
    Style,
    array,
    codes,
    int1,
    int4,
    keyword,
    vdev,
)
from zvm.smapi.fields import Lines, Text

_VOLUME_CODES = codes(
    "300/0 300/8 300/10 300/12 300/14 300/16 300/18 300/20 300/22 300/24 300/28 300/32 300/34 300/36 300/38"
    " 300/40 300/42 300/44 300/46 300/48 300/50 300/52"
)

FUNCTIONS = (
    # query_type 1 definition, 2 free, 3 used; entry_type 1 volume, 2 region, 3 group; names apart by blanks.
    FunctionDeclaration(
        name="Image_Volume_Space_Query_DM",
        parameters=(int1("query_type", 1, 3), int1("entry_type", 1, 3), Text("entry_names", 0, 255)),
        reply=(array("recordList", Text("record", 0, 255)),),
        codes=codes("420/8 420/12"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Volume_Space_Query_Extended_DM",
        parameters=(
            keyword("query_type", "1", "2", "3", "DEFINITION", "FREE", "USED", required=True),
            keyword("entry_type", "1", "2", "3", "VOLUME", "REGION", "GROUP", required=True),
            keyword("entry_names"),
        ),
        reply=(Lines("volumeSpaceList"),),
        codes=codes("420/8 420/12 420/36"),
        directory_manager=True,
        asynchronous=True,
        style=Style.KEYWORD_BLOCK,
    ),
    # function_type 1 region, 2 region + group, 3 region = volume, 4 the same + group, 5 region to group;
    # device_type 0 unspecified, 1 3390, 2 9336, 3 3380, 4 FB-512; start and size -1 when not given.
    FunctionDeclaration(
        name="Image_Volume_Space_Define_DM",
        parameters=(
            int1("function_type", 1, 5),
            Text("region", 0, 8),
            Text("volid", 0, 6),
            int4("start", unset=-1),
            int4("size", unset=-1),
            Text("group", 0, 8),
            int1("device_type", 0, 4),
        ),
        codes=codes("420/4 420/8 420/36"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Volume_Space_Define_Extended_DM",
        parameters=(
            keyword("function_type", required=True),
            keyword("region_name"),
            keyword("image_vol_id"),
            keyword("start_cylinder"),
            keyword("size"),
            keyword("group_name"),
            keyword("device_type"),
            keyword("alloc_method"),
        ),
        codes=codes("420/4 420/8 420/36"),
        directory_manager=True,
        asynchronous=True,
        style=Style.KEYWORD_BLOCK,
    ),
    # function_type 1 region, 2 region from group, 3 region from all groups, 4 all on volume, 5 volume from
    # group, 6 volume from all groups, 7 group.
    FunctionDeclaration(
        name="Image_Volume_Space_Remove_DM",
        parameters=(
            int1("function_type", 1, 7),
            Text("region", 0, 8),
            Text("volid", 0, 6),
            Text("group", 0, 8),
        ),
        codes=codes("420/8 420/12"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Volume_Add",
        parameters=(vdev("vdev"), Text("volid", 1, 6), *SYSTEM_CONFIG),
        codes=_VOLUME_CODES,
    ),
    FunctionDeclaration(
        name="Image_Volume_Delete",
        parameters=(vdev("vdev"), Text("volid", 1, 6), *SYSTEM_CONFIG),
        codes=_VOLUME_CODES,
    ),
    FunctionDeclaration(
        name="Image_Volume_Share",
        parameters=(keyword("img_vol_addr", required=True), keyword("share_enable", "ON", "OFF")),
        codes=codes("8/18 8/19 8/20 8/3012 8/3013 8/3014"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Page_or_Spool_Volume_Add",
        parameters=(
            keyword("vol_addr", required=True),
            keyword("volume_label", required=True),
            keyword("volume_use", "PAGE", "SPOOL", required=True),
            keyword("system_config_name"),
            keyword("system_config_type"),
            keyword("parm_disk_owner"),
            keyword("parm_disk_number"),
            keyword("parm_disk_password", secret=True),
        ),
        codes=codes(
            "8/8 8/10 8/12 8/14 8/20 8/24 8/28 8/32 8/34 8/38 8/40 8/42 8/44 8/46 8/48 8/50 8/52 8/3006"
            " 8/3007 8/3011"
        ),
        style=Style.KEYWORDS,
    ),
)
