# SPDX-License-Identifier: Apache-2.0
"""Functions about virtual switches."""

from __future__ import annotations

from zvm.smapi.declaration import (
    SYSTEM_CONFIG,
    FunctionDeclaration,
    Style,
    array,
    codes,
    int1,
    int4,
    int8,
    keyword,
    structures,
)
from zvm.smapi.fields import Array, Asciiz, Extent, Lines, Text

_CONFIG_CODES = (
    " 620/14 620/22 620/24 620/28 620/32 620/34 620/36 620/38 620/40 620/42 620/44 620/46 620/48 620/50"
    " 620/52 620/54"
)
_BYTE_STATISTICS = (Lines("statistics"),)

FUNCTIONS = (
    # connection 1 connect, 2 not; router 1 NONROUTER, 2 PRIROUTER; transport 1 IP, 2 ETHERNET; vlan -1 or
    # 0 unaware; port_type 1 ACCESS, 2 TRUNK; update 1 active system, 2 also SYSTEM CONFIG, 3 that alone.
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Create",
        parameters=(
            Text("switch", 1, 8),
            Text("rdevs", 0, 14),
            Text("portname", 0, 26),
            Text("controller", 0, 8),
            int1("connection", 0, 2),
            int4("queue_mem", -1, 8, unset=8),
            int1("router", 0, 2),
            int1("transport", 0, 2),
            int4("vlan", -1, 4094),
            int1("port_type", 0, 2),
            int1("update", 0, 3),
            *SYSTEM_CONFIG,
            int1("gvrp", 0, 2),
            int4("native_vlan", -1, 4094),
        ),
        codes=codes("212/36" + _CONFIG_CODES + " 620/64"),
    ),
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Create_Extended",
        parameters=(
            keyword("switch_name", required=True),
            keyword("real_device_address"),
            keyword("port_name"),
            keyword("controller_name"),
            keyword("connection_value"),
            keyword("queue_memory_limit"),
            keyword("routing_value"),
            keyword("transport_type"),
            keyword("vlan_id"),
            keyword("port_type"),
            keyword("persist", "YES", "NO"),
            keyword("gvrp_value"),
            keyword("native_vlanid"),
            keyword("vswitch_type"),
            keyword("iptimeout"),
            keyword("port_selection"),
            keyword("group_name"),
            keyword("vswitch_domain"),
            keyword("vswitch_global"),
        ),
        codes=codes("212/36"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Delete",
        parameters=(Text("switch", 1, 8), int1("update", 0, 3), *SYSTEM_CONFIG),
        codes=codes("0/44 0/66 212/40" + _CONFIG_CODES + " 620/60"),
    ),
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Delete_Extended",
        parameters=(keyword("switch_name", required=True), keyword("persist", "YES", "NO")),
        codes=codes("212/40"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Set",
        parameters=(
            Text("switch", 1, 8),
            Text("grant_userid", 0, 8),
            Text("user_vlan", 0, 19),
            Text("revoke_userid", 0, 8),
            Text("rdevs", 0, 14),
            Text("portname", 0, 26),
            Text("controller", 0, 8),
            int1("connection", 0, 2),
            int4("queue_mem", -1, 8, unset=-1),
            int1("router", 0, 2),
            int1("port_type", 0, 2),
            int1("update", 0, 3),
            *SYSTEM_CONFIG,
            int1("gvrp", 0, 2),
            Text("mac_id", 0, 6),
        ),
        codes=codes("0/66 212/40" + _CONFIG_CODES + " 620/58 620/60 620/62 620/64"),
    ),
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Set_Extended",
        parameters=(
            keyword("switch_name", required=True),
            keyword("grant_userid"),
            keyword("user_vlan_id"),
            keyword("revoke_userid"),
            keyword("real_device_address"),
            keyword("port_name"),
            keyword("controller_name"),
            keyword("connection_value"),
            keyword("queue_memory_limit"),
            keyword("routing_value"),
            keyword("port_type"),
            keyword("persist", "YES", "NO"),
            keyword("gvrp_value"),
            keyword("mac_id"),
            keyword("uplink"),
            keyword("osd_sim"),
            keyword("nic_userid"),
            keyword("nic_vdev"),
            keyword("lacp"),
            keyword("interval"),
            keyword("group_rdev"),
            keyword("iptimeout"),
            keyword("port_isolation"),
            keyword("promiscuous"),
            keyword("MAC_protect"),
            keyword("VLAN_counters"),
            keyword("nic_portselection"),
            keyword("portnum"),
            keyword("portnum_modify"),
            keyword("portnum_remove"),
            keyword("vlan_port_add"),
            keyword("vlan_port_remove"),
            keyword("vlan_delete"),
        ),
        codes=codes("8/24 212/40 212/44"),
        style=Style.KEYWORDS,
    ),
    # switch_name may be *.
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Query",
        parameters=(Text("switch_name", 1, 8),),
        reply=(
            structures(
                "vswitchList",
                Text("vswitchName", 1, 8),
                int1("transportType"),
                int1("portType"),
                int4("queueMemoryLimit"),
                int1("routingValue"),
                int4("vlanId"),
                int4("nativeVlanId"),
                int8("macId"),
                int1("gvrpRequestAttribute"),
                int1("gvrpEnabledAttribute"),
                int1("switchStatus"),
                structures(
                    "realDeviceList",
                    int4("realDeviceAddress"),
                    Text("controllerName", 0, 8, pad=8),
                    Text("portName", 0, 16, pad=8),
                    int1("deviceStatus"),
                    int1("deviceErrorStatus"),
                ),
                structures(
                    "authorizedUserList",
                    Text("grantUserid", 1, 8, pad=8),
                    structures("vlanList", int4("userVlanId")),
                ),
                structures(
                    "connectedAdapterList", Text("adapterOwner", 1, 8, pad=8), Text("imageDeviceNumber", 1, 4)
                ),
            ),
        ),
        codes=codes("212/40"),
    ),
    # Lines of words; a user's vswitchAuthorizedUsers line is "port userid NOPROM NOOSDSIM n vlan1 ... vlann",
    # an adapter's "userid vdev mac type", a real device's "real virtual controller port status error".
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Query_Extended",
        parameters=(keyword("switch_name", required=True), keyword("vepa_status", "YES", "NO")),
        reply=(
            Array(
                "vswitchList",
                (
                    Asciiz("vswitchAttributes", prefixed=True),
                    Lines("realDevices", prefixed=True),
                    Lines("authorizedUsers", prefixed=True),
                    Lines("adapters", prefixed=True),
                    Lines("uplinkNic", prefixed=True),
                    Lines("globalMembers", prefixed=True),
                ),
                structured=True,
                extent=Extent.COUNT,
            ),
        ),
        codes=codes("212/40 900/99"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Query_Stats",
        parameters=(keyword("switch_name", required=True), keyword("fmt_version")),
        reply=(
            array("vswitchList", Text("vswitchName", 1, 8), array("segmentArray", Asciiz("segmentData"))),
        ),
        codes=codes("8/8 212/40"),
        style=Style.KEYWORDS,
    ),
    # Number of vswitches, then per vswitch: name, number of uplinks, per uplink its id and 8 counters, 8
    # bridge counters, number of NICs, per NIC "user vdev" and 8 counters, number of VLANs, per VLAN
    # "id rx tx".
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Query_Byte_Stats",
        parameters=(keyword("switch_name", required=True),),
        reply=_BYTE_STATISTICS,
        codes=codes("8/999"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Virtual_Network_Vswitch_Query_IUO_Stats",
        parameters=(keyword("switch_name", required=True),),
        reply=_BYTE_STATISTICS,
        style=Style.KEYWORDS,
    ),
)
