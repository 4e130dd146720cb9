# SPDX-License-Identifier: Apache-2.0
"""smcli's option letters, where they are known, and the sentence an action begins with.

A parameter is also given by its name, ``--data_security_erase 0``; keywords by ``-k KEY=value``.
"""

from __future__ import annotations

#: Function -> letter -> parameter.
LETTERS: dict[str, dict[str, str]] = {
    "Image_Create_DM": {"p": "prototype_name", "w": "initial_password", "a": "initial_account"},
    "Image_Delete_DM": {"e": "data_security_erase"},
    "Image_Deactivate": {"f": "force_time"},
    "Image_Disk_Create_DM": {
        "v": "vdev",
        "t": "device_type",
        "a": "allocation",
        "r": "area_or_volser",
        "u": "unit",
        "z": "size",
        "m": "mode",
        "f": "format",
        "l": "label",
        "R": "read_pw",
        "W": "write_pw",
        "M": "multi_pw",
    },
    "Image_Disk_Create": {"v": "image_disk_number", "m": "image_disk_mode"},
    "Image_Disk_Delete": {"v": "image_disk_number"},
    "Image_Disk_Delete_DM": {"v": "image_disk_number", "e": "data_security_erase"},
    "Image_Device_Dedicate": {"v": "vdev", "r": "rdev", "R": "readonly"},
    "Image_Device_Dedicate_DM": {"v": "vdev", "r": "rdev", "R": "readonly"},
    "Image_IPL_Set_DM": {"s": "saved_system", "l": "load_parameter", "p": "parameter_string"},
    "Image_Password_Set_DM": {"p": "image_password"},
    "Image_Lock_DM": {"v": "device_address"},
    "Image_Unlock_DM": {"v": "device_address"},
    "Image_Volume_Space_Query_DM": {"q": "query_type", "e": "entry_type", "n": "entry_names"},
    "Directory_Manager_Search_DM": {"s": "search_pattern"},
    "Response_Recovery": {"i": "failed_request_id"},
    "Query_Asynchronous_Operation_DM": {"i": "operation_id"},
    "xCAT_Commands_IUO": {"c": "command"},
}
#: The letter of a device number where the function says nothing else.
DEVICE_LETTER = "v"
DEVICE_PARAMETER = "image_device_number"
#: Functions whose records come from ``-f FILE`` or, with ``-s``, from stdin.
RECORDS = {
    "Image_Create_DM": "image_record_array",
    "Image_Replace_DM": "image_record_array",
    "Profile_Create_DM": "profile_record_array",
    "Profile_Replace_DM": "profile_record_array",
}
#: The target where the user names none.
TARGETS = {"Image_Name_Query_DM": "FOOBAR", "SSI_Query": "ALL", "System_Processor_Query": "dummy"}

SENTENCES = {
    "Image_Activate": "Activating {}",
    "Image_Deactivate": "Stopping {}",
    "Image_Recycle": "Recycling {}",
    "Image_Pause": "Halting processing on {}",
    "Image_Create_DM": "Defining {} in the directory",
    "Image_Delete_DM": "Deleting {} from the directory",
    "Image_Disk_Create_DM": "Adding a disk to {}'s directory entry",
    "Image_Definition_Update_DM": "Updating {} virtual machine directory entry",
}
