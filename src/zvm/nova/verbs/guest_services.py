# SPDX-License-Identifier: Apache-2.0
"""What is done inside a guest, by its agent."""

from __future__ import annotations

from zvm.nova import agent, guest_network
from zvm.nova.session import Session


class GuestVerbs:
    """Verbs for the inside of guests."""

    _session: Session

    def set_admin_password(self, instance, new_pass):
        """Set a password."""
        agent.set_password(self._session, instance, new_pass)

    def quiesce(self, context, instance, image_meta):
        """Freeze the file systems."""
        agent.quiesce(self._session, instance)

    def unquiesce(self, context, instance, image_meta):
        """Thaw the file systems."""
        agent.unquiesce(self._session, instance)

    def inject_network_info(self, instance, nw_info):
        """Give the cards of a running guest their addresses, without a restart."""
        guest_network.apply(self._session, instance, nw_info)
