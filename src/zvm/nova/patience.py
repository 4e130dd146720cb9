# SPDX-License-Identifier: Apache-2.0
"""Which verbs wait for a management node or zHCP that restarts: those that do what somebody asked for.

The others are questions and periodic work, which Nova repeats, and calls whose caller waits a minute at most.
The state of a guest is asked for by both.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from nova import objects

T = TypeVar("T")

_VERBS = (
    "spawn",
    "failed_spawn_cleanup",
    "destroy",
    "cleanup",
    "rebuild",
    "power_on",
    "power_off",
    "reboot",
    "pause",
    "unpause",
    "suspend",
    "resume",
    "soft_delete",
    "restore",
    "rescue",
    "unrescue",
    "snapshot",
    "trigger_crash_dump",
    "attach_interface",
    "detach_interface",
    "attach_volume",
    "detach_volume",
    "swap_volume",
    "extend_volume",
    "migrate_disk_and_power_off",
    "finish_migration",
    "confirm_migration",
    "finish_revert_migration",
    "pre_live_migration",
    "rollback_live_migration_at_destination",
    "post_live_migration_at_destination",
)


def patient(driver: type[T]) -> type[T]:
    """Let the verbs of a driver class that has ``_session`` be patient for ``[zvm_xcat]retry_timeout``."""
    for name in _VERBS:
        setattr(driver, name, _patient(getattr(driver, name)))
    return driver


def asked_for(instance: objects.Instance) -> bool:
    """Return whether the instance is somebody's request's: those of Nova's own work have no user."""
    return getattr(instance._context, "user_id", None) is not None


def _patient(verb: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(verb)
    def waiting(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self._session.patient():
            return verb(self, *args, **kwargs)

    # Nova's own checks of drivers do not look behind a wrapper.
    waiting.__signature__ = inspect.signature(verb)  # type: ignore[attr-defined]
    return waiting
