# SPDX-License-Identifier: Apache-2.0
"""Verbs about what happens without Nova, and about the host as a whole."""

from __future__ import annotations

from zvm.nova.lifecycle import Lifecycle


class LifecycleVerbs:
    """Events of guests."""

    _lifecycle: Lifecycle

    def register_event_listener(self, callback):
        """Take Nova's callback and begin to listen for events; None: end."""
        super().register_event_listener(callback)
        if callback is None:
            self._lifecycle.stop()
        else:
            self._lifecycle.start()
