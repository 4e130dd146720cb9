# SPDX-License-Identifier: Apache-2.0
"""Consoles: the log of what a guest printed, and the live one."""

from __future__ import annotations

from zvm.nova import consoles
from zvm.nova.serial_console import SerialConsoles
from zvm.nova.session import Session


class ConsoleVerbs:
    """Nova's verbs for consoles."""

    _session: Session
    _serial_consoles: SerialConsoles

    def get_console_output(self, context, instance):
        """Return the end of the console's log."""
        return consoles.output(self._session, instance)

    def get_serial_console(self, context, instance):
        """Return the port at which nova-serialproxy finds the guest's live console."""
        return self._serial_consoles.open(instance)
