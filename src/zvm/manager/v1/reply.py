# SPDX-License-Identifier: Apache-2.0
"""The bodies of v1: an envelope as JSON, XML or HTML, and xCAT's plain texts for what fails before that."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from starlette.responses import Response as HttpResponse

from zvm.xcat.envelope import DETAILS, Envelope, Response

#: Format → content type; what is not listed is answered as HTML.
CONTENT_TYPES = {"json": "application/json", "xml": "text/xml", "html": "text/html"}
#: Keys that the HTML tables leave out.
_HIDDEN = frozenset({"xcatdsource", "numofnodes", "errorcode", "NoErrorPrefix", DETAILS})


def http(status: int, body: bytes | str, form: str) -> HttpResponse:
    """Return an answer; the charset is the one that xCAT declares (our JSON is plain ASCII)."""
    content = body if isinstance(body, bytes) else body.encode("iso-8859-1", "xmlcharrefreplace")
    kind = CONTENT_TYPES.get(form, "text/html")
    return HttpResponse(content, status, headers={"content-type": f"{kind}; charset=ISO-8859-1"})


def paragraph(text: str) -> str:
    """Return ``text`` as the paragraph in which xCAT tells that something is forbidden."""
    return f"<p>{text}</p>"


def finished(responses: Sequence[Response], source: str, *, details: bool) -> list[Response]:
    """Return the responses with the node's name in each, and the facts of errors only if ``details``."""
    return [
        {**{key: value for key, value in item.items() if details or key != DETAILS}, "xcatdsource": [source]}
        for item in responses
    ]


def render(responses: Sequence[Response], form: str) -> bytes:
    """Return the body in the format ``form``."""
    if form == "json":
        return Envelope(tuple(responses)).to_json()
    if form == "xml":
        text = "".join(_xml(item, 1) for item in responses)
    else:
        text = _html(responses)
    return text.encode("iso-8859-1", "xmlcharrefreplace")


def _xml(item: Response, depth: int) -> str:
    indent = "  " * depth
    parts = []
    for key in sorted(item):
        for value in item[key]:
            if isinstance(value, dict):
                inner = _xml({name: _list(part) for name, part in value.items()}, depth + 1)
                parts.append(f"{indent}<{key}>\n{inner}{indent}</{key}>\n")
            else:
                parts.append(f"{indent}<{key}>{escape(_text(value))}</{key}>\n")
    return "".join(parts)


def _html(responses: Sequence[Response]) -> str:
    lines = [
        line
        for item in responses
        for key, values in item.items()
        if key not in _HIDDEN
        for value in values
        for line in _text(value).splitlines()
    ]
    rows = ("".join(f"<td>{escape(cell, quote=False)}</td>" for cell in _cells(line)) for line in lines)
    body = "".join(f"<tr>{row}</tr>\n" for row in rows)
    return f"<table border=1>{body}</table>\n"


def _cells(line: str) -> list[str]:
    """Return the cells of a line: a table's by commas, an attribute's by ``=``, others by the colon."""
    if line.startswith(("#", '"')):
        return line.split(",")
    for separator in ("=", ":"):
        if separator in line:
            left, _, right = line.partition(separator)
            return [left.strip(), right]
    return [line]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
