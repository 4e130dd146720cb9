# SPDX-License-Identifier: Apache-2.0
"""Functions about directory entries: create, delete, replace, lock, definition keywords, processors."""

from __future__ import annotations

from zvm.smapi.declaration import (
    ErrorData,
    FunctionDeclaration,
    array,
    codes,
    int1,
    int4,
    secret,
)
from zvm.smapi.fields import Lines, Text
from zvm.smapi.keywords import Definitions

_RECORDS = (array("image_record_array", Text("image_record", 1, 72), secret=True),)
_DEVICE = Text("device_address", 0, 4, hexadecimal=True)

#: Keywords of the ``Image_Definition`` functions; those with a value of their own or with sub-keywords.
DEFINITION_KEYWORDS = frozenset(
    {
        "ACCOUNT",
        "COMMAND_DEFINE_CPU",
        "COMMAND_SET_CPUAFFINITY",
        "COMMAND_SET_SHARE",
        "COMMAND_SET_VCONFIG",
        "CONSOLE",
        "CPU",
        "CPU_MAXIMUM",
        "DEDICATE",
        "INCLUDE",
        "IPL",
        "LINK",
        "MDISK",
        "NICDEF",
        "OPTION",
        "PASSWORD",
        "PRIVILEGE_CLASSES",
        "SHARE",
        "SPOOL",
        "STORAGE_INITIAL",
        "STORAGE_MAXIMUM",
        "VMRELOCATE",
    }
)
_DEFINITIONS = (Definitions("definitions", prefixed=True, keywords=DEFINITION_KEYWORDS),)
_ASYNCHRONOUS_IDS = (Lines("asynchIds", prefixed=True),)

FUNCTIONS = (
    FunctionDeclaration(
        name="Image_Query_DM",
        reply=(array("image_record_array", Text("image_record", 1, 72, pad=72), secret=True),),
        codes=codes("400/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Create_DM",
        parameters=(
            Text("prototype_name", 0, 8),
            secret("initial_password", 200),
            Text("initial_account", 0, 8),
            *_RECORDS,
        ),
        reply=(int4("operation_id"),),
        codes=codes("400/8 400/20 400/40 408/24 420/8 436/4 436/40 444/0 448/0 500/20 592/0"),
        directory_manager=True,
        asynchronous=True,
    ),
    # data_security_erase 0 as the directory manager is set up, 1 no, 2 erase.
    FunctionDeclaration(
        name="Image_Delete_DM",
        parameters=(int1("data_security_erase", 0, 2),),
        reply=(int4("operation_id"),),
        codes=codes("400/4 400/12 400/16 408/12 592/0"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Replace_DM",
        parameters=_RECORDS,
        codes=codes("400/4 400/24"),
        directory_manager=True,
        asynchronous=True,
    ),
    # An empty device_address means the whole entry.
    FunctionDeclaration(
        name="Image_Lock_DM",
        parameters=(_DEVICE,),
        codes=codes("400/4 400/12 404/8 404/12"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Unlock_DM",
        parameters=(_DEVICE,),
        codes=codes("400/4 400/24 404/24"),
        directory_manager=True,
        asynchronous=True,
    ),
    # "IMAGE lockedby" without a NUL on a real 7.1 system, then "vdev lockedby" per locked device.
    FunctionDeclaration(
        name="Image_Lock_Query_DM",
        reply=(Text("lockedTypeImageLockedBy", 0, 17), Lines("lockedDevList", prefixed=True)),
        codes=codes("0/12 0/24 400/4"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Name_Query_DM",
        reply=(array("nameList", Text("imageName", 1, 8)),),
        codes=codes("0/28"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Password_Set_DM",
        parameters=(secret("image_password", 200, shortest=1),),
        codes=codes("400/4 400/12 444/0 500/20"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_Definition_Query_DM",
        parameters=(Definitions("definitions", prefixed=True, keywords=DEFINITION_KEYWORDS, query=True),),
        reply=(Lines("definitions", prefixed=True, secret=True),),
        codes=codes("400/4"),
        directory_manager=True,
        asynchronous=True,
        error_data=ErrorData.BUFFER,
    ),
    FunctionDeclaration(
        name="Image_Definition_Create_DM",
        parameters=_DEFINITIONS,
        reply=_ASYNCHRONOUS_IDS,
        codes=codes("8/3032 400/8 592/4"),
        directory_manager=True,
        error_data=ErrorData.BUFFER,
    ),
    FunctionDeclaration(
        name="Image_Definition_Update_DM",
        parameters=_DEFINITIONS,
        reply=_ASYNCHRONOUS_IDS,
        codes=codes(
            "8/3032 400/4 400/12 404/4 404/8 404/24 408/4 408/8 408/12 408/28 408/32 444/0 500/4 520/28 592/4"
        ),
        directory_manager=True,
        error_data=ErrorData.BUFFER,
    ),
    FunctionDeclaration(
        name="Image_Definition_Delete_DM",
        parameters=_DEFINITIONS,
        reply=_ASYNCHRONOUS_IDS,
        codes=codes("8/4 8/3032 400/4 400/12 404/8 408/8 408/12 460/4 500/4 520/30 592/4"),
        directory_manager=True,
        error_data=ErrorData.BUFFER,
    ),
    # base_cpu 1 BASE; dedicate_cpu 1 no, 2 yes; crypto 1 CRYPTO.
    FunctionDeclaration(
        name="Image_CPU_Define_DM",
        parameters=(
            Text("cpu_address", 1, 2, hexadecimal=True),
            int1("base_cpu", 0, 1),
            Text("cpuid", 0, 6, hexadecimal=True),
            int1("dedicate", 0, 2),
            int1("crypto", 0, 1),
        ),
        codes=codes("520/24 520/28 520/32 520/45"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_CPU_Delete_DM",
        parameters=(Text("cpu_address", 1, 2, hexadecimal=True),),
        codes=codes("520/28 520/30"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_CPU_Query_DM",
        parameters=(Text("cpu_address", 1, 2, hexadecimal=True),),
        reply=(
            Text("cpuAddress", 1, 2),
            int1("baseCpu"),
            Text("cpuId", 0, 6),
            int1("cpuDedicate"),
            int1("cpuCrypto"),
        ),
        codes=codes("520/28 520/30"),
        directory_manager=True,
        asynchronous=True,
    ),
    FunctionDeclaration(
        name="Image_CPU_Set_Maximum_DM",
        parameters=(int4("max_cpu", 1, 64),),
        codes=codes("400/4"),
        directory_manager=True,
        asynchronous=True,
    ),
)
