# SPDX-License-Identifier: Apache-2.0
"""The verbs that look at a guest, and that make it tell why it hangs."""

from __future__ import annotations

from zvm.nova import dumps
from zvm.nova.diagnostics import GuestDiagnostics
from zvm.nova.session import Session


class DiagnosisVerbs:
    """Diagnostics and dumps."""

    _session: Session
    _diagnostics: GuestDiagnostics

    def get_diagnostics(self, instance):
        """Return what z/VM knows of the guest, in a form of its own."""
        return self._diagnostics.plain(instance)

    def get_instance_diagnostics(self, instance):
        """Return what z/VM knows of the guest."""
        return self._diagnostics.standard(instance)

    def trigger_crash_dump(self, instance):
        """Let the guest's kernel make a dump, or CP."""
        dumps.trigger(self._session, instance)
