# SPDX-License-Identifier: Apache-2.0
"""Functions about virtual network adapters, in the directory (``_DM``) and in the running virtual machine."""

from __future__ import annotations

from zvm.smapi.declaration import FunctionDeclaration, Style, codes, int1, int4, keyword, structures, vdev
from zvm.smapi.fields import Lines, Text

_SWITCH = (vdev(), Text("switch_name", 1, 8))
_LAN = (vdev(), Text("lan_name", 1, 8), Text("lan_owner", 1, 8))

FUNCTIONS = (
    # type 1 HiperSockets, 2 QDIO.
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Create_DM",
        parameters=(
            vdev("vdev"),
            int1("type", 1, 2),
            int4("devices", 0, 3072),
            Text("chpid", 0, 2, hexadecimal=True),
            Text("macid", 0, 6, hexadecimal=True),
        ),
        codes=codes("400/4 400/12 404/4 404/12"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Create",
        parameters=(
            vdev(),
            int1("adapter_type", 1, 2),
            int4("network_adapter_devices", 0, 3072),
            Text("channel_path_type_id", 0, 2, hexadecimal=True),
        ),
        codes=codes("200/4 200/12 204/4 204/28"),
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Create_Extended_DM",
        parameters=(
            keyword("image_device_number", required=True),
            keyword("adapter_type", required=True),
            keyword("devices"),
            keyword("channel_path_id"),
            keyword("mac_id"),
        ),
        codes=codes("400/4 400/12 404/4 404/12"),
        directory_manager=True,
        asynchronous=True,
        style=Style.KEYWORD_BLOCK,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Create_Extended",
        parameters=(
            keyword("image_device_number", required=True),
            keyword("adapter_type", required=True),
            keyword("devices"),
            keyword("channel_path_id"),
        ),
        codes=codes("100/20 200/4 200/12 204/2 204/4 204/28"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Delete_DM",
        parameters=(vdev(),),
        codes=codes("400/4 400/12 404/8"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Delete",
        parameters=(vdev(),),
        codes=codes("200/4 200/12 204/8 204/28"),
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Connect_Vswitch_DM",
        parameters=_SWITCH,
        codes=codes("400/4 400/12 404/8 404/12 412/28"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Connect_Vswitch",
        parameters=_SWITCH,
        codes=codes("200/12 204/8 212/8 212/28"),
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Connect_Vswitch_Extended",
        parameters=(
            keyword("image_device_number", required=True),
            keyword("switch_name", required=True),
            keyword("port_selection"),
        ),
        codes=codes("100/20 200/12 204/8 204/20 212/8 212/28 212/40"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Connect_LAN_DM",
        parameters=_LAN,
        codes=codes("400/4 400/12 404/8 404/12"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Connect_LAN",
        parameters=_LAN,
        codes=codes("200/12 204/8 212/8 212/12 212/20 212/28 212/52 212/96"),
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Disconnect_DM",
        parameters=(vdev(),),
        codes=codes("400/4 400/12 404/8 412/16"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Disconnect",
        parameters=(vdev(),),
        codes=codes("200/12 204/8 204/28 204/48 212/20"),
    ),
    # A device number or * for all.
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Query",
        parameters=(Text("image_device_number", 1, 4),),
        reply=(
            structures(
                "adapterList",
                Text("imageDeviceNumber", 1, 4),
                int1("adapterType"),
                int4("networkAdapterDevices"),
                int1("adapterStatus"),
                Text("lanOwner", 0, 8, pad=8),
                Text("lanName", 0, 8, pad=8),
            ),
        ),
        codes=codes("200/4 200/12 204/8 212/8"),
    ),
    # adapter_count=, then per adapter adapter_address= port_type= extended_port_status= adapter_type=
    # network_device_count= adapter_status= lan_owner= lan_name= adapter_info_end.
    FunctionDeclaration(
        name="Virtual_Network_Adapter_Query_Extended",
        parameters=(keyword("image_device_number", required=True),),
        reply=(Lines("adapterInfo", prefixed=True),),
        codes=codes("200/4 200/12 204/8 212/8"),
        style=Style.KEYWORD_BLOCK,
    ),
)
