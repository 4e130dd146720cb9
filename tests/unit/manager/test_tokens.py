# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from sqlalchemy import Connection

from zvm.manager import auth, tokens
from zvm.manager.errors import Unauthenticated
from zvm.manager.tables.rows import delete_rows, select_rows, upsert


def test_a_token_is_its_users_and_is_not_in_the_table(connection: Connection) -> None:
    token = tokens.issue(connection, "nova")
    assert tokens.holder(connection, token.id) == "nova"
    assert tokens.holder(connection, "") == tokens.holder(connection, "x") == ""
    (row,) = select_rows(connection, "token")
    assert token.id not in row.values()
    assert tokens.holder(connection, row["tokenid"]) == ""


def test_a_token_runs_out(connection: Connection) -> None:
    token = tokens.issue(connection, "nova")
    (row,) = select_rows(connection, "token")
    upsert(connection, "token", {"tokenid": row["tokenid"]}, {"expire": "1"})
    assert tokens.holder(connection, token.id) == ""
    other = tokens.issue(connection, "nova")
    assert len(select_rows(connection, "token")) == 1
    upsert(connection, "token", {}, {"tokenid": "broken", "expire": "tomorrow"})
    assert tokens.holder(connection, other.id) == "nova"


def test_a_token_ends_with_its_user(connection: Connection) -> None:
    auth.add_user(connection, "nova", "x")
    token = tokens.issue(connection, "nova").id
    authenticator = auth.Authenticator()
    assert authenticator.bearer(connection, token).name == "nova"
    upsert(connection, "passwd", {"username": "nova"}, {"disable": "1"})
    with pytest.raises(Unauthenticated):
        authenticator.bearer(connection, token)
    delete_rows(connection, "passwd", {"username": "nova"})
    with pytest.raises(Unauthenticated):
        authenticator.bearer(connection, token)
