# SPDX-License-Identifier: Apache-2.0
"""The verb of maintenance.

There is no ``host_power_action``: nova-compute's way to z/VM leads through guests of that very z/VM system,
so what shuts it down could neither report the end nor start it again; that is done at the HMC.
"""

from __future__ import annotations

from zvm.nova.maintenance import Maintenance


class MaintenanceVerbs:
    """A z/VM system is emptied before it is shut down."""

    _maintenance: Maintenance

    def host_maintenance_mode(self, host, mode):
        """Begin to move all guests that run to other members of the cluster, or take new ones again."""
        return self._maintenance.begin() if mode else self._maintenance.end()
