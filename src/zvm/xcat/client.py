# SPDX-License-Identifier: Apache-2.0
"""A blocking, thread-safe client for a management node: xCAT's v1 API and our extension of it.

Credentials travel in headers, never in a URL. Every call has a time-out. A read is tried again when the node
cannot be reached; a call that changes something is never sent twice: it carries an id of its own, and when
its answer is lost the node is asked what became of it; where it cannot tell,
``XcatOutcomeUnknown`` is raised. Within :meth:`Client.patient` all calls wait for a node that is away.
"""

from __future__ import annotations

import base64
import json as jsonlib
import logging
import os
import re
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any, TypeVar

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from zvm.xcat import answers
from zvm.xcat.envelope import DETAILS_HEADER, OPERATION_HEADER, Envelope
from zvm.xcat.errors import (
    XcatError,
    XcatNotFound,
    XcatOutcomeUnknown,
    XcatRefused,
    XcatUnreachable,
    XcatUnsupported,
)
from zvm.xcat.patience import Patience
from zvm.xcat.terminal import Terminal
from zvm.xcat.urls import EXTENSION, V1, checked_base

LOG = logging.getLogger(__name__)

Query = Mapping[str, "str | int | Sequence[str]"]
Content = bytes | Iterable[bytes] | IO[bytes]
T = TypeVar("T")

_READS = frozenset({"GET", "HEAD"})
_PAUSE = 0.2  # seconds before the first second try of a read; doubled each time


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP exchange, for who counts them."""

    method: str
    path: str
    status: int  # 0: there was no answer
    seconds: float


class Client:
    """A management node.

    :param url: ``https://host[:port]``; plain http is accepted for the loopback interface only.
    :param username: xCAT user (table passwd, key xcat).
    :param password: the user's password.
    :param ca_file: PEM file of the authorities that may sign the node's certificate; None: the system's.
    :param timeout: seconds without a byte of answer after which a call is given up (mkvm waits for DirMaint).
    :param connect_timeout: seconds within which a connection must stand.
    :param pool_size: connections that are kept open.
    :param tries: how often a read is tried while the node cannot be reached.
    :param on_call: called after each exchange, from the thread that made it.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        *,
        ca_file: str | None = None,
        timeout: float = 600.0,
        connect_timeout: float = 10.0,
        pool_size: int = 10,
        tries: int = 3,
        on_call: Callable[[Call], None] | None = None,
    ) -> None:
        self.url = checked_base(url)
        self.timeout = timeout
        self._connect_timeout = connect_timeout
        self._tries = tries
        self._on_call = on_call
        self._patience = Patience()
        self._named: Callable[[str, str], str] | None = None
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between, no .netrc
        if ca_file and not os.path.isfile(ca_file):
            raise ValueError(f"ca_file {ca_file} is not a file")
        self._ca_file = ca_file
        self._session.verify = ca_file or True
        self._session.headers["userName"] = username.encode()
        self._session.headers["password"] = password.encode()
        # Headers of a WebSocket's handshake are ASCII.
        self._basic = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
        self._session.headers["Accept"] = "application/json"
        self._session.mount(self.url, HTTPAdapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def patient(self, seconds: float) -> AbstractContextManager[None]:
        """Let this thread make calls again within the block, for ``seconds``, while nobody answers.

        That is for calls of which nothing was done, since the node or a zHCP could not be reached, and for
        deletions, which may be made twice; streams, which cannot be sent twice, are left out. When an outage
        lasts longer the block waits for nothing more.
        """
        return self._patience.lasting(seconds)

    def together(self, call: Callable[[], T], away: type[Exception]) -> T:
        """Make calls of which none waits by itself; within :meth:`patient` all are repeated.

        :param away: what ``call`` raises while nobody answers.
        """
        return self._patience.together(call, away)

    # xCAT's own API

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Sequence[str] | None = None,
        timeout: float | None = None,
        check: bool = True,
    ) -> Envelope:
        """Run an xCAT command.

        :param method: GET, PUT, POST or DELETE.
        :param path: below ``/xcatws``, made with :func:`zvm.xcat.urls.path`: ``/nodes/linux1/power``.
        :param query: further query keys, such as requestid, objectid, field; a list repeats its key.
        :param body: the strings of the body.
        :param timeout: seconds, in place of the client's.
        :param check: raise when the answer holds an error; False gives it back as it is.
        :raises XcatRefused: the node or z/VM refused.
        :raises XcatUnreachable: nothing was done.
        :raises XcatOutcomeUnknown: it may have been done.
        """
        command = f"{method} {path}"

        def once() -> Envelope:
            envelope = self._command(method, path, query, body, timeout)
            if check:
                answers.check(command, envelope)
            return envelope

        return self._patience.call(once, idempotent=method == "DELETE")

    def _command(
        self, method: str, path: str, query: Query | None, body: Sequence[str] | None, timeout: float | None
    ) -> Envelope:
        command = f"{method} {path}"
        operation = str(uuid.uuid4())
        headers = {DETAILS_HEADER: "1", "Content-Type": "text/plain"}
        if method not in _READS:
            headers[OPERATION_HEADER] = operation
        try:
            response = self._send(
                method,
                V1 + path,
                query={"format": "json", **(query or {})},
                data=None if body is None else jsonlib.dumps(list(body)).encode("ascii"),
                headers=headers,
                timeout=timeout,
                operation=operation,
            )
            return answers.envelope(command, response.status_code, response.content, method in _READS)
        except XcatOutcomeUnknown as lost:
            lost.operation = operation
            return self._recovered(lost, timeout or self.timeout)

    def version(self) -> tuple[int, ...]:
        """Return the node's version, such as ``(2, 19, 0, 0)``.

        :raises XcatRefused: what it says is no version.
        """
        text = " ".join(self.request("GET", "/version").data)
        if match := re.search(r"Version\s+(\d+(?:\.\d+)*)", text):
            return tuple(int(part) for part in match[1].split("."))
        raise XcatRefused("GET /version", [f"no version in {text!r}"])

    # ours

    def without_extension(self, named: Callable[[str, str], str]) -> None:
        """Send nothing to the extension from here on: the node is a genuine xCAT.

        :param named: gives in words what a call (method, path) is for, for the messages.
        """
        self._named = named

    def _check_extension(self, method: str, path: str) -> None:
        if self._named is not None:
            told = f"not supported on a genuine xCAT: {self._named(method, path)}"
            raise XcatUnsupported(f"{method} {path}", [told])

    def extension(
        self,
        method: str,
        path: str = "",
        *,
        query: Query | None = None,
        json: object = None,
        data: Content | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Call the extension below ``/zvm/v1`` and return the decoded JSON of its answer (None: no body).

        :param json: an object to send as JSON.
        :param data: octets to send, or a file or iterator to stream.
        :raises XcatNotFound: no such thing, or a genuine xCAT, which has no extension.
        :raises XcatUnsupported: likewise, after :meth:`without_extension`.
        :raises XcatRefused: the node or z/VM refused.
        :raises XcatUnreachable: nothing was done.
        :raises XcatOutcomeUnknown: it may have been done.
        """

        def once() -> Any:
            with self._extension(
                method, path, query=query, json=json, data=data, timeout=timeout
            ) as response:
                return answers.document(f"{method} {path}", response.content, method in _READS)

        if data is not None and not isinstance(data, bytes):
            return once()
        return self._patience.call(once, idempotent=method == "DELETE")

    def extension_stream(
        self, path: str, *, query: Query | None = None, timeout: float | None = None, chunk: int = 1 << 20
    ) -> Generator[bytes, None, None]:
        """Yield the octets of ``/zvm/v1`` + ``path``.

        :raises XcatUnreachable: the stream ended early, as well as what :meth:`extension` raises.
        """

        def opened() -> requests.Response:
            return self._extension("GET", path, query=query, timeout=timeout, stream=True)

        with self._patience.call(opened) as response:
            try:
                yield from response.iter_content(chunk)
            except requests.RequestException as problem:
                raise XcatUnreachable(f"GET {path}", f"the stream broke off: {problem}") from problem

    def terminal(self, path: str) -> Terminal:
        """Open the WebSocket ``/zvm/v1`` + ``path``.

        :raises XcatNotFound: no such thing, or a genuine xCAT.
        :raises XcatUnreachable: there is no connection.
        """
        self._check_extension("GET", path)
        return Terminal(
            "ws" + self.url.removeprefix("http") + EXTENSION + path,
            [f"Authorization: Basic {self._basic}"],
            ca_file=self._ca_file,
            timeout=self._connect_timeout,
        )

    def _extension(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        json: object = None,
        data: Content | None = None,
        timeout: float | None = None,
        stream: bool = False,
    ) -> requests.Response:
        self._check_extension(method, path)
        headers = {OPERATION_HEADER: str(uuid.uuid4())} if method not in _READS else {}
        if json is not None:
            data = jsonlib.dumps(json).encode("ascii")
            headers["Content-Type"] = "application/json"
        elif data is not None:
            headers["Content-Type"] = "application/octet-stream"
        response = self._send(
            method,
            EXTENSION + path,
            query=query,
            data=data,
            headers=headers,
            timeout=timeout,
            stream=stream,
            operation=headers.get(OPERATION_HEADER, ""),
        )
        if response.status_code >= 300:
            with response:
                answers.raise_refusal(
                    f"{method} {path}", response.status_code, response.content, method in _READS
                )
        return response

    # the wire

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None,
        data: Content | None,
        headers: Mapping[str, str],
        timeout: float | None,
        operation: str,
        stream: bool = False,
    ) -> requests.Response:
        """Make the exchange; try a read again while the node cannot be reached."""
        command = f"{method} {path}"
        tries = self._tries if method in _READS else 1
        for attempt in range(tries):
            if attempt:
                time.sleep(_PAUSE * 2 ** (attempt - 1))
            started = time.monotonic()
            status = 0
            try:
                response = self._session.request(
                    method,
                    self.url + path,
                    params=query,
                    data=data,
                    headers=headers,
                    timeout=(self._connect_timeout, timeout or self.timeout),
                    allow_redirects=False,
                    stream=stream,
                )
                status = response.status_code
            except requests.RequestException as problem:
                failure: XcatError
                # Only the kind of the problem: its text holds the query.
                reason = f"{self.url} does not answer ({_reason(problem)})"
                if method in _READS or _never_sent(problem):
                    failure = XcatUnreachable(command, reason, next_step=_next_step(problem))
                else:
                    failure = XcatOutcomeUnknown(command, reason, operation=operation)
                LOG.debug("%s: no answer on try %d: %s", command, attempt + 1, type(problem).__name__)
                if attempt + 1 == tries or isinstance(problem, requests.Timeout):
                    raise failure from problem
                continue
            finally:
                seconds = time.monotonic() - started
                if self._on_call is not None:
                    self._on_call(Call(method, path, status, seconds))
            LOG.debug("%s: HTTP %d in %.3f s", command, status, seconds)
            if status != 503 or attempt + 1 == tries:
                return response
            response.close()
        raise AssertionError("the last try returns or raises")

    def _recovered(self, lost: XcatOutcomeUnknown, timeout: float) -> Envelope:
        """Return the answer of a call whose connection broke, if the node still has it.

        :raises XcatOutcomeUnknown: it has not.
        """
        deadline = time.monotonic() + timeout
        pause = _PAUSE
        while lost.operation and time.monotonic() < deadline:
            try:
                task = self.extension("GET", f"/tasks/{lost.operation}", timeout=self._connect_timeout)
            except (XcatNotFound, XcatUnsupported, XcatUnreachable):
                break
            if task.get("state") == "finished":
                return Envelope.from_object(task.get("answer") or {"data": []})
            if task.get("state") != "running":
                break
            time.sleep(pause)
            pause = min(pause * 2, 5.0)
        raise lost


def _never_sent(problem: requests.RequestException) -> bool:
    """Return whether not a byte of the request can have reached the node."""
    if isinstance(problem, (requests.ConnectTimeout, requests.exceptions.InvalidHeader)):
        return True
    inner: object = problem.args[0] if problem.args else None
    if isinstance(inner, urllib3.exceptions.MaxRetryError):
        inner = inner.reason
    if isinstance(inner, urllib3.exceptions.SSLError):
        return "certificate verify failed" in str(inner).lower()
    if isinstance(inner, urllib3.exceptions.ProtocolError):  # from connect(), where urllib3 is wrapped
        return isinstance(inner.args[-1], ConnectionRefusedError)
    return isinstance(inner, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


def _next_step(problem: requests.RequestException) -> str:
    if isinstance(problem, requests.exceptions.SSLError):
        return "check that ca_file in [zvm_xcat] names the authority that signed it, for this host name"
    return "check that the management node runs and can be reached"


def _reason(problem: requests.RequestException) -> str:
    if isinstance(problem, requests.exceptions.SSLError):
        return "its certificate is not accepted"
    if isinstance(problem, requests.Timeout):
        return "time-out"
    return "no connection" if _never_sent(problem) else "the connection broke"
