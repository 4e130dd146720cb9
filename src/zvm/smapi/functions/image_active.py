# SPDX-License-Identifier: Apache-2.0
"""Functions about running virtual machines: start, stop, pause, status, performance, console, processors."""

from __future__ import annotations

from zvm.smapi.declaration import FunctionDeclaration, Style, array, codes, int1, int4, int8, structures
from zvm.smapi.fields import Array, Extent, Fixed, Lines, Text
from zvm.smapi.keywords import Keyword

_FAILED_IMAGES = structures(
    "failing_structure_array", Text("imageName", 1, 8), int4("returnCode"), int4("reasonCode")
)

_PERFORMANCE = (
    Array(
        "performanceList",
        (
            int4("recordVersion"),
            int4("guestFlags"),
            int8("usedCPUTime"),
            int8("elapsedTime"),
            int8("minMemory"),
            int8("maxMemory"),
            int8("sharedMemory"),
            int8("usedMemory"),
            int4("activeCPUsInCEC"),
            int4("logicalCPUsInVM"),
            int4("guestCPUs"),
            int4("minCPUCount"),
            int4("maxCPULimit"),
            int4("processorShare"),
            int4("samplesCPUInUse"),
            int4("samplesCPUDelay"),
            int4("samplesPageWait"),
            int4("samplesIdle"),
            int4("samplesOther"),
            int4("samplesTotal"),
            Fixed("guestName", size=8, encoding="cp037"),
        ),
        structured=True,
        extent=Extent.COUNT,
    ),
)

FUNCTIONS = (
    # The lists come back for a name list, or when only a part was started.
    FunctionDeclaration(
        name="Image_Activate",
        reply=(int4("activated"), int4("notActivated"), _FAILED_IMAGES),
        codes=codes("200/4 200/8 200/16 200/28"),
    ),
    FunctionDeclaration(
        name="Image_Deactivate",
        parameters=(Text("force_time", 0, 12),),
        reply=(int4("deactivated"), int4("notDeactivated"), _FAILED_IMAGES),
        codes=codes("200/12 200/16 200/32 200/36"),
    ),
    FunctionDeclaration(
        name="Image_Recycle",
        reply=(int4("recycled"), int4("notRecycled"), _FAILED_IMAGES),
        codes=codes("200/4 200/12 200/16 200/24 200/36"),
    ),
    # The C client says PAUSE=YES or BEGIN=YES without a final NUL.
    FunctionDeclaration(
        name="Image_Pause",
        parameters=(
            Keyword("action", required=True, choices=("PAUSE", "BEGIN"), synonyms=("PAUSE", "BEGIN")),
        ),
        codes=codes("0/12 8/12"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="Image_Status_Query",
        reply=(array("imageNameList", Text("imageName", 1, 8)),),
        codes=codes("0/12"),
    ),
    # memoryUnit 1 KB, 2 MB, 3 GB; shareType 1 relative, 2 absolute; cpuStatus 1 BASE, 2 STOPPED,
    # 3 CHECK-STOPPED, 4 NON-BASE; deviceType 1 CONS, 2 RDR, 3 PUN, 4 PRT, 5 DASD.
    FunctionDeclaration(
        name="Image_Active_Configuration_Query",
        reply=(
            int4("memorySize"),
            int1("memoryUnit"),
            int1("shareType"),
            Text("shareValue", 0, 8),
            int4("numberOfCpus"),
            structures("cpuInfoList", int4("cpuNumber"), Text("cpuId", 1, 16), int1("cpuStatus")),
            structures("deviceList", int1("deviceType"), Text("deviceAddress", 4, 16)),
        ),
        codes=codes("200/12"),
    ),
    FunctionDeclaration(name="Image_Performance_Query", parameters=(Lines("userids"),), reply=_PERFORMANCE),
    FunctionDeclaration(name="System_Image_Performance_Query", reply=_PERFORMANCE, codes=codes("4/4 4/10")),
    # The console file goes to the caller's reader, class T.
    FunctionDeclaration(name="Image_Console_Get", codes=codes("8/8")),
    FunctionDeclaration(
        name="Image_Query_Activate_Time",
        parameters=(int1("date_format_indicator", 1, 5),),
        reply=(Text("imageName", 1, 8), Text("activationDate", 8, 10), Text("activationTime", 8, 8)),
        codes=codes("200/12"),
    ),
    FunctionDeclaration(
        name="Image_CPU_Define",
        parameters=(Text("cpu_address", 1, 2, hexadecimal=True), int1("cpu_type", 0, 4)),
        codes=codes("0/4 216/2 216/12 216/24 216/28 216/40"),
    ),
    FunctionDeclaration(
        name="Image_CPU_Delete",
        parameters=(Text("cpu_address", 1, 2, hexadecimal=True),),
        codes=codes("216/2 216/4 216/12"),
    ),
    FunctionDeclaration(
        name="Image_CPU_Query",
        reply=(
            int4("numberOfCpus"),
            structures(
                "cpuList",
                int4("cpuNumber"),
                Text("cpuId", 1, 16),
                int1("cpuBase"),
                int1("cpuStatus"),
                int1("cpuType"),
            ),
        ),
        codes=codes("216/12"),
    ),
)
