# SPDX-License-Identifier: Apache-2.0
"""The exchanges that are known from a real z/VM 7.1, with names and figures of our own.

Each is told by its octets: what was sent behind the header, what codes came back, and how the output was laid
out. They are to be made in this order on the system that ``FURNISHED`` describes.
"""

from __future__ import annotations

from dataclasses import dataclass

USERID, PASSWORD = "maint", "maintpw"


@dataclass(frozen=True)
class Exchange:
    """One request and what a real system answered.

    :ivar case: its number among those of the function.
    :ivar layout: of the output, as ``layouts.Reader`` reads it; empty for none.
    :ivar line: what each string of the output matches.
    """

    function: str
    case: int
    target: str
    parameters: bytes
    layout: str = ""
    rc: int = 0
    rs: int = 0
    line: str = ".*"


def i(size: int, number: int) -> bytes:
    """Return an integer."""
    return number.to_bytes(size, "big", signed=True)


def s(*texts: str) -> bytes:
    """Return texts, each behind its length."""
    return b"".join(i(4, len(text)) + text.encode("ascii") for text in texts)


def z(*texts: str) -> bytes:
    """Return texts that each end with NUL."""
    return b"".join(text.encode("ascii") + b"\0" for text in texts)


def block(data: bytes) -> bytes:
    """Return octets behind their length."""
    return i(4, len(data)) + data


def records(*texts: str) -> bytes:
    """Return an array of texts."""
    return block(s(*texts))


_NOTIFY = i(1, 1), i(1, 1) + i(4, 5000) + s("192.0.2.1") + i(1, 2) + s("mine")
_VMRM = s("vmrm", "config", "vmsys:vmrmsvm.")
_PARM_DISK = (
    "system_config_name=SYSTEM",
    "system_config_type=CONFIG",
    "parm_disk_owner=PMAINT",
    "parm_disk_number=CF0",
    "parm_disk_password=MULTIPLE",
)
_DEFINITION = (
    "CONSOLE=VDEV=0009 DEVTYPE=3215 CLASS=T",
    "CPU=CPUADDR=00 BASE=YES",
    "CPU_MAXIMUM=COUNT=1 TYPE=ESA",
    "IPL=VDEV=CMS",
    "LINK=USERID=MAINT VDEV1=190 VDEV2=0190 MODE=RR",
    "LINK=USERID=MAINT VDEV1=19E VDEV2=019E MODE=RR",
    "MDISK=VDEV=777 DEVTYPE=XXXX DISKTYPE=AUTOG COUNT=10 NAME=POOL1 READPASSWORD=READ WRITEPASSWORD=WRITE"
    " MULTIPASSWORD=MULTIPLE",
    "PASSWORD=s3cret",
    "PRIVILEGE_CLASSES=ABCDEFG",
    "SPOOL=VDEV=000C DEVTYPE=2540_READER CLASS=*",
    "SPOOL=VDEV=000D DEVTYPE=2540_PUNCH CLASS=A",
    "SPOOL=VDEV=000E DEVTYPE=1403 CLASS=A",
    "STORAGE_INITIAL=1G",
    "STORAGE_MAXIMUM=2G",
)
_REPLACEMENT = (
    "USER lnx@one  s3cret   1G 1G ABCDEFG    ",
    "  IPL CMS                           ",
    "  CONSOLE   0009 3215               ",
    "  SPOOL 00C 2540 READER *           ",
    "  LINK MAINT 190 190 RR             ",
)
_INTERFACE = (
    "tcpip_stack=tcpip",
    "interface_id=eth98",
    "permanent=no",
    "primary_ipv4=192.0.2.99",
    "interface=VETH F100 SYSTEM TEST",
    "cpu=0",
    "transport_type=IP",
    "mtu=0",
    "noforward=OFF",
    "pathmtu=yes",
    "port_name=testport",
    "port_number=3",
    "vlan=43",
)
_UNKNOWN = block(z("NO_SUCH_KEYWORD=BAD"))
_UNKNOWN_SAID = "UNKNOWN_DIRECTORY_KEYWORD_PARAMETER=NO_SUCH_KEYWORD"
_WHICH = "[0-9A-F]{4}"
_PAGING = rf"\d+K \d+ \d+ \S+ {_WHICH} \d+K \d+ \d+ NOTDRAINED"
_SWITCH = (
    s("lnx@sw1", "lnx@one", "", "", "", "", "")
    + i(1, 0)
    + i(4, -1)
    + bytes(3)
    + s(*[""] * 10)
    + i(1, 0)
    + s("")
)

#: On a system alone, in this order.
EXCHANGES = [
    Exchange("Asynchronous_Notification_Enable_DM", 1, "maint", _NOTIFY[0] + i(1, 1) + _NOTIFY[1]),
    Exchange("Asynchronous_Notification_Query_DM", 1, "maint", b"".join(_NOTIFY), "[s i1 i1 i4 s i1 s66]"),
    Exchange("Asynchronous_Notification_Disable_DM", 1, "maint", b"".join(_NOTIFY)),
    Exchange("Authorization_List_Query", 1, "", s("*", "*"), "[s i1 s i1 s i1]"),
    Exchange("Authorization_List_Remove", 1, "lnx@two", s("all", "all")),
    Exchange("Directory_Manager_Local_Tag_Set_DM", 1, "lnx@two", s("Tag7", "Value")),
    Exchange("Directory_Manager_Local_Tag_Query_DM", 1, "lnx@two", s("Tag7"), "s"),
    Exchange("Directory_Manager_Search_DM", 1, "maint", s("user ma*"), "(s s)"),
    Exchange("Event_Subscribe", 1, "maint", b""),
    Exchange("Image_CPU_Define_DM", 1, "lnx@one", s("00") + i(1, 1) + s("123456") + i(1, 1) + i(1, 0)),
    Exchange("Image_CPU_Query", 1, "lnx@one", b"", "i4 [i4 s16 i1 i1 i1]"),
    Exchange("Image_CPU_Delete", 1, "lnx@one", s("01")),
    Exchange("Image_CPU_Delete_DM", 1, "lnx@one", s("00")),
    Exchange("Image_CPU_Set_Maximum_DM", 1, "lnx@one", i(4, 4)),
    Exchange("Image_Console_Get", 1, "lnx@one", b""),
    Exchange("Image_Definition_Create_DM", 1, "lnx@new", _UNKNOWN, "b", 8, 3002, _UNKNOWN_SAID),
    Exchange("Image_Definition_Create_DM", 2, "lnx@new", block(z(*_DEFINITION))),
    Exchange("Image_Definition_Delete_DM", 1, "lnx@new", _UNKNOWN, "b", 8, 3002, _UNKNOWN_SAID),
    Exchange("Image_Definition_Update_DM", 1, "lnx@new", _UNKNOWN, "b", 8, 3002, _UNKNOWN_SAID),
    Exchange("Image_Definition_Update_DM", 2, "lnx@new", block(z("IPL=VDEV=CMS"))),
    Exchange(
        "Image_Definition_Update_DM",
        3,
        "lnx@new",
        block(z("MDISK=OPERATION=ADD VDEV=999 COUNT=5 DEVTYPE=XXXX DISKTYPE=AUTOG NAME=POOL1")),
    ),
    Exchange("Image_Definition_Delete_DM", 2, "lnx@new", block(z("MDISK=VDEV=999"))),
    Exchange(
        "Image_Definition_Delete_DM",
        3,
        "lnx@new",
        block(z("*")),
        "b",
        8,
        3002,
        r"UNKNOWN_DIRECTORY_KEYWORD_PARAMETER=\*",
    ),
    Exchange("Image_Device_Dedicate", 1, "lnx@one", s("3000", "1FA0") + i(1, 1)),
    Exchange("Image_Device_Dedicate_DM", 1, "lnx@one", s("3000", "1FA0") + i(1, 1)),
    Exchange("Image_Device_Reset", 1, "lnx@one", s("3000")),
    Exchange("Image_Device_Undedicate", 1, "lnx@one", s("3000")),
    Exchange(
        "Image_Disk_Create_DM",
        1,
        "lnx@one",
        s("999", "3390", "AUTOG", "POOL1")
        + i(1, 1)
        + i(4, 3)
        + s("W")
        + i(1, 5)
        + s("DSK999", "READ", "WRITE", "MULTIPLE"),
        "i4",
    ),
    Exchange("Image_Disk_Create", 1, "lnx@one", s("999", "MR")),
    Exchange("Image_Disk_Delete", 1, "lnx@one", s("999")),
    Exchange("Image_Disk_Delete_DM", 1, "lnx@one", s("999") + i(1, 1), "i4"),
    Exchange(
        "Image_Disk_Copy_DM",
        1,
        "lnx@one",
        s("777", "lnx@two", "777", "AUTOG", "POOL1", "W", "READ", "WRITE", "MULTIPLE"),
        "i4",
    ),
    Exchange("Image_Disk_Copy", 1, "lnx@one", s("777")),
    Exchange("Image_Disk_Query", 1, "maint", z("vdasd_id=ALL"), "*(f4 f4 i1 f4 i8 i1 z)"),
    Exchange("Image_Disk_Share_DM", 1, "lnx@one", s("778", "lnx@two", "777", "MR", "MULTIPLE")),
    Exchange("Image_Disk_Unshare_DM", 1, "lnx@one", s("778", "lnx@two", "777")),
    Exchange("Image_Disk_Unshare", 1, "lnx@one", s("557")),
    Exchange("Image_IPL_Query_DM", 1, "lnx@one", b"", "s s s"),
    Exchange("Image_IPL_Delete_DM", 1, "lnx@one", b""),
    Exchange("Image_Lock_Query_DM", 1, "pmaint", b"", "s b", 0, 12, "IMAGE MAINT"),
    Exchange(
        "Image_MDISK_Link_Query", 1, "maint", z("vdev=190"), "b", line=r".{8} \S+ [0-9A-F]{4} (READ|WRITE)"
    ),
    Exchange("Image_Name_Query_DM", 1, "maint", b"", "(s)"),
    Exchange("Image_Password_Set_DM", 1, "lnx@one", s("s3cret")),
    Exchange("Image_Query_Activate_Time", 1, "lnx@one", i(1, 2), "s s10 s8"),
    Exchange("Image_Query_DM", 1, "lnx@one", b"", "(s72)"),
    Exchange("Image_Recycle", 1, "lnx@one", b""),
    Exchange(
        "Image_SCSI_Characteristics_Define_DM",
        1,
        "lnx@one",
        s("1", "0123456789ABCDEF", "5241000000000000", "5005076300c20b8e")
        + i(1, 3)
        + block(bytes.fromhex("f0f1f2f3")),
    ),
    Exchange("Image_Unlock_DM", 1, "lnx@two", s("777")),
    Exchange("Image_Replace_DM", 1, "lnx@one", records(*_REPLACEMENT)),
    Exchange("Image_Deactivate", 1, "lnx@one", s("immed")),
    Exchange("Image_Volume_Share", 1, "maint", z("img_vol_addr=2001", "share_enable=ON")),
    Exchange(
        "Image_Volume_Space_Query_Extended_DM",
        1,
        "maint",
        block(z("query_type=3", "entry_type=2", "entry_names=*")),
        "Z",
        line=r"\S+ \S+ \d+ \d+ \S+ [0-9A-F]{4} \S+ \S+ \S+",
    ),
    Exchange("Image_Volume_Space_Remove_DM", 1, "maint", i(1, 7) + s("", "", "GRP001")),
    Exchange("Image_Volume_Space_Remove_DM", 2, "maint", i(1, 3) + s("RGN001", "", "")),
    Exchange("Image_Volume_Space_Remove_DM", 3, "maint", i(1, 7) + s("", "", "GRP002")),
    Exchange("Image_Volume_Space_Remove_DM", 4, "maint", i(1, 7) + s("", "", "GRP003")),
    Exchange("Metadata_Get", 1, "maint", z("name1 name2"), "[s s]"),
    Exchange("Metadata_Get", 2, "maint", z("name1 name2"), "[s s]"),
    Exchange("Metadata_Set", 1, "maint", block(block(s("key1", "value1")) + block(s("key2", "value2")))),
    Exchange("Metadata_Space_Query", 1, "maint", z("searchkey=*"), "Z", line=r"\d+ \S+"),
    Exchange("Name_List_Query", 1, "*", b"", "(s)"),
    Exchange("Name_List_Remove", 1, "userlist", s("someone")),
    Exchange("Network_IP_Interface_Create", 1, "maint", z(*_INTERFACE)),
    Exchange(
        "Network_IP_Interface_Modify",
        1,
        "maint",
        z("tcpip_stack=tcpip", "interface_id=eth99", "permanent=yes", "add_ip=192.0.2.99/28"),
        "b",
        8,
        12,
        "DTCIFC2612E Unknown interface: ETH99",
    ),
    Exchange(
        "Page_or_Spool_Volume_Add",
        1,
        "maint",
        z("vol_addr=2001", "volume_label=VOL001", "volume_use=PAGE", *_PARM_DISK),
        "",
        8,
        10,
    ),
    Exchange("Query_ABEND_Dump", 1, "maint", z("location=all"), "*(i1 f8 f10 f8)"),
    Exchange("Query_All_DM", 1, "maint", block(b"format=no"), "[i4 s (s)]"),
    Exchange("Query_All_DM", 2, "maint", block(b"format=yes"), "[i4 s b]"),
    Exchange("Response_Recovery", 1, "maint", i(4, 999999), "", 4, 4),
    Exchange("Shared_Memory_Access_Add_DM", 1, "maint", s("SHAREMEM")),
    Exchange("System_Disk_IO_Query", 1, "maint", block(b"rdev=*"), "", 8, 3017),
    Exchange(
        "System_Disk_Query",
        1,
        "maint",
        z("dev_num=ALL"),
        "Z",
        line=rf"{_WHICH} \S+ (OWNED|SYSTEM|FREE|OFFLINE) \S+",
    ),
    Exchange("System_EQID_Query", 1, "maint", z("eqid_for=ALL"), "b", line=rf"0{_WHICH} \S+"),
    Exchange(
        "System_EQID_Query", 2, "maint", z("eqid_for=RDEV", "eqid_target=00600"), "b", line="00600 OUTSIDE"
    ),
    Exchange(
        "System_EQID_Query",
        3,
        "maint",
        z("eqid_for=EQID", "eqid_target=OUTSIDE"),
        "b",
        line="OUTSIDE 00600 00601",
    ),
    Exchange(
        "System_EQID_Query",
        4,
        "maint",
        z("eqid_for=RDEV", "eqid_target=00600,9999"),
        "b",
        8,
        3003,
        "UNKNOWN_PARAMETER_OPERAND=00600,9999",
    ),
    Exchange("System_FCP_Free_Query", 1, "maint", z("fcp_dev=5000"), "", 8, 8),
    Exchange("System_Information_Query", 1, "maint", b"", "b", line="[A-Z_]+=.*"),
    Exchange(
        "System_Page_Utilization_Query",
        1,
        "maint",
        b"",
        "b",
        line=_PAGING,
    ),
    Exchange("System_Performance_Info_Query", 1, "maint", b"", "z z z z z Z"),
    Exchange("System_Performance_Info_Query", 2, "maint", z("monrate=query"), "z z z z z z Z"),
    Exchange(
        "System_Performance_Information_Query",
        1,
        "maint",
        block(z("DETAILED_CPU=SHOW=YES", "MONITOR_EVENT=QUERY=NO")),
        "b",
        line="[A-Z_]+=.*",
    ),
    Exchange("System_Performance_Threshold_Disable", 1, "maint", z("system_cpu")),
    Exchange("System_RDR_File_Manage", 1, "maint", z("spoolids=0662", "action=PURGE")),
    Exchange(
        "System_SCSI_Disk_Add",
        1,
        "maint",
        z("dev_num=7000", "dev_path_array=1FA1 0000000000000001 0000000000000001", "option=1", "persist=NO"),
        "",
        396,
        8700,
    ),
    Exchange("System_SCSI_Disk_Delete", 1, "lnx@two", z("dev_num=6001", "persist=NO")),
    Exchange(
        "System_Spool_Utilization_Query",
        1,
        "maint",
        b"",
        "b",
        line=rf"\d+K \d+ \d+ \S+ {_WHICH} \d+K \d+ \d+ NOTDUMP NOTDRAINED",
    ),
    Exchange("VMRM_Configuration_Query", 1, "maint", _VMRM, "b"),
    Exchange("VMRM_Measurement_Query", 1, "maint", b"", "s17 s s (s)", line=r".*"),
    Exchange("Virtual_Channel_Connection_Create", 1, "lnx@two", s("f100", "lnx@two", "f200")),
    Exchange("Virtual_Channel_Connection_Create_DM", 1, "lnx@two", s("f100", "lnx@two")),
    Exchange("Virtual_Channel_Connection_Delete", 1, "lnx@two", s("f100")),
    Exchange("Virtual_Channel_Connection_Delete_DM", 1, "lnx@two", s("f100")),
    Exchange("Virtual_Network_LAN_Create", 1, "maint", s("lnx@lan1", "SYSTEM") + i(1, 4) + i(1, 1)),
    Exchange("Virtual_Network_LAN_Query", 1, "maint", s("lnx@lan1", "SYSTEM"), "[s8 s8 i1 [s8 s]]"),
    Exchange("Virtual_Network_Adapter_Create", 1, "lnx@two", s("9000") + i(1, 2) + i(4, 3) + s("")),
    Exchange("Virtual_Network_Adapter_Connect_LAN", 1, "lnx@two", s("9000", "lnx@lan1", "SYSTEM")),
    Exchange(
        "Virtual_Network_Adapter_Create_Extended",
        1,
        "lnx@two",
        z("image_device_number=9100", "adapter_type=qdio", "devices=3"),
    ),
    Exchange("Virtual_Network_Adapter_Query", 1, "lnx@two", s("*"), "[s4 i1 i4 i1 s8 s8]"),
    Exchange("Virtual_Network_Adapter_Create_DM", 1, "lnx@two", s("9000") + i(1, 2) + i(4, 3) + s("31", "")),
    Exchange(
        "Virtual_Network_Adapter_Create_Extended_DM",
        1,
        "lnx@two",
        block(z("image_device_number=9100", "adapter_type=qdio", "devices=3", "channel_path_id=31")),
    ),
    Exchange("Virtual_Network_Adapter_Connect_Vswitch_DM", 1, "lnx@two", s("9100", "lnx@sw1")),
    Exchange("Virtual_Network_Adapter_Disconnect_DM", 1, "lnx@two", s("9100")),
    Exchange("Virtual_Network_Adapter_Delete_DM", 1, "lnx@two", s("9000")),
    Exchange("Virtual_Network_Adapter_Delete", 1, "lnx@two", s("9000")),
    Exchange("Virtual_Network_LAN_Delete", 1, "maint", s("lnx@lan1", "SYSTEM")),
    Exchange(
        "Virtual_Network_OSA_Query",
        1,
        "maint",
        b"",
        "Z",
        line=rf"{_WHICH} (FREE|ATTACHED\S*) (OSA|HIPERS) [0-9A-F]{{2}} (YES|NO)",
    ),
    Exchange("Virtual_Network_Vswitch_Set", 1, "maint", _SWITCH),
    Exchange(
        "Virtual_Network_Vswitch_Query",
        1,
        "maint",
        s("*"),
        "[s i1 i1 i4 i1 i4 i4 i8 i1 i1 i1 [i4 s8 s8 i1 i1] [s8 [i4]] [s8 s4]]",
    ),
    Exchange("Virtual_Network_Vswitch_Delete_Extended", 1, "maint", z("switch_name=lnx@sw2", "persist=NO")),
]
_RELOCATION = ("force=domain storage", "immediate=no", "max_total=nolimit", "max_quiesce=nolimit")
#: On the first of two members; the guest LNX@BIG must not move, the guest LINUX01 may.
CLUSTERED = [
    Exchange(
        "VMRELOCATE_Image_Attributes",
        1,
        "linux01",
        z("relocation_setting=ON", "domain_name=SSI", "archforce=NO"),
    ),
    Exchange(
        "VMRELOCATE",
        1,
        "lnx@big",
        z("destination=zvm2", "action=test", "force=domain storage"),
        "z",
        4,
        3000,
        r"\d{4}( \d{4})*",
    ),
    Exchange("VMRELOCATE_Modify", 1, "linux01", z("max_total=500", "max_quiesce=400"), "z", 8, 3010, "1926"),
    Exchange("VMRELOCATE", 2, "linux01", z("destination=zvm2", "action=move", *_RELOCATION)),
    Exchange(
        "VMRELOCATE",
        3,
        "linux02",
        z("destination=zvm2", "action=move", "force=domain storage", "immediate=yes"),
    ),
]
#: Read without the NUL behind its last string, as a real system sends it.
SCSI = Exchange("System_SCSI_Disk_Query", 1, "lnx@two", z("dev_num=ALL"), line=r"6\d{3} FBA SCSI \d+")
