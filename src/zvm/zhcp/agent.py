# SPDX-License-Identifier: Apache-2.0
"""The QEMU guest agent protocol: JSON commands and answers, and the framing of a byte stream.

Over a stream the agent reads one JSON object after another and answers each with one line. A client that
opens the stream first sends the octet FF, which ends whatever a predecessor left half sent, and
``guest-sync-delimited`` with a random id; the agent answers with FF and that id, and all before it is stale.
Source: QEMU, docs/interop/qemu-ga and qga/qapi-schema.json.
"""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Any

from zvm.zhcp import errors
from zvm.zhcp.platform import Platform

_SENTINEL = b"\xff"
#: Longest answer that is read, in octets: a guest must not fill the zHCP's memory.
_LONGEST = 64 << 20

#: Commands that change nothing in the guest.
READ_ONLY = frozenset(
    {"guest-ping", "guest-info", "guest-sync", "guest-sync-delimited", "guest-exec-status"}
    | {"guest-network-get-interfaces", "guest-fsfreeze-status"}
)


def changes(command: str) -> bool:
    """Tell whether an agent command may change something in the guest."""
    return command not in READ_ONLY and not command.startswith("guest-get-")


class AgentStream:
    """Framing of the protocol on a byte stream, without I/O."""

    def __init__(self) -> None:
        self._buffer = b""
        self._awaited: int | None = None

    def sync(self, number: int) -> bytes:
        """Return what opens the conversation; until its answer is seen everything is passed over."""
        self._awaited = number
        self._buffer = b""
        return _SENTINEL + self.encode({"execute": "guest-sync-delimited", "arguments": {"id": number}})

    @staticmethod
    def encode(command: dict[str, Any]) -> bytes:
        """Return a command as octets."""
        return json.dumps(command).encode() + b"\n"

    @property
    def synchronised(self) -> bool:
        """Whether the agent has answered :meth:`sync`."""
        return self._awaited is None

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Take octets of the agent and return the answers that are complete.

        :raises errors.ZhcpError: an answer is longer than this side can take.
        """
        self._buffer += data
        if len(self._buffer) > _LONGEST:
            raise errors.ZhcpError(f"the guest's agent answered more than {_LONGEST} octets")
        if self._awaited is not None and _SENTINEL in self._buffer:
            self._buffer = self._buffer[self._buffer.rindex(_SENTINEL) + 1 :]
        answers = []
        while b"\n" in self._buffer:
            line, self._buffer = self._buffer.split(b"\n", 1)
            try:
                answer = json.loads(line)
            except ValueError:
                continue
            if not isinstance(answer, dict):
                continue
            if self._awaited is None:
                answers.append(answer)
            elif answer.get("return") == self._awaited:
                self._awaited = None
        return answers


@dataclass(frozen=True, slots=True)
class ExecResult:
    """How a command in a guest ended."""

    exit_code: int
    out: bytes
    err: bytes


class GuestAgent:
    """The agents in the guests of one z/VM system."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def execute(
        self, userid: str, command: str, arguments: dict[str, Any] | None = None, *, timeout: float = 30.0
    ) -> Any:
        """Give a command and return what the agent returns.

        :raises errors.Refused: the agent said no; ``explanation`` has its reason.
        :raises errors.NotFound: the guest is not logged on.
        :raises errors.Unreachable: the agent does not answer (yet).
        """
        message: dict[str, Any] = {"execute": command}
        if arguments:
            message["arguments"] = arguments
        answer = await self._platform.agent(userid, message, timeout=timeout)
        if "return" in answer:
            return answer["return"]
        error = answer.get("error") or {}
        reason = str(error.get("desc", "no reason given"))
        raise errors.Refused(
            f"the agent in {userid} refused {command}: {reason}",
            function=command,
            target=userid,
            explanation=reason,
            details={"class": str(error.get("class", ""))},
        )

    async def ping(self, userid: str, *, timeout: float = 5.0) -> bool:
        """Tell whether the agent answers."""
        try:
            await self.execute(userid, "guest-ping", timeout=timeout)
        except errors.ZhcpError:
            return False
        return True

    async def set_password(self, userid: str, username: str, password: str, *, timeout: float = 30.0) -> None:
        """Set the password of a user in the guest."""
        encoded = base64.b64encode(password.encode()).decode()
        arguments = {"username": username, "password": encoded, "crypted": False}
        await self.execute(userid, "guest-set-user-password", arguments, timeout=timeout)

    async def run(
        self, userid: str, path: str, arguments: list[str] | None = None, *, timeout: float = 60.0
    ) -> ExecResult:
        """Run a program in the guest and wait for its end; no shell is involved.

        :raises errors.OutcomeUnknown: it had not ended after ``timeout`` seconds.
        """
        started = await self.execute(
            userid,
            "guest-exec",
            {"path": path, "arg": arguments or [], "capture-output": True},
            timeout=timeout,
        )
        pause = 0.05
        try:
            async with asyncio.timeout(timeout):
                while True:
                    status = await self.execute(
                        userid, "guest-exec-status", {"pid": started["pid"]}, timeout=timeout
                    )
                    if status["exited"]:
                        break
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, 1.0)
        except TimeoutError as error:
            raise errors.OutcomeUnknown(f"{path} in {userid} still runs", target=userid) from error
        return ExecResult(
            exit_code=int(status.get("exitcode", status.get("signal", 0))),
            out=base64.b64decode(status.get("out-data", "")),
            err=base64.b64decode(status.get("err-data", "")),
        )
