# SPDX-License-Identifier: Apache-2.0
"""The names of the one site that the demo shows: its z/VM system, pool, switch and networks."""

from __future__ import annotations

#: The z/VM system as xCAT knows it (the hypervisor node) and the nova-compute host that drives it.
HYPERVISOR = "zvmssio1"
COMPUTE_HOST = HYPERVISOR
#: The node of the zHCP and its userid, which the simulator logs on by itself.
ZHCP_NODE = "zhcp"
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
