# SPDX-License-Identifier: Apache-2.0
"""The envelope of xCAT's REST answers: ``{"data": [response, ...]}``.

Each response is an object whose every value is an array: of texts, of null (an empty element) or of objects.
The keys are ``info``, ``data``, ``error``, ``errorcode``, ``warning``, ``node`` and a few more; their order
means nothing, the order of the responses does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Response = dict[str, list[Any]]
#: The key under which our own management node adds the facts of an error for a client that asks for them
#: with the header below, so that nobody has to read them out of the text.
DETAILS = "zvm"
DETAILS_HEADER = "X-Zvm-Details"
#: The header with the id of one mutating call; ``GET /zvm/v1/tasks/{id}`` tells what became of it.
OPERATION_HEADER = "X-Zvm-Operation"


class EnvelopeError(ValueError):
    """A body is not an envelope."""


def info(*texts: str) -> Response:
    """Return a response that informs; an empty text becomes null, as an empty XML element does."""
    return {"info": _texts(texts)}


def data(*texts: str) -> Response:
    """Return a response that carries data, such as rows of a table."""
    return {"data": _texts(texts)}


def warning(*texts: str) -> Response:
    """Return a response that warns."""
    return {"warning": _texts(texts)}


def error(*texts: str, code: int = 1, details: Mapping[str, Any] | None = None) -> Response:
    """Return a response that tells of an error.

    :param code: the error code, which xCAT gives as text.
    :param details: the facts for our own client; left out of the answer unless it asks for them.
    """
    response: Response = {"error": _texts(texts), "errorcode": [str(code)]}
    if details is not None:
        response[DETAILS] = [dict(details)]
    return response


def _texts(texts: Iterable[str]) -> list[Any]:
    return [text or None for text in texts]


@dataclass(frozen=True, slots=True)
class Envelope:
    """An answer: its responses in order."""

    responses: tuple[Response, ...] = ()

    @classmethod
    def parse(cls, body: bytes) -> Envelope:
        """Return the envelope in ``body`` (UTF-8, or the ISO-8859-1 that xCAT declares).

        :raises EnvelopeError: it is something else.
        """
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            text = body.decode("iso-8859-1")
        try:
            return cls.from_object(json.loads(text))
        except (ValueError, RecursionError) as problem:
            raise EnvelopeError(f"not an xCAT envelope: {text[:200]!r}") from problem

    @classmethod
    def from_object(cls, document: object) -> Envelope:
        """Return the envelope that the decoded JSON ``document`` is.

        :raises EnvelopeError: it is something else.
        """
        responses = document.get("data") if isinstance(document, dict) else None
        if not isinstance(responses, list) or not all(isinstance(item, dict) for item in responses):
            raise EnvelopeError("not an xCAT envelope: no array 'data' of objects")
        return cls(tuple({key: _array(value) for key, value in item.items()} for item in responses))

    def to_json(self) -> bytes:
        """Return the body, in ASCII so that it reads the same in every charset."""
        return json.dumps({"data": list(self.responses)}, separators=(",", ":")).encode("ascii")

    def values(self, key: str) -> list[Any]:
        """Return all values of ``key`` over all responses, in order."""
        return [value for response in self.responses for value in response.get(key, ())]

    def _strings(self, key: str) -> list[str]:
        return ["" if value is None else str(value) for value in self.values(key)]

    @property
    def info(self) -> list[str]:
        """The information texts; several lines may be one text."""
        return self._strings("info")

    @property
    def data(self) -> list[str]:
        """The data texts."""
        return self._strings("data")

    @property
    def errors(self) -> list[str]:
        """The error texts."""
        return self._strings("error")

    @property
    def warnings(self) -> list[str]:
        """The warnings."""
        return self._strings("warning")

    @property
    def errorcode(self) -> list[str]:
        """The error codes, as texts; for ``dsh`` the last one is the number of failed targets."""
        return self._strings("errorcode")

    @property
    def node(self) -> list[Any]:
        """The ``node`` elements: objects with name, data, error."""
        return self.values("node")

    @property
    def details(self) -> list[Mapping[str, Any]]:
        """The facts of errors that our own management node adds."""
        return [value for value in self.values(DETAILS) if isinstance(value, dict)]

    @property
    def text(self) -> str:
        """All information as one text."""
        return "\n".join(self.info)


def _array(value: object) -> list[Any]:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
