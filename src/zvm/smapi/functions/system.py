# SPDX-License-Identifier: Apache-2.0
"""Functions about the z/VM system: identity, performance, paging and spooling, shutdown, dumps, VMRM."""

from __future__ import annotations

from zvm.smapi.declaration import ErrorData, Frame, FunctionDeclaration, Style, array, codes, int1, keyword
from zvm.smapi.fields import Array, Asciiz, Extent, Fixed, Lines, Text

_VMRM = (
    Text("configuration_file_name", 1, 8),
    Text("configuration_file_type", 1, 8),
    Text("configuration_dir_name", 1, 153),
)

FUNCTIONS = (
    # The last two: when CP was IPLed, and "4G CONFIGURED = 4G INC = 1M STANDBY = 0  RESERVED = 0".
    FunctionDeclaration(
        name="System_Info_Query",
        reply=(
            Asciiz("timezone"),
            Asciiz("time"),
            Asciiz("vmVersion"),
            Asciiz("cpGenTime"),
            Asciiz("cpIplTime"),
            Asciiz("realStorageSize"),
        ),
        frame=Frame.EITHER,
    ),
    # CMS_LEVEL= CPU_CAPABILITY= CPUID= CP_LEVEL= STORAGE= TIME=, each with sub-keywords.
    FunctionDeclaration(
        name="System_Information_Query",
        parameters=(keyword("STORAGE"),),
        reply=(Lines("systemInformationData", prefixed=True),),
        style=Style.KEYWORD_BLOCK,
        error_data=ErrorData.BUFFER,
    ),
    # Details: the monitor rate when it was asked for, then "PROC 0000-046% IFL  VM" per processor.
    FunctionDeclaration(
        name="System_Performance_Info_Query",
        parameters=(keyword("monrate", "QUERY"),),
        reply=(
            Asciiz("cpuCount"),
            Asciiz("averageUse"),
            Asciiz("pagingRate"),
            Asciiz("totalPages"),
            Asciiz("usedPages"),
            Lines("details"),
        ),
        style=Style.KEYWORDS,
    ),
    # CPU_COUNT= CPU_AVERAGE_USE= PAGING_RATE= MEMORY_IN_USE= MEMORY_TOTAL= MONITOR_RATE= MONITOR_INTERVAL=
    # MY_LPAR_NAME= DETAILED_CPU_COUNT= DETAILED_CPU=...
    FunctionDeclaration(
        name="System_Performance_Information_Query",
        parameters=(keyword("detailed_cpu"), keyword("monitor_event")),
        reply=(Lines("performanceInformation", prefixed=True),),
        codes=codes("8/36 8/3016 8/3017 8/3018 8/3019"),
        style=Style.KEYWORD_BLOCK,
        error_data=ErrorData.BUFFER,
    ),
    FunctionDeclaration(
        name="System_Performance_Threshold_Enable", parameters=(Asciiz("event_type"),), codes=codes("8/4")
    ),
    FunctionDeclaration(name="System_Performance_Threshold_Disable", parameters=(Asciiz("event_type"),)),
    # Each "0000 MASTER-PP IFL 0000".
    FunctionDeclaration(
        name="System_Processor_Query",
        reply=(Text("partitionMode", 0, 16), array("processorList", Text("processor", 1, 64))),
    ),
    # A line for all, then per volume "vol rdev total used pct NOTDRAINED".
    FunctionDeclaration(
        name="System_Page_Utilization_Query", reply=(Lines("pageInformation", prefixed=True),)
    ),
    FunctionDeclaration(
        name="System_Spool_Utilization_Query", reply=(Lines("spoolInformation", prefixed=True),)
    ),
    FunctionDeclaration(
        name="System_RDR_File_Manage",
        parameters=(keyword("spoolids", required=True), keyword("action", required=True)),
        style=Style.KEYWORDS,
    ),
    # Neither keywords nor the reply of this one are known.
    FunctionDeclaration(name="System_RDR_File_Query", codes=codes("8/4"), style=Style.KEYWORDS),
    # Its keywords are not known.
    FunctionDeclaration(
        name="System_Service_Query",
        reply=(Lines("systemServiceQueryData", prefixed=True),),
        codes=codes("8/4 8/28"),
        style=Style.KEYWORD_BLOCK,
        error_data=ErrorData.BUFFER,
    ),
    FunctionDeclaration(
        name="System_IO_Query",
        parameters=(Asciiz("real_device"),),
        reply=(Lines("chipidList"),),
        frame=Frame.SHORT,
        short_argument="real_device",
    ),
    FunctionDeclaration(
        name="System_Config_Syntax_Check",
        parameters=(
            keyword("system_config_name"),
            keyword("system_config_type"),
            keyword("parm_disk_owner"),
            keyword("parm_disk_number"),
            keyword("parm_disk_password", secret=True),
        ),
        codes=codes("8/14 8/24 8/32 8/34 8/38 8/44 8/46 8/48 8/50"),
        style=Style.KEYWORDS,
        error_data=ErrorData.BUFFER,
    ),
    FunctionDeclaration(
        name="System_Shutdown",
        parameters=(
            keyword("Within"),
            keyword("By"),
            keyword("Immediate"),
            keyword("Reipl"),
            keyword("Cancel"),
        ),
        codes=codes("8/24"),
        style=Style.KEYWORDS,
        error_data=ErrorData.BUFFER,
    ),
    FunctionDeclaration(
        name="Query_ABEND_Dump",
        parameters=(keyword("location"),),
        reply=(
            Array(
                "abendDumpStructure",
                (
                    int1("abend_dump_loc"),
                    Fixed("abend_dump_id", size=8),
                    Fixed("abend_dump_date", size=10),
                    Fixed("abend_dump_dist", size=8),
                ),
                extent=Extent.END,
            ),
        ),
        codes=codes("0/28 200/12"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Process_ABEND_Dump",
        parameters=(keyword("id", required=True),),
        codes=codes("200/12"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Delete_ABEND_Dump",
        parameters=(keyword("id", required=True),),
        codes=codes("200/12"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="VMRM_Configuration_Query",
        parameters=_VMRM,
        reply=(Lines("configurationFile", prefixed=True),),
        codes=codes("800/16 800/28"),
    ),
    FunctionDeclaration(
        name="VMRM_Configuration_Update",
        parameters=(*_VMRM, Lines("update_file", prefixed=True)),
        reply=(array("logRecordInfoList", Text("logRecord", 0, 1 << 16)),),
        codes=codes("800/12 800/24 800/28 800/32"),
    ),
    FunctionDeclaration(
        name="VMRM_Measurement_Query",
        reply=(
            Text("queryTimestamp", 1, 17),
            Text("fileName", 1, 20),
            Text("fileTimestamp", 1, 17),
            array("workloadInfoList", Text("workloadRecord", 0, 1 << 16)),
        ),
        codes=codes("800/8 800/16"),
    ),
)
