# SPDX-License-Identifier: Apache-2.0
"""Turns what a management node answered into a result or one of our exceptions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from zvm.xcat import smcli_text
from zvm.xcat.envelope import Envelope, EnvelopeError
from zvm.xcat.errors import (
    XcatError,
    XcatNotFound,
    XcatOutcomeUnknown,
    XcatRefused,
    XcatUnauthorized,
    XcatUnreachable,
)

#: Texts of ssh that a genuine xCAT passes on as errors although the command went well.
HARMLESS = (
    "Warning: the RSA host key for",
    "Warning: Permanently added",
    "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED",
)
#: What a genuine xCAT says of a node that it does not know, in three places.
_UNKNOWN = (
    "Invalid nodes and/or groups",
    "Could not find an object named",
    "Cannot find image",
    "Invalid image name",
)


def envelope(command: str, status: int, body: bytes, reading: bool) -> Envelope:
    """Return the envelope of a v1 answer.

    :param reading: the call changes nothing.
    :raises XcatError: the HTTP status tells of a failure, or the body is no envelope.
    """
    if status >= 300:
        raise_refusal(command, status, body, reading)
    try:
        return Envelope.parse(body)
    except EnvelopeError as problem:
        raise _lost(command, "the answer is no xCAT envelope", reading) from problem


def check(command: str, answer: Envelope) -> None:
    """Do nothing when ``answer`` is a success.

    :raises XcatError: it holds an error.
    """
    errors = [text for text in answer.errors if not any(harmless in text for harmless in HARMLESS)]
    if not errors:
        return
    if answer.details:
        raise _from_facts(command, 200, answer.details[0], errors)
    for text in errors:
        if failure := smcli_text.parse_failure(text):
            raise XcatRefused(command, errors, rc=failure.rc, rs=failure.rs, text=failure.description or text)
    if any(known in text for known in _UNKNOWN for text in errors):
        raise XcatNotFound(command, errors)
    raise XcatRefused(command, errors)


def document(command: str, body: bytes, reading: bool) -> Any:
    """Return the decoded JSON of an answer of the extension; None for an empty one."""
    try:
        return json.loads(body) if body else None
    except ValueError as problem:
        raise _lost(command, "the answer is not JSON", reading) from problem


def raise_refusal(command: str, status: int, body: bytes, reading: bool) -> NoReturn:
    """Raise what an HTTP status of 300 and more means; ``body`` is JSON of ours or a text of xCAT's."""
    facts = _facts(body)
    if facts is not None:
        raise _from_facts(command, status, facts, [str(facts.get("message") or f"HTTP {status}")])
    text = re.sub(r"</?\w[^>]*>", "", body.decode("utf-8", "replace")).strip() or f"HTTP {status}"
    if status == 401:
        raise XcatUnauthorized(
            command,
            [text],
            status=status,
            next_step="check username and password, and the table policy of the management node",
        )
    if status == 404 or (status == 403 and any(known in text for known in _UNKNOWN)):
        raise XcatNotFound(command, [text], status=status)
    if status in (408, 503):
        raise XcatUnreachable(command, text, next_step="check xcatd on the management node")
    if status >= 500 and status != 501:
        raise _lost(command, f"HTTP {status}: {text[:500]}", reading)
    raise XcatRefused(command, [text], status=status)


def _facts(body: bytes) -> Mapping[str, Any] | None:
    try:
        decoded = json.loads(body)
    except ValueError:
        return None
    facts = decoded.get("error") if isinstance(decoded, dict) else None
    return facts if isinstance(facts, dict) else None


def _from_facts(command: str, status: int, facts: Mapping[str, Any], errors: list[str]) -> XcatError:
    kind = facts.get("kind")
    next_step = str(facts.get("next_step") or "")
    if kind in ("unreachable", "busy"):
        guest = "" if facts.get("function") else str(facts.get("target") or "")  # else SMAPI is silent
        return XcatUnreachable(command, "; ".join(errors), guest=guest, next_step=next_step)
    if kind == "unknown":
        operation = str(facts.get("operation") or "")
        return XcatOutcomeUnknown(command, "; ".join(errors), operation=operation, next_step=next_step)
    by_kind = {"unauthenticated": XcatUnauthorized, "forbidden": XcatUnauthorized, "not_found": XcatNotFound}
    refused = by_kind.get(str(kind), XcatRefused)
    return refused(
        command,
        errors,
        status=status,
        rc=facts.get("rc"),
        rs=facts.get("rs"),
        text=str(facts.get("explanation") or ""),
        function=str(facts.get("function") or ""),
        target=str(facts.get("target") or ""),
        next_step=next_step,
    )


def _lost(command: str, message: str, reading: bool) -> XcatError:
    return XcatUnreachable(command, message) if reading else XcatOutcomeUnknown(command, message)
