# SPDX-License-Identifier: Apache-2.0
"""What every xCAT command is made of: the call, the report it writes, and how failures become texts.

A command is an async function of the management node and a call that returns responses. It raises what goes
wrong; here that becomes xCAT's error texts, for one node without touching the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from zvm.directory.errors import DirectoryError
from zvm.manager.errors import ManagerError
from zvm.manager.service import ManagementNode
from zvm.manager.tasks import Progress
from zvm.xcat import envelope
from zvm.xcat.envelope import Response
from zvm.xcat.smcli_text import Failure
from zvm.zhcp.errors import Refused as ZvmRefused
from zvm.zhcp.errors import ZhcpError

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One xCAT command as it was called.

    :ivar nodes: the nodes it is for, all of which exist (but see ``Command.nodes_exist``).
    :ivar args: its arguments.
    :ivar options: what stood in the query beside: field, criteria, col ...
    :ivar objectid: Nova's uuid of the instance, where the caller told it.
    """

    command: str
    nodes: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    objectid: str = ""
    progress: Progress = field(default_factory=Progress)

    def option(self, name: str) -> str:
        """Return the first value of the option ``name``, or ""."""
        values = self.options.get(name)
        return values[0] if values else ""

    def pairs(self) -> dict[str, str]:
        """Return the arguments of the form ``key=value``; one without ``=`` is a flag with the value 1."""
        found = {}
        for argument in self.args:
            key, equals, value = argument.partition("=")
            found[key] = value if equals else "1"
        return found


Run = Callable[[ManagementNode, Call], Awaitable[list[Response]]]


@dataclass(frozen=True, slots=True)
class Command:
    """How a command is run.

    :ivar needs_nodes: it is for nodes, which must exist.
    :ivar named: the nodes that its arguments name, of a command that is called for no range of nodes.
    :ivar exclusive: no other exclusive command may run for its nodes meanwhile.
    """

    run: Run
    needs_nodes: bool = False
    exclusive: bool = False
    named: Callable[[Call], list[str]] | None = None


class StepFailed(Exception):
    """A step that z/VM did not do.

    :ivar sentence: what was attempted: ``Activating LINUX01``.
    """

    def __init__(self, sentence: str, cause: ZhcpError) -> None:
        super().__init__(f"{sentence}: {cause}")
        self.sentence = sentence
        self.cause = cause


@contextmanager
def step(sentence: str) -> Iterator[None]:
    """Say what is attempted within, for the text of its failure."""
    try:
        yield
    except ZhcpError as error:
        raise StepFailed(sentence, error) from error


class Report:
    """What a command tells about one node."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.responses: list[Response] = []

    def info(self, text: str) -> None:
        """Add a text; the node's name goes before it."""
        self.responses.append(envelope.info(f"{self.node}: {text}"))

    def lines(self, lines: Iterable[str]) -> None:
        """Add lines as one text, the node's name before each."""
        self.responses.append(envelope.info("".join(f"{self.node}: {line}\n" for line in lines)))

    def raw(self, response: Response) -> None:
        """Add a response as it is."""
        self.responses.append(response)

    def failed(self, error: Exception) -> None:
        """Add the error."""
        self.responses.append(failure(error, self.node))


def failure(error: Exception, node: str = "") -> Response:
    """Return the response that tells of ``error``, in xCAT's words and with the facts for our own client."""
    prefix = f"{node}: " if node else ""
    cause = error.cause if isinstance(error, StepFailed) else error
    if isinstance(cause, ZvmRefused) and cause.rc is not None and cause.rs is not None:
        sentence = error.sentence if isinstance(error, StepFailed) else f"{cause.function} {cause.target}"
        text = str(
            Failure(
                sentence,
                cause.rc,
                cause.rs,
                one_line(cause.explanation or cause.message),
                one_line(cause.next_step),
            )
        )
    elif isinstance(cause, (ZhcpError, ManagerError)):
        text = f"(Error) {cause.message}" + (f" ({cause.next_step})" if cause.next_step else "")
    elif isinstance(cause, DirectoryError):
        text = f"(Error) {cause}"
    else:
        LOG.error("a command failed", exc_info=cause)
        text = "(Error) an error inside the management node; its log tells more"
    return envelope.error(prefix + text, details=facts(cause))


def facts(error: BaseException) -> dict[str, Any]:
    """Return what is known of ``error``, as the extension API tells it."""
    if isinstance(error, ZhcpError):
        told: dict[str, Any] = error.to_json()["error"]
        return told
    if isinstance(error, ManagerError):
        return {"kind": error.kind, "message": error.message, "next_step": error.next_step}
    if isinstance(error, DirectoryError):
        return {"kind": "invalid", "message": str(error)}
    return {"kind": "internal", "message": "an error inside the management node; its log tells more"}


def one_line(text: str) -> str:
    """Return ``text`` without line breaks."""
    return " ".join(text.split())


async def each(
    call: Call, work: Callable[[str, Report], Awaitable[None]], *, at_once: int = 8
) -> list[Response]:
    """Do ``work(node, report)`` for each node of the call; one that fails does not stop the others."""
    limit = asyncio.Semaphore(at_once)

    async def one(node: str) -> Report:
        report = Report(node)
        async with limit:
            try:
                await work(node, report)
            except Exception as error:  # becomes this node's error
                report.failed(error)
        return report

    reports = await asyncio.gather(*(one(node) for node in call.nodes))
    return [response for report in reports for response in report.responses]
