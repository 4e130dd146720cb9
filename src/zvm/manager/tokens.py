# SPDX-License-Identifier: Apache-2.0
"""Tokens, which xCAT's second REST dialect gives out for a name and a password.

The table holds the digest of a token and not the token: who reads the table cannot log on with it. A token of
a user who has been removed or disabled ends with the user.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass

from sqlalchemy import Connection

from zvm.manager.tables.rows import delete_rows, select_row, select_rows, upsert

#: Seconds that a token is good for, as xCAT's are.
LIFETIME = 86400.0


@dataclass(frozen=True, slots=True)
class Token:
    """A new token; ``expires`` is in seconds since the epoch."""

    id: str
    expires: float


def issue(connection: Connection, username: str) -> Token:
    """Make a token for a user, and forget those that have run out."""
    now = time.time()
    for row in select_rows(connection, "token"):
        if _seconds(row["expire"]) <= now:
            delete_rows(connection, "token", {"tokenid": row["tokenid"]})
    token = Token(str(uuid.uuid4()), now + LIFETIME)
    values = {"username": username, "expire": f"{token.expires:.0f}", "created": f"{now:.0f}"}
    upsert(connection, "token", {"tokenid": _digest(token.id)}, values)
    return token


def holder(connection: Connection, token: str) -> str:
    """Return the name of the user whose token it is, or "" when it is nobody's or has run out."""
    row = select_row(connection, "token", {"tokenid": _digest(token)}) if token else None
    return row["username"] if row is not None and _seconds(row["expire"]) > time.time() else ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
