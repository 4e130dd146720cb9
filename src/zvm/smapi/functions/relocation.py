# SPDX-License-Identifier: Apache-2.0
"""Functions about the single system image cluster and live guest relocation."""

from __future__ import annotations

from zvm.smapi.declaration import ErrorData, FunctionDeclaration, Style, codes, keyword
from zvm.smapi.fields import Asciiz, Lines

FUNCTIONS = (
    # Each member "slot name state pdr_heartbeat received_heartbeat".
    FunctionDeclaration(
        name="SSI_Query",
        reply=(
            Asciiz("ssi_name"),
            Asciiz("ssi_mode"),
            Asciiz("cross_system_timeouts"),
            Asciiz("ssi_pdr"),
            Lines("ssiInfo"),
        ),
        codes=codes("4/3008 4/3009"),
    ),
    # A refusal carries CP's message numbers, blank separated.
    FunctionDeclaration(
        name="VMRELOCATE",
        parameters=(
            keyword("destination"),
            keyword("action", "TEST", "MOVE", "CANCEL"),
            keyword("force"),
            keyword("immediate", "YES", "NO"),
            keyword("max_total"),
            keyword("max_quiesce"),
        ),
        codes=codes("4/3000 8/3000"),
        style=Style.KEYWORDS,
        error_data=ErrorData.BARE,
    ),
    # Each "user source destination by hh:mm:ss status".
    FunctionDeclaration(
        name="VMRELOCATE_Status",
        parameters=(keyword("status_target"),),
        reply=(Lines("relocationStatus"),),
        codes=codes("4/3001"),
        style=Style.KEYWORDS,
    ),
    FunctionDeclaration(
        name="VMRELOCATE_Modify",
        parameters=(keyword("max_total"), keyword("max_quiesce")),
        codes=codes("8/3010"),
        style=Style.KEYWORDS,
        error_data=ErrorData.BARE,
    ),
    FunctionDeclaration(
        name="VMRELOCATE_Image_Attributes",
        parameters=(
            keyword("relocation_setting", "ON", "OFF"),
            keyword("domain_name"),
            keyword("archforce", "YES", "NO"),
        ),
        codes=codes("8/12 8/1821 8/1822 8/1823 8/3008"),
        style=Style.KEYWORDS,
    ),
)
