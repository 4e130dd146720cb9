# SPDX-License-Identifier: Apache-2.0
"""What happens at the worst moment: right after the driver has made a call to the management node."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.polling import wait_until
from zvm.nova.session import Session


class Killed(BaseException):
    """The compute service is gone: nothing of its own catches this."""


@contextmanager
def after(step: str, happens: Callable[[], object]) -> Iterator[None]:
    """Call ``happens`` each time that the driver has called the method ``step`` of its session."""
    call = getattr(Session, step)

    def interrupted(session: Session, *args: Any) -> None:
        call(session, *args)
        happens()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, step, interrupted)
        yield


@contextmanager
def service_dies_after(step: str) -> Iterator[None]:
    """Let a compute service die after ``step``, and wait until it has; whoever asks for that restarts it."""
    dead = threading.Event()

    def die() -> None:
        dead.set()
        raise Killed

    with after(step, die):
        yield
        assert dead.wait(120), f"nobody called {step}"


@contextmanager
def service_dies_during(step: str, is_so: Callable[[], object]) -> Iterator[None]:
    """Let a compute service die in the middle of ``step``, as soon as ``is_so``; the node goes on."""
    call, dead = getattr(Session, step), threading.Event()

    def interrupted(*args: Any) -> None:
        threading.Thread(target=call, args=args, daemon=True).start()
        wait_until(is_so)
        dead.set()
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, step, interrupted)
        yield
        assert dead.wait(120), f"nobody called {step}"
