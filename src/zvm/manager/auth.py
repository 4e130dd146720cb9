# SPDX-License-Identifier: Apache-2.0
"""Who may call: the tables passwd (key ``xcat``) and policy.

A password is stored as ``scrypt$n$r$p$salt$hash``; rows in the clear, as xCAT allows them, are accepted too.
What a user may run is told by :mod:`zvm.manager.policy`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from zvm.manager import policy, tokens
from zvm.manager.errors import Forbidden, Unauthenticated
from zvm.manager.tables.rows import select_row, select_rows, upsert

_N, _R, _P = 1 << 14, 8, 1


def hashed(password: str) -> str:
    """Return ``password`` as it is stored."""
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P)
    encoded = (base64.b64encode(item).decode() for item in (salt, digest))
    return "$".join(("scrypt", str(_N), str(_R), str(_P), *encoded))


def matches(password: str, stored: str) -> bool:
    """Return whether ``stored`` was made from ``password``."""
    if not stored.startswith("scrypt$"):
        if stored.startswith("$"):  # a hash of crypt(3), which Python no longer has
            return False
        return bool(stored) and hmac.compare_digest(password.encode(), stored.encode())
    _, n, r, p, salt, digest = stored.split("$")
    made = hashlib.scrypt(
        password.encode(), salt=base64.b64decode(salt), n=int(n), r=int(r), p=int(p), maxmem=1 << 28
    )
    return hmac.compare_digest(made, base64.b64decode(digest))


def add_user(connection: Connection, name: str, password: str) -> bool:
    """Store a user, or a new password of one, and let a new one run every command.

    :returns: whether anything had to be stored; a password that is stored already is not hashed anew.
    """
    row = select_row(connection, "passwd", {"key": "xcat", "username": name})
    stored = row["password"] if row is not None else ""
    new = not stored.startswith("scrypt$") or not matches(password, stored)
    if new:
        upsert(
            connection,
            "passwd",
            {"key": "xcat", "username": name},
            {"password": hashed(password), "cryptmethod": "scrypt"},
        )
    rules = select_rows(connection, "policy")
    if not any(rule["name"] == name for rule in rules):
        taken = {rule["priority"] for rule in rules}
        number = next(number for number in range(1, 1 << 30) if f"1.{number}" not in taken)
        upsert(connection, "policy", {}, {"priority": f"1.{number}", "name": name, "rule": "allow"})
        new = True
    return new


@dataclass(frozen=True, slots=True)
class User:
    """Who calls, with the policy as it is now.

    :ivar host: the address the call comes from.
    """

    name: str
    rules: tuple[policy.Rule, ...]
    host: str = ""

    def check(self, command: str, nodes: Iterable[str] = (), args: Iterable[str] = ()) -> None:
        """Do nothing when the policy lets the user run ``command`` on ``nodes`` with ``args``.

        :raises Forbidden: it does not.
        """
        if not policy.allows(self.rules, policy.Attempt(command, tuple(nodes), tuple(args), self.host)):
            raise Forbidden(f"the policy does not let {self.name} run {command}")


class Authenticator:
    """Checks credentials; remembers which were right, for scrypt is slow on purpose."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[str, tuple[str, bytes]] = {}
        self._users: dict[str, tuple[int, bytes, User]] = {}

    def known(self, version: int | None, name: str, password: str) -> User | None:
        """Return the user as :meth:`authenticate` did while the tables had this version, else None."""
        version_then, proof, user = self._users.get(name, (None, b"", None))
        if (
            version is None
            or version != version_then
            or not hmac.compare_digest(proof, self._proof(password))
        ):
            return None
        return user

    def authenticate(
        self, connection: Connection, name: str, password: str, version: int | None = None
    ) -> User:
        """Return the user.

        :param version: what :meth:`Database.version` was before, so that :meth:`known` knows the user.
        :raises Unauthenticated: unknown, or the password is wrong.
        """
        row = select_row(connection, "passwd", {"key": "xcat", "username": name}) if name else None
        stored = row["password"] if row is not None and row["disable"].lower() not in ("1", "yes") else ""
        proof = self._proof(password)
        known = self._known.get(name)
        if not (stored and known and known[0] == stored and hmac.compare_digest(known[1], proof)):
            # An unknown user takes as long as a wrong password.
            if not matches(password, stored or _NOBODY) or not stored:
                raise Unauthenticated("Authentication failure")
            self._known[name] = (stored, proof)
        user = self._user(connection, name)
        if version is not None:
            self._users[name] = (version, proof, user)
        return user

    def _proof(self, password: str) -> bytes:
        return hmac.digest(self._key, password.encode(), "sha256")

    def bearer(self, connection: Connection, token: str) -> User:
        """Return the user whose token it is.

        :raises Unauthenticated: it is nobody's, has run out, or its user is gone or disabled.
        """
        name = tokens.holder(connection, token)
        row = select_row(connection, "passwd", {"key": "xcat", "username": name}) if name else None
        if row is None or row["disable"].lower() in ("1", "yes"):
            raise Unauthenticated("Authentication failure")
        return self._user(connection, name)

    @staticmethod
    def _user(connection: Connection, name: str) -> User:
        return User(name, policy.of_user(connection, name))


_NOBODY = hashed(secrets.token_hex())
