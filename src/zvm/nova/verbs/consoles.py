# SPDX-License-Identifier: Apache-2.0
"""Consoles: the log of what a guest printed, and the live one."""

from __future__ import annotations

from zvm.nova import consoles
from zvm.nova.serial_console import SerialConsoles
from zvm.nova.session import Session
from zvm.nova.vnc.consoles import VncConsoles


class ConsoleVerbs:
    """Nova's verbs for consoles."""

    _session: Session
    _serial_consoles: SerialConsoles
    _vnc_consoles: VncConsoles

    def get_console_output(self, context, instance):
        """Return the end of the console's log."""
        return consoles.output(self._session, instance)

    def get_serial_console(self, context, instance):
        """Return the port at which nova-serialproxy finds the guest's live console."""
        return self._serial_consoles.open(instance)

    def get_vnc_console(self, context, instance):
        """Return the port at which nova-novncproxy finds the guest's live console as a picture."""
        return self._vnc_consoles.open(instance)

    def _end_consoles(self, instance):
        """End the guest's live consoles."""
        self._serial_consoles.close(instance)
        self._vnc_consoles.close(instance)
