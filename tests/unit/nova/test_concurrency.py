# SPDX-License-Identifier: Apache-2.0
"""These tests run under native threads; ``make test-eventlet`` runs them under eventlet."""

from __future__ import annotations

import os
import threading

from nova import monkey_patch


def test_the_mode_is_the_one_that_was_asked_for() -> None:
    wanted = os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"].lower() in ("0", "false", "no")
    assert monkey_patch.is_patched() == wanted
    assert (threading.current_thread.__module__ == "eventlet.green.threading") == wanted
