# SPDX-License-Identifier: Apache-2.0
"""SMAPI calls of the zHCP: so many at once, a busy directory manager waited out, each one counted.

z/VM has few SMAPI worker machines: what is sent beyond their number only queues up there and runs into its
own time-out, so it queues here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from typing import Any, Protocol

import tenacity

from zvm.smapi import errors as smapi_errors
from zvm.smapi.events import Event
from zvm.smapi.frames import Reply
from zvm.zhcp import errors
from zvm.zhcp.metrics import Metrics

LOG = logging.getLogger(__name__)

#: DirMaint busy: messages DVH1185 and DVH6312 as rs of rc 596. Nothing was done.
_BUSY = frozenset({(596, 1185), (596, 6312)})
#: The entry (400) or a disk of it (408) is locked.
_LOCKED = frozenset({(400, 12), (408, 12)})


class SmapiClient(Protocol):
    """The asynchronous client of :mod:`zvm.smapi.aio`."""

    async def call(self, function: str, target: str, *, timeout: float, **parameters: Any) -> Reply: ...

    def events(self) -> AsyncGenerator[Event, None]: ...


class SmapiSession:
    """The way to the SMAPI of one z/VM system.

    :param limit: calls in flight at once.
    :param busy_limit: seconds that a busy directory manager is waited out.
    :param busy_interval: the first pause in seconds; it doubles up to 15.
    """

    def __init__(
        self,
        client: SmapiClient,
        *,
        limit: int = 8,
        busy_limit: float = 120.0,
        busy_interval: float = 1.0,
        metrics: Metrics | None = None,
    ) -> None:
        self._client = client
        self._slots = asyncio.Semaphore(limit)
        self._busy_limit = busy_limit
        self._busy_interval = busy_interval
        self._metrics = metrics or Metrics()

    def events(self) -> AsyncGenerator[Event, None]:
        """Subscribe to z/VM's events; see :meth:`zvm.smapi.aio.AsyncClient.events`."""
        return self._client.events()

    async def call(self, function: str, target: str, *, timeout: float = 240.0, **parameters: Any) -> Reply:
        """Call a SMAPI function; see :meth:`zvm.smapi.aio.AsyncClient.call`.

        :raises errors.Refused: z/VM said no.
        :raises errors.Busy: it was busy, or the entry locked by running work, for longer than the limit.
        :raises errors.Unreachable: nothing was done.
        :raises errors.OutcomeUnknown: sent, and the answer is lost.
        :raises errors.Invalid: a parameter breaks the function's rules.
        """
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(errors.Busy),
            wait=tenacity.wait_random_exponential(multiplier=self._busy_interval, min=0, max=15.0),
            stop=tenacity.stop_after_delay(self._busy_limit),
            before_sleep=self._pausing,
            reraise=True,
        )
        reply: Reply = await attempts(self._attempt, function, target, timeout, parameters)
        return reply

    def _pausing(self, state: tenacity.RetryCallState) -> None:
        self._metrics.busy_waits.inc()
        LOG.info("busy, asking again: %s", state.outcome.exception() if state.outcome else "")

    async def _attempt(self, function: str, target: str, timeout: float, parameters: dict[str, Any]) -> Reply:
        try:
            return await self._sent(function, target, timeout, parameters)
        except errors.Refused as error:
            code = (error.rc, error.rs)
            if code in _BUSY or (code in _LOCKED and await self._lock_passes(target)):
                raise errors.Busy(
                    error.message,
                    function=error.function,
                    target=error.target,
                    rc=error.rc,
                    rs=error.rs,
                    explanation=error.explanation,
                    next_step=error.next_step,
                    details=error.details,
                ) from error
            raise

    async def _lock_passes(self, target: str) -> bool:
        """Tell whether a lock belongs to running work: not so when the whole entry is locked by somebody.

        DirMaint locks single disks while it works on them. A lock on the entry was set by a person or a
        program and stays until that one takes it off: waiting would not help.
        """
        try:
            reply = await self._sent("Image_Lock_Query_DM", target, 60.0, {})
        except errors.ZhcpError:
            return True
        return not _entry_locked(reply)

    async def _sent(self, function: str, target: str, timeout: float, parameters: dict[str, Any]) -> Reply:
        started = time.monotonic()
        outcome = "failed"
        try:
            async with self._slots:
                reply = await self._client.call(function, target, timeout=timeout, **parameters)
            outcome = "done"
            return reply
        except smapi_errors.SmapiError as error:
            outcome = "refused"
            raise refused(error) from error
        except smapi_errors.OutcomeUnknown as error:
            outcome = "unknown"
            raise errors.OutcomeUnknown(
                str(error),
                function=function,
                target=target,
                details={"request_id": error.request_id},
            ) from error
        except smapi_errors.NotSupported as error:
            raise errors.NotSupported(str(error), function=function, target=target) from error
        except smapi_errors.Unreachable as error:
            outcome = "unreachable"
            raise errors.Unreachable(
                str(error),
                function=function,
                target=target,
                next_step="Check that the SMAPI servers (VSMGUARD, VSMREQIU, VSMWORKn) are logged on.",
            ) from error
        except smapi_errors.UnknownFunction as error:
            raise errors.NotFound(str(error), function=function, target=target) from error
        except smapi_errors.InvalidParameter as error:
            raise errors.Invalid(str(error), function=function, target=target) from error
        except smapi_errors.SmapiFault as error:
            outcome = "unknown"
            raise errors.OutcomeUnknown(str(error), function=function, target=target) from error
        finally:
            if outcome != "failed":
                self._metrics.smapi_calls.labels(function, outcome).inc()
                self._metrics.smapi_seconds.labels(function).observe(time.monotonic() - started)


def refused(error: smapi_errors.SmapiError) -> errors.Refused:
    """Return a refusal of SMAPI in the zHCP's form."""
    return errors.Refused(
        str(error),
        function=error.function,
        target=error.target,
        rc=error.rc,
        rs=error.rs,
        explanation=error.explanation.text,
        next_step=error.explanation.next_step,
        details={"text": error.text} if error.text else {},
    )


def _entry_locked(reply: Reply) -> bool:
    return str(reply.values.get("lockedTypeImageLockedBy", "")).upper().startswith("IMAGE ")
