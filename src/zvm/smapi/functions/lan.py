# SPDX-License-Identifier: Apache-2.0
"""Functions about guest LANs, OSA devices and the network interfaces of z/VM's own TCP/IP."""

from __future__ import annotations

from zvm.smapi.declaration import (
    ErrorData,
    Frame,
    FunctionDeclaration,
    Style,
    array,
    codes,
    int1,
    keyword,
    structures,
)
from zvm.smapi.fields import Asciiz, Lines, Text

_NAME_AND_OWNER = (Text("lan_name", 1, 8), Text("lan_owner", 1, 8))

FUNCTIONS = (
    FunctionDeclaration(
        name="Virtual_Network_LAN_Create",
        parameters=(*_NAME_AND_OWNER, int1("lan_type", 1, 4), int1("transport_type", 0, 2)),
        codes=codes("0/20 212/20 212/24"),
    ),
    FunctionDeclaration(
        name="Virtual_Network_LAN_Delete", parameters=_NAME_AND_OWNER, codes=codes("212/12 212/96")
    ),
    FunctionDeclaration(
        name="Virtual_Network_LAN_Query",
        parameters=_NAME_AND_OWNER,
        reply=(
            structures(
                "lanList",
                Text("lanName", 1, 8, pad=8),
                Text("lanOwner", 1, 8, pad=8),
                int1("lanType"),
                structures(
                    "connectedAdapterList", Text("adapterOwner", 1, 8, pad=8), Text("imageDeviceNumber", 1, 4)
                ),
            ),
        ),
        codes=codes("212/12 212/16 212/96"),
    ),
    FunctionDeclaration(
        name="Virtual_Network_LAN_Access",
        parameters=(
            keyword("lan_name", required=True),
            keyword("lan_owner", required=True),
            keyword("access_op", required=True),
            keyword("access_user"),
            keyword("promiscuity"),
        ),
        codes=codes("8/2 8/3 8/4 8/2783 8/2795"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Virtual_Network_LAN_Access_Query",
        parameters=(keyword("lan_name", required=True), keyword("lan_owner", required=True)),
        reply=(Lines("lanAccessList"),),
        codes=codes("4/5 4/6 8/2783 212/12 212/16"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(name="Virtual_Network_Query_LAN", reply=(Lines("lanList"),), frame=Frame.SHORT),
    FunctionDeclaration(name="Virtual_Network_Query_OSA", reply=(Lines("osaList"),), frame=Frame.SHORT),
    # Each "rdev status type chpid ...": 0600 FREE OSA 06 NO; a userid follows ATTACHED without a blank.
    FunctionDeclaration(
        name="Virtual_Network_OSA_Query",
        reply=(Lines("osaList"),),
        codes=codes("4/4"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Virtual_Network_VLAN_Query_Stats",
        parameters=(
            keyword("userid", required=True),
            keyword("vlan_id"),
            keyword("device"),
            keyword("fmt_version"),
        ),
        reply=(structures("portNicList", Asciiz("portNicValues"), array("segmentArray", Asciiz("segment"))),),
        codes=codes("8/8 8/36 212/48"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(name="IPaddr_Get", reply=(Lines("ipList"),), frame=Frame.SHORT),
    FunctionDeclaration(
        name="Network_IP_Interface_Create",
        parameters=(
            keyword("tcpip_stack", required=True),
            keyword("interface_id", required=True),
            keyword("permanent", "YES", "NO"),
            keyword("primary_ipv4"),
            keyword("primary_ipv6"),
            keyword("interface"),
            keyword("cpu"),
            keyword("transport_type"),
            keyword("mtu"),
            keyword("noforward"),
            keyword("pathmtu"),
            keyword("p2p"),
            keyword("port_name"),
            keyword("port_number"),
            keyword("vlan"),
        ),
        codes=codes("4/4 8/8 8/12 8/16"),
        style=Style.KEYWORDS,
        error_data=ErrorData.BUFFER,
    ),
    FunctionDeclaration(
        name="Network_IP_Interface_Modify",
        parameters=(
            keyword("tcpip_stack", required=True),
            keyword("interface_id", required=True),
            keyword("permanent", "YES", "NO"),
            keyword("delete_ip"),
            keyword("add_ip"),
            keyword("change_mask"),
            keyword("change_mtu"),
            keyword("change_p2p"),
        ),
        codes=codes("4/4 8/8 8/12 8/16"),
        style=Style.KEYWORDS,
        error_data=ErrorData.BUFFER,
    ),
    FunctionDeclaration(
        name="Network_IP_Interface_Query",
        parameters=(
            keyword("tcpip_stack", required=True),
            keyword("interface_all"),
            keyword("interface_id"),
        ),
        reply=(Lines("interfaceConfigArray", prefixed=True),),
        codes=codes("4/3022 8/4 8/24 8/3020 8/3021"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Network_IP_Interface_Remove",
        parameters=(
            keyword("tcpip_stack", required=True),
            keyword("interface_id", required=True),
            keyword("permanent", "YES", "NO"),
        ),
        codes=codes("4/4 8/8 8/12 8/16"),
        style=Style.KEYWORDS,
        error_data=ErrorData.BUFFER,
    ),
)
