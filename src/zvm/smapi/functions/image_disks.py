# SPDX-License-Identifier: Apache-2.0
"""Functions about minidisks, in the directory (``_DM``) and in the running virtual machine."""

from __future__ import annotations

from zvm.smapi.declaration import (
    FunctionDeclaration,
    Style,
    codes,
    int1,
    int4,
    int8,
    keyword,
    secret,
    vdev,
)
from zvm.smapi.fields import Array, Asciiz, Extent, Fixed, Text

_MODE = Text("image_disk_mode", 0, 5)

FUNCTIONS = (
    # device_type 3390 9336 FB-512 3380; allocation AUTOG AUTOR AUTOV DEVNO T-DISK V-DISK or a start;
    # unit 1 cylinders, 2 to 5 blocks of 512, 1024, 2048, 4096; format 0 unspecified, 1 no, 2 to 6 CMS.
    FunctionDeclaration(
        name="Image_Disk_Create_DM",
        parameters=(
            vdev("vdev"),
            Text("device_type", 1, 8),
            Text("allocation", 0, 10),
            Text("area_or_volser", 0, 8),
            int1("unit", 1, 5),
            int4("size", 1),
            Text("mode", 1, 5),
            int1("format", 0, 6),
            Text("label", 0, 6),
            secret("read_pw"),
            secret("write_pw"),
            secret("multi_pw"),
        ),
        reply=(int4("operation_id"),),
        codes=codes("400/4 400/12 408/4 408/24 420/8 592/0"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Disk_Delete_DM",
        parameters=(vdev("image_disk_number"), int1("data_security_erase", 0, 2)),
        reply=(int4("operation_id"),),
        codes=codes("400/4 400/12 408/12 592/0"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Disk_Copy_DM",
        parameters=(
            vdev("image_disk_number"),
            Text("source_image_name", 1, 8),
            vdev("source_image_disk_number"),
            Text("image_disk_allocation_type", 0, 10),
            Text("allocation_area_name_or_volser", 0, 8),
            _MODE,
            secret("read_password"),
            secret("write_password"),
            secret("multi_password"),
        ),
        reply=(int4("operationId"),),
        codes=codes("400/4 400/12 404/24 404/28 408/4 408/12 408/24 420/8 592/0"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Disk_Share_DM",
        parameters=(
            vdev("image_disk_number"),
            Text("target_image_name", 1, 8),
            vdev("target_image_disk_number"),
            Text("read_write_mode", 0, 4),
            secret("optional_password"),
        ),
        codes=codes("400/4 400/12 408/4 408/8 408/12 408/16 408/28 408/32"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Disk_Unshare_DM",
        parameters=(
            vdev("image_disk_number"),
            Text("target_image_name", 1, 8),
            vdev("target_image_disk_number"),
        ),
        codes=codes("400/4 400/12 408/8"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Disk_Create",
        parameters=(vdev("image_disk_number"), _MODE),
        codes=codes("200/4 200/12 208/4 208/8 208/1157"),
    ),
    FunctionDeclaration(
        name="Image_Disk_Copy",
        parameters=(vdev("image_disk_number"),),
        codes=codes("200/4 200/12 204/8 208/4 208/8 208/36"),
    ),
    FunctionDeclaration(
        name="Image_Disk_Delete",
        parameters=(vdev("image_disk_number"),),
        codes=codes("200/4 200/12 204/8 208/8 208/28 208/36"),
    ),
    FunctionDeclaration(
        name="Image_Disk_Share",
        parameters=(
            vdev("image_disk_number"),
            Text("target_image_name", 1, 8),
            vdev("target_image_disk_number"),
            Text("read_write_mode", 0, 4),
            secret("optional_password"),
        ),
        codes=codes("200/4 200/12 208/4 208/8 208/12 208/16 208/20 208/28 208/32"),
    ),
    FunctionDeclaration(
        name="Image_Disk_Unshare",
        parameters=(vdev("image_disk_number"),),
        codes=codes("200/4 200/12 208/8"),
    ),
    # access 1 R/O, 2 R/W; unit 1 cylinders, 2 blocks.
    FunctionDeclaration(
        name="Image_Disk_Query",
        parameters=(keyword("vdasd_id", required=True),),
        reply=(
            Array(
                "dasdList",
                (
                    Fixed("vdev", size=4),
                    Fixed("rdev", size=4),
                    int1("accessType"),
                    Fixed("devtype", size=4),
                    int8("size"),
                    int1("unit"),
                    Asciiz("volid"),
                ),
                extent=Extent.END,
            ),
        ),
        codes=codes("8/8 200/12"),
        style=Style.KEYWORDS,
    ),
    # Each "system userid vdev access".
    FunctionDeclaration(
        name="Image_MDISK_Link_Query",
        parameters=(keyword("vdev", required=True),),
        reply=(Array("mdiskLinkList", (Asciiz("mdiskLink"),)),),
        codes=codes("0/28 8/8 8/12 8/24"),
        style=Style.KEYWORDS,
    ),
)
