# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from sqlalchemy import Connection

from zvm.manager import auth
from zvm.manager.auth import Authenticator
from zvm.manager.errors import Unauthenticated
from zvm.manager.tables import rows


def test_hashes() -> None:
    stored = auth.hashed("geheim")
    assert stored.startswith("scrypt$16384$8$1$")
    assert "geheim" not in stored
    assert auth.hashed("geheim") != stored
    assert auth.matches("geheim", stored)
    assert not auth.matches("falsch", stored)
    assert auth.matches("clear", "clear")
    assert not auth.matches("", "")
    assert not auth.matches("$1$x", "$1$x")  # a hash of crypt(3) is no password


def test_users(connection: Connection) -> None:
    auth.add_user(connection, "nova", "one")
    checker = Authenticator()
    checker.authenticate(connection, "nova", "one").check("mkvm", ["a"])
    checker.authenticate(connection, "nova", "one")
    for name, password in (("nova", "two"), ("nobody", "one"), ("nova", ""), ("", "")):
        with pytest.raises(Unauthenticated):
            checker.authenticate(connection, name, password)
    auth.add_user(connection, "nova", "two")
    with pytest.raises(Unauthenticated):
        checker.authenticate(connection, "nova", "one")
    checker.authenticate(connection, "nova", "two")
    assert len(rows.select_rows(connection, "policy")) == 1
    rows.upsert(connection, "passwd", {"username": "nova"}, {"disable": "1"})
    with pytest.raises(Unauthenticated):
        checker.authenticate(connection, "nova", "two")


def test_a_user_is_known_until_the_tables_change(connection: Connection) -> None:
    auth.add_user(connection, "nova", "one")
    checker = Authenticator()
    assert checker.known(7, "nova", "one") is None
    user = checker.authenticate(connection, "nova", "one", 7)
    assert checker.known(7, "nova", "one") is user
    for version, name, password in (
        (8, "nova", "one"),
        (7, "nova", "two"),
        (7, "x", "one"),
        (None, "nova", "one"),
    ):
        assert checker.known(version, name, password) is None
    checker.authenticate(connection, "nova", "one")  # a database that tells no version
    assert checker.known(None, "nova", "one") is None
