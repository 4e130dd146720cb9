# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64

from starlette.datastructures import Headers

from zvm.manager import credentials

BASIC = "Basic " + base64.b64encode("u:p:ü".encode()).decode()


def test_where_credentials_are_found() -> None:
    assert credentials.of(Headers({}), {}) == ("", "")
    assert credentials.of(Headers({}), {"userName": ["q"], "password": ["p"]}) == ("q", "p")
    headers = Headers({"userName": "h", "password": "ü".encode().decode("iso-8859-1")})
    assert credentials.of(headers, {}) == ("h", "ü")
    assert credentials.of(headers, {"userName": ["q"]}) == ("q", "")
    assert credentials.of(Headers({"Authorization": BASIC}), {}) == ("u", "p:ü")
    assert credentials.of(Headers({"Authorization": "Basic !"}), {}) == ("", "")
    assert credentials.of(Headers({"Authorization": "Bearer x"}), {}) == ("", "")
    assert credentials.of(Headers({"userName": "h", "password": "\xff"}), {}) == ("h", "ÿ")
