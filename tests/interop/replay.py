# SPDX-License-Identifier: Apache-2.0
"""The recorded exchanges with a genuine xCAT, played again before our management node and compared.

``exchanges/*.yaml`` holds them in the order of recording. An entry has ``request`` (method and path), and
where they differ from the default ``body``, ``status`` (200), ``user`` (``name:password``; ``""``: none),
``format`` (json) and ``type``, the content type. ``answer`` is a text, the responses of an envelope, or a
document of the second dialect. ``prepare`` and ``upload`` stand for what was done to the recorded system in
between.

Before two answers are compared these are made alike, in both: the order of keys, white space at the end, the
version of xCAT, dates and times, ids of tokens. An entry with ``figures: true`` tells of the z/VM system: its
numbers count as equal; with ``unordered: true`` the order of responses means nothing; one with ``poll: true``
is asked again until it is equal, as its client does. One with ``differs`` names a reason of
:mod:`tests.interop.deviations`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "exchanges"
SOURCE = "vm"
_REASONS = {
    200: "OK",
    201: "Created",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
}
_TYPES = {"json": "application/json", "xml": "text/xml"}
_ALIKE = (
    (re.compile(r"Version \d[\d.]* \([^)]*\)"), "Version"),
    (re.compile(r"Version \d[\d.]* \([^<]*</td><td>[^<]*\)"), "Version"),
    (re.compile(r"\w{3} \w{3} +\d+ [\d:]{8}(?: UTC)? \d{4}"), "DATE"),
    (re.compile(r"\d{4}-\d\d-\d\d +\d{1,2}:\d\d:\d\d"), "DATE"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"[ \t]*\n"), "\n"),
)
_FIGURE = re.compile(r"(?:[0-9A-F]{2}-){5}[0-9A-F]{2}|(?<![A-Za-z])\d+(?:[.:/]\d+)*[KMGT]?\b")


@dataclass(frozen=True)
class Exchange:
    """One request and what a genuine xCAT answered."""

    name: str
    method: str
    path: str
    answer: Any
    status: int = 200
    body: Any = None
    user: str = "admin:admin"
    format: str = "json"
    type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    client: str = ""
    figures: bool = False
    unordered: bool = False
    poll: bool = False
    differs: str = ""
    spoken: str = "v1"

    @property
    def reason(self) -> str:
        """The reason phrase that belongs to the status."""
        return _REASONS[self.status]

    @property
    def content_type(self) -> str:
        """The content type that was declared."""
        form = "json" if self.spoken == "v2" else self.format
        return self.type or f"{_TYPES.get(form, 'text/html')}; charset=ISO-8859-1"


@dataclass(frozen=True)
class Step:
    """Something done in between: a request that must succeed, or an image that is stored."""

    method: str = ""
    path: str = ""
    body: Any = None
    user: str = ""
    upload: str = ""


def load() -> Iterator[Exchange | Step]:
    """Yield the exchanges and the steps between them."""
    for file in sorted(FOLDER.glob("*.yaml")):
        number = 0
        for entry in yaml.safe_load(file.read_text()):
            if "upload" in entry:
                yield Step(upload=entry["upload"])
                continue
            if "prepare" in entry:
                method, path = entry["prepare"].split(" ", 1)
                yield Step(method, path, entry.get("body"), entry.get("user", "admin"))
                continue
            number += 1
            method, _, path = entry.pop("request").partition(" ")
            spoken = {"09": "v2", "10": "v2", "11": "v2", "13": "xml"}.get(file.name[:2], "v1")
            yield Exchange(f"{file.stem}/{number}", method, path, spoken=spoken, **entry)


def exchanges() -> list[Exchange]:
    """Return all exchanges."""
    return [item for item in load() if isinstance(item, Exchange)]


def recorded(exchange: Exchange) -> Any:
    """Return what xCAT answered, made alike."""
    return _alike(exchange, exchange.answer)


def ours(exchange: Exchange, text: str) -> Any:
    """Return what we answered, made alike.

    :raises AssertionError: a response of an envelope does not name its source.
    """
    if isinstance(exchange.answer, str):
        return _alike(exchange, text)
    try:
        document = json.loads(text)
    except ValueError:
        return text
    if exchange.spoken == "v1":
        for response in document["data"]:
            assert response.pop("xcatdsource") == [SOURCE]
        document = document["data"]
    return _alike(exchange, document)


def _alike(exchange: Exchange, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _alike(exchange, item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_alike(exchange, item) for item in value]
        return sorted(items, key=json.dumps) if exchange.unordered else items
    if not isinstance(value, str):
        return value
    for pattern, word in _ALIKE:
        value = pattern.sub(word, value)
    return (_FIGURE.sub("#", value) if exchange.figures else value).rstrip()
