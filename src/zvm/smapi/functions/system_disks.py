# SPDX-License-Identifier: Apache-2.0
"""Functions about the z/VM system's real disks, FCP devices and SCSI volumes."""

from __future__ import annotations

from zvm.smapi.declaration import ErrorData, FunctionDeclaration, Style, codes, keyword
from zvm.smapi.fields import Lines

FUNCTIONS = (
    # Each "1000 3390-0C OWNED VMCOM1".
    FunctionDeclaration(
        name="System_Disk_Query",
        parameters=(keyword("dev_num", required=True), keyword("disk_size", "YES", "NO")),
        reply=(Lines("diskInfoArray"),),
        codes=codes("4/28 8/8"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="System_Disk_Add",
        parameters=(keyword("dev_num", required=True),),
        reply=(Lines("diskInfo", prefixed=True),),
        style=Style.KEYWORDS,
        error_data=ErrorData.BUFFER,
    ),
    FunctionDeclaration(
        name="System_Disk_Accessibility",
        parameters=(keyword("dev_num", required=True),),
        codes=codes("8/8 8/10"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="System_Disk_IO_Query",
        parameters=(keyword("rdev", required=True),),
        reply=(Lines("diskIoInformation", prefixed=True),),
        codes=codes("8/8 8/36 8/3016 8/3017 8/3018 200/12"),
        style=Style.KEYWORD_BLOCK_OPEN,
    ),
    # Each "fcp npiv_wwpn chpid perm_wwpn status [owner]", status 1 active, 2 free, 3 offline; NONE if absent.
    FunctionDeclaration(
        name="System_WWPN_Query",
        parameters=(keyword("owner", "YES", "NO"),),
        reply=(Lines("wwpnArray"),),
        codes=codes("4/28"),
        style=Style.KEYWORDS,
    ),
    # Each "dev;wwpn;lun;uuid;vendor;prod;model;serial;code;blksize;blocks;bytes".
    FunctionDeclaration(
        name="System_FCP_Free_Query",
        parameters=(keyword("fcp_dev", required=True),),
        reply=(Lines("fcpArray"),),
        codes=codes("8/8"),
        style=Style.KEYWORDS,
    ),
    # dev_path_array "fcp wwpn lun;..."; option 1 new, 2 add paths, 3 delete paths.
    FunctionDeclaration(
        name="System_SCSI_Disk_Add",
        parameters=(
            keyword("dev_num", required=True),
            keyword("dev_path_array", required=True),
            keyword("option", "1", "2", "3"),
            keyword("persist", "YES", "NO"),
        ),
        codes=codes("4/8"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="System_SCSI_Disk_Delete",
        parameters=(keyword("dev_num", required=True), keyword("persist", "YES", "NO")),
        codes=codes("8/8"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="System_SCSI_Disk_Query",
        parameters=(keyword("dev_num", required=True),),
        reply=(Lines("scsiInfoArray", closed=False),),
        codes=codes("4/28 8/8"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="System_EQID_Query",
        parameters=(
            keyword("eqid_for", "ALL", "RDEV", "EQID", required=True),
            keyword("eqid_target"),
            keyword("eqid_rdev"),
        ),
        reply=(Lines("eqidInfoStructureArray", prefixed=True),),
        codes=codes("4/8"),
        style=Style.KEYWORDS,
        error_data=ErrorData.BUFFER,
    ),
)
