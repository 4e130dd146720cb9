# SPDX-License-Identifier: Apache-2.0
"""What stands where a directory entry has a password, and entries that show none."""

from __future__ import annotations

from dataclasses import replace

from zvm.directory.device_statements import Mdisk
from zvm.directory.entry import Entry
from zvm.directory.statements import User

#: The guest is never logged on; it is by XAUTOLOG only.
NOLOG, AUTOLOG_ONLY = "NOLOG", "AUTOONLY"
#: In a password's place, and none. Source: CP Planning and Administration, USER statement.
NO_PASSWORD = frozenset({NOLOG, AUTOLOG_ONLY, "LBYONLY", "NOPASS"})
#: What an answer shows in the place of a password: of a user eight X, as DirMaint does, of a minidisk four.
HIDDEN, HIDDEN_OF_MINIDISK = "X" * 8, "X" * 4


def masked(entry: Entry) -> Entry:
    """Return the entry with its passwords hidden; what is none stays, as it keeps nothing secret."""
    header = entry.header
    if isinstance(header, User) and header.password not in NO_PASSWORD:
        header = replace(header, password=HIDDEN)
    statements = tuple(
        replace(
            item,
            read_password=item.read_password and HIDDEN_OF_MINIDISK,
            write_password=item.write_password and HIDDEN_OF_MINIDISK,
            multi_password=item.multi_password and HIDDEN_OF_MINIDISK,
        )
        if isinstance(item, Mdisk)
        else item
        for item in entry.statements
    )
    return replace(entry, header=header, statements=statements)
