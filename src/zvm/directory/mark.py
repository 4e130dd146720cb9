# SPDX-License-Identifier: Apache-2.0
"""The mark: the comment record that says which Nova instance a directory entry belongs to.

An entry without it is somebody else's and is never touched.
"""

from __future__ import annotations

import re

from zvm.directory.entry import Entry
from zvm.directory.statements import Comment

_MARK = re.compile(r"\*NOVA uuid=([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\s*\Z", re.IGNORECASE)


def mark(uuid: str) -> Comment:
    """Return the comment record that marks an entry as the instance ``uuid``.

    Raises:
        ValueError: ``uuid`` is not one.
    """
    text = f"*NOVA uuid={uuid.lower()}"
    if not _MARK.match(text):
        raise ValueError(f"not a uuid: {uuid!r}")
    return Comment(text)


def marked_uuid(entry: Entry) -> str | None:
    """Return the uuid (lower case) in the entry's mark, or None when it has none."""
    return next((uuid for comment in entry.find(Comment) if (uuid := uuid_in(comment.comment))), None)


def uuid_in(record: str) -> str | None:
    """Return the uuid (lower case) when the record is a mark, else None."""
    found = _MARK.match(record.strip())
    return found.group(1).lower() if found else None
