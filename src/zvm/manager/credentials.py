# SPDX-License-Identifier: Apache-2.0
"""Finds the credentials of a request: the query (as xCAT clients put them there), headers, or HTTP Basic."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers


def of(headers: Headers, query: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Return user name and password, two empty texts when there are none. The query wins, as in xCAT."""
    name = query.get("userName", [""])[0]
    if name:
        return name, query.get("password", [""])[0]
    if headers.get("username"):
        return _text(headers["username"]), _text(headers.get("password", ""))
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return name, password
    return "", ""


def _text(value: str) -> str:
    """Return a header's value; our client sends UTF-8, which arrives as ISO-8859-1."""
    try:
        return value.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return value
