# SPDX-License-Identifier: Apache-2.0
"""Functions about the metadata that callers keep with an image."""

from __future__ import annotations

from zvm.smapi.declaration import FunctionDeclaration, Style, codes, keyword, structures
from zvm.smapi.fields import Asciiz, Lines, Text

FUNCTIONS = (
    FunctionDeclaration(
        name="Metadata_Set",
        parameters=(
            structures("metadata", Text("metadata_entry_name", 1, 1024), Text("metadata", 0, 1 << 20)),
        ),
        codes=codes("24/13 900/68"),
        directory_manager=True,
    ),
    # Names separated by blanks.
    FunctionDeclaration(
        name="Metadata_Get",
        parameters=(Asciiz("metadata_entry_names"),),
        reply=(
            structures("metadataEntryList", Text("metadataEntryName", 0, 1024), Text("metadata", 0, 1 << 20)),
        ),
        codes=codes("900/68"),
        directory_manager=True,
    ),
    FunctionDeclaration(
        name="Metadata_Delete",
        parameters=(Asciiz("metadata_entry_names"),),
        codes=codes("900/68"),
        directory_manager=True,
    ),
    FunctionDeclaration(
        name="Metadata_Space_Query",
        parameters=(keyword("searchkey", required=True),),
        reply=(Lines("metadataEntryList"),),
        codes=codes("4/4 8/8 8/11 8/12"),
        style=Style.KEYWORDS,
    ),
)
