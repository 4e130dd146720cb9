# SPDX-License-Identifier: Apache-2.0
"""HTTP as an old client sees it: reason phrase, exact header, exact octets."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from tests.support.chain import PASSWORD, USER


@dataclass(frozen=True)
class Answer:
    status: int
    reason: str
    content_type: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("iso-8859-1")

    @property
    def data(self) -> list[dict[str, Any]]:
        """The responses of the envelope without the name of the node that answers."""
        responses = json.loads(self.body)["data"]
        return [{key: value for key, value in item.items() if key != "xcatdsource"} for item in responses]


def ask(
    base: str, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send a request; a body that is no octets is sent as JSON, as ``text/plain``."""
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "text/plain", **(headers or {})})
        response = connection.getresponse()
        content = response.read()
        return Answer(response.status, response.reason, response.getheader("content-type", ""), content)
    finally:
        connection.close()


def v1(
    base: str,
    method: str,
    path: str,
    body: object = None,
    *,
    user: str = USER,
    password: str = PASSWORD,
    form: str = "json",
) -> Answer:
    """Send a request to ``/xcatws`` as xCAT's clients do, the credentials in the query."""
    separator = "&" if "?" in path else "?"
    query = f"userName={quote(user)}&password={quote(password)}&format={form}"
    return ask(base, method, f"/xcatws{path}{separator}{query}", body)
