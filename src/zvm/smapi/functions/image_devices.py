# SPDX-License-Identifier: Apache-2.0
"""Functions about dedicated devices, IPL statements, SCSI boot and virtual channel connections."""

from __future__ import annotations

from zvm.smapi.declaration import Frame, FunctionDeclaration, codes, int1, vdev
from zvm.smapi.fields import Asciiz, Text

_DEDICATE = (vdev("vdev"), Text("rdev", 1, 4, hexadecimal=True), int1("readonly", 0, 1))

FUNCTIONS = (
    FunctionDeclaration(
        name="Image_Device_Dedicate_DM",
        parameters=_DEDICATE,
        codes=codes("400/4 400/12 404/4 404/12"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Device_Dedicate",
        parameters=_DEDICATE,
        codes=codes("200/4 200/12 204/4 204/8 204/16"),
    ),
    FunctionDeclaration(
        name="Image_Device_Undedicate_DM",
        parameters=(vdev(),),
        codes=codes("400/4 400/12 404/8"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Device_Undedicate",
        parameters=(vdev(),),
        codes=codes("200/4 200/12 204/8 204/40 204/44"),
    ),
    FunctionDeclaration(
        name="Image_Device_Reset",
        parameters=(vdev(),),
        codes=codes("200/4 200/12 200/16 204/8 204/24 204/28 204/32 204/36"),
    ),
    FunctionDeclaration(
        name="Image_IPL_Set_DM",
        parameters=(
            Text("saved_system", 1, 8),
            Text("load_parameter", 0, 10),
            Text("parameter_string", 0, 64),
        ),
        codes=codes("400/4 400/12"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_IPL_Delete_DM",
        codes=codes("400/4 400/12 408/8 460/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_IPL_Query_DM",
        reply=(Text("savedSystem", 0, 8), Text("loadParameter", 0, 10), Text("parameters", 0, 64)),
        codes=codes("0/28 400/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_IPL_Device_Query",
        reply=(Asciiz("iplDevice"),),
        frame=Frame.SHORT,
        short_argument="target",
    ),
    # scp_data_type 0 none, 1 DELETE, 2 EBCDIC, 3 hexadecimal; DELETE as a value removes the field.
    FunctionDeclaration(
        name="Image_SCSI_Characteristics_Define_DM",
        parameters=(
            Text("boot_program", 0, 6),
            Text("br_lba", 0, 16),
            Text("lun", 0, 16),
            Text("port_name", 0, 16),
            int1("scp_data_type", 0, 3),
            Text("scp_data", 0, 4096),
        ),
        codes=codes("400/4 456/4 520/2826"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_SCSI_Characteristics_Query_DM",
        reply=(
            Text("bootProgramNumber", 0, 6),
            Text("br_LBA", 0, 16),
            Text("lun", 0, 16),
            Text("port", 0, 16),
            int1("scpDataType"),
            Text("scpData", 0, 4096),
        ),
        codes=codes("0/28 400/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Virtual_Channel_Connection_Create",
        parameters=(vdev(), Text("coupled_image_name", 1, 8), vdev("coupled_image_device_number")),
        codes=codes("200/4 200/12 204/12 212/4 212/28"),
    ),
    FunctionDeclaration(
        name="Virtual_Channel_Connection_Create_DM",
        parameters=(vdev(), Text("coupled_image_name", 1, 8)),
        codes=codes("400/4 400/12 404/4 404/12 412/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Virtual_Channel_Connection_Delete",
        parameters=(vdev(),),
        codes=codes("200/4 200/12 204/8"),
    ),
    FunctionDeclaration(
        name="Virtual_Channel_Connection_Delete_DM",
        parameters=(vdev(),),
        codes=codes("400/4 400/12 404/8"),
        directory_manager=True,
        asynchronous=True,
    ),
)
