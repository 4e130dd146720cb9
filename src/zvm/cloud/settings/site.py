# SPDX-License-Identifier: Apache-2.0
"""The names of the site that a cloud shows: its z/VM systems, pool, switch and networks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """A z/VM system, alone or of a cluster, and what drives it.

    :ivar name: the system as xCAT knows it (the hypervisor node); its nova-compute and its network agent bear
        the same name as their host.
    :ivar zhcp: the node of its zHCP, whose userid is ZHCP on each system.
    :ivar manager: the management node that drives the zHCP.
    :ivar golden_userid: the owner of the golden minidisks that this node keeps there.
    """

    name: str
    zhcp: str
    manager: str = "manager"
    golden_userid: str = "ZVMGOLD"

    @property
    def system(self) -> str:
        """The name that CP says."""
        return self.name.upper()


#: The one system of the demo, and the first of the cluster in the cloud of separate services.
FIRST = Member("zvmssio1", "zhcp")
SECOND = Member("zvmssio2", "zhcp2")
#: The second where each system has a management node of its own. The cluster's directory is one, so what the
#: nodes own there has two names.
SECOND_ALONE = Member("zvmssio2", "zhcp2", "manager2", "ZVMGOLD2")
XCAT_USER = "root"
XCAT_MASTER = "xcatmaster"
#: The disk pool and the virtual switch of the simulator's built-in configuration.
DISK_POOL = "POOL1"
VSWITCH = "XCATVSW1"
#: VMLAN USERPREFIX of the simulator, as the first half of a MAC address.
MAC_PREFIX = "02:00:06"
#: Neutron's name of the physical network behind the switch, and the VLANs it may give out.
PHYSICAL_NETWORK = "physnet1"
VLANS = range(100, 200)
#: Channel path → the first of its FCP devices, and how many each has.
CHPIDS = {"50": "1F00", "51": "2F00"}
FCP_COUNT = 64
#: They as nova-compute's option has them.
FCP_DEVICES = ";".join(f"{rdev}-{int(rdev, 16) + FCP_COUNT - 1:04X}" for rdev in CHPIDS.values())
