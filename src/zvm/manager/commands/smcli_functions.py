# SPDX-License-Identifier: Apache-2.0
"""Which functions of zHCP's old tool ``smcli`` are known, with its option letters and the sentence it prints.

A letter leads to a parameter of the SMAPI function; a number is marked by ``#``. ``definitions`` collects
each use of its letter, ``*`` takes ``name=value``. Source of letters and sentences: the tool's own source, as
xCAT's clients call it. What would delete or make a guest is left out: that has its own resource, with its
locks and its check of who the guest belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Function:
    """How one function's line is read.

    :ivar own: parameters that name a guest, who must be allowed like the target.
    :ivar target_is_guest: the target is one guest; else the function is about the system.
    :ivar fixed: the target that the tool sends, whatever ``-T`` says (queries of several guests).
    """

    sentence: str
    flags: Mapping[str, str] = field(default_factory=dict)
    own: Sequence[str] = ()
    target_is_guest: bool = True
    fixed: str = ""


_ENTRY = "Updating {} virtual machine directory entry"
_VDEV = {"-v": "vdev"}
_NIC = {"-v": "image_device_number"}
_SWITCH = {**_NIC, "-n": "switch_name"}


def _system(sentence: str, flags: Mapping[str, str] | None = None, **more: Sequence[str] | str) -> Function:
    own, fixed = more.get("own", ()), more.get("fixed", "")
    return Function(sentence, flags or {}, tuple(own), target_is_guest=False, fixed=str(fixed))


FUNCTIONS: dict[str, Function] = {
    "Image_Activate": Function("Activating {}"),
    "Image_Active_Configuration_Query": Function("Querying the active configuration of {}"),
    "Image_CPU_Define_DM": Function(
        "Adding virtual processor to {}'s directory entry",
        {"-v": "cpu_address", "-b": "base_cpu#", "-c": "cpuid", "-d": "dedicate#", "-y": "crypto#"},
    ),
    "Image_CPU_Delete_DM": Function(
        "Deleting virtual processor from {}'s directory entry", {"-v": "cpu_address"}
    ),
    "Image_Deactivate": Function("Stopping {}", {"-f": "force_time"}),
    "Image_Definition_Delete_DM": Function(_ENTRY, {"-k": "definitions"}),
    "Image_Definition_Query_DM": Function("Querying the directory entry of {}", {"-k": "definitions"}),
    "Image_Definition_Update_DM": Function(_ENTRY, {"-k": "definitions"}),
    "Image_Device_Dedicate": Function(
        "Adding a dedicated device to {}'s active configuration",
        {**_VDEV, "-r": "rdev", "-R": "readonly#"},
    ),
    "Image_Device_Dedicate_DM": Function(
        "Adding a dedicated device to {}'s directory entry", {**_VDEV, "-r": "rdev", "-R": "readonly#"}
    ),
    "Image_Device_Undedicate": Function(
        "Deleting a dedicated device from {}'s active configuration", {"-v": "image_device_number"}
    ),
    "Image_Device_Undedicate_DM": Function(
        "Deleting a dedicated device from {}'s directory entry", {"-v": "image_device_number"}
    ),
    "Image_Disk_Create": Function(
        "Adding a disk to {}'s active configuration", {"-v": "image_disk_number", "-m": "image_disk_mode"}
    ),
    "Image_Disk_Create_DM": Function(
        "Adding a disk to {}'s directory entry",
        {
            **_VDEV,
            "-t": "device_type",
            "-a": "allocation",
            "-r": "area_or_volser",
            "-u": "unit#",
            "-z": "size#",
            "-m": "mode",
            "-f": "format#",
            "-l": "label",
            "-R": "read_pw",
            "-W": "write_pw",
            "-M": "multi_pw",
        },
    ),
    "Image_IPL_Delete_DM": Function("Removing the IPL statement of {}"),
    "Image_IPL_Query_DM": Function("Querying the IPL statement of {}"),
    "Image_IPL_Set_DM": Function(
        "Adding an IPL statement to {}'s directory entry",
        {"-s": "saved_system", "-l": "load_parameter", "-p": "parameter_string"},
    ),
    "Image_Lock_DM": Function("Locking {}", {"-v": "device_address"}),
    "Image_Lock_Query_DM": Function("Querying the locks of {}"),
    "Image_Pause": Function("Halting processing on {}", {"-k": "pause"}),
    "Image_Performance_Query": _system("Querying the performance of {}", {"-c": "count#"}, fixed="MAINT"),
    "Image_Query_DM": Function("Getting the directory entry of {}"),
    "Image_Recycle": Function("Recycling {}"),
    "Image_Status_Query": _system("Querying the status of {}"),
    "Image_Unlock_DM": Function("Unlocking {}", {"-v": "device_address"}),
    "Query_API_Functional_Level": _system("Querying the level of SMAPI"),
    "Static_Image_Changes_Immediate_DM": _system("Enacting the changes of the directory"),
    "System_Info_Query": _system("Querying the system"),
    "Virtual_Network_Adapter_Connect_Vswitch": Function(
        "Connecting a virtual network adapter of {}'s active configuration to a virtual switch", _SWITCH
    ),
    "Virtual_Network_Adapter_Connect_Vswitch_DM": Function(
        "Connecting a virtual network adapter of {}'s directory entry to a virtual switch", _SWITCH
    ),
    "Virtual_Network_Adapter_Create_Extended_DM": Function(
        "Adding a virtual network adapter to {}'s directory entry", {"-k": "*"}
    ),
    "Virtual_Network_Adapter_Delete_DM": Function(
        "Removing a virtual network adapter from {}'s directory entry", _NIC
    ),
    "Virtual_Network_Adapter_Disconnect": Function(
        "Disconnecting a virtual network adapter of {}'s active configuration", _NIC
    ),
    "Virtual_Network_Adapter_Disconnect_DM": Function(
        "Disconnecting a virtual network adapter of {}'s directory entry", _NIC
    ),
    "Virtual_Network_Vswitch_Query": _system("Querying virtual switches", {"-s": "switch_name"}),
    "Virtual_Network_Vswitch_Query_IUO_Stats": _system("Querying virtual switches", {"-k": "*"}),
    "Virtual_Network_Vswitch_Set_Extended": _system(
        "Changing the virtual switch", {"-k": "*"}, own=("grant_userid", "revoke_userid", "nic_userid")
    ),
}
