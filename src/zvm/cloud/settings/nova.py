# SPDX-License-Identifier: Apache-2.0
"""Nova's options: the 2013 file as it was written, and what today's Nova needs beside it."""

from __future__ import annotations

from zvm.cloud.config_files import Groups
from zvm.cloud.layout import HOST, Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.settings.common import LOGGING, SILENT, credentials, token_check
from zvm.cloud.settings.site import COMPUTE_HOST

#: The configuration that the design of 2013 printed; only its address and its password are this cloud's.
SEED = """\
libvirt_type=zvm
compute_driver = zvm.ZVMDriver
libvirt_vif_driver = nova.virt.libvirt.vif.LibvirtHybridOVSBridgeDriver
network_api_class = nova.network.quantumv2.api.API
zvm_xcat_master = xcatmaster
zvm_snapshots_directory=/opt/stack/data/nova/images
instance_name_template = ibm%04x
zvm_diskpool = pool1
zvm_scsi_pool = smpool
zvm_xcat_server = {server}
zvm_xcat_username = root
zvm_xcat_password = {password}
zvm_host = zvmssio1
zvm_user_profile = lnxdflt
config_drive_format=tgz
zvm_reachable_timeout=600
"""


def seed(layout: Layout) -> str:
    """Return the 2013 configuration for this cloud's management node."""
    return SEED.format(server=layout.url("manager"), password=layout.password("manager"))


def groups(layout: Layout, profile: Profile) -> Groups:
    """Return what nova.conf holds beside :func:`seed`."""
    return {
        "DEFAULT": {
            **LOGGING,
            "my_ip": HOST,
            "host": COMPUTE_HOST,
            "transport_url": profile.transport(layout),
            "state_path": layout.root / "nova",
            "instances_path": layout.root / "nova" / "instances",
            # The host is to be known at once, not after a random part of a minute.
            "periodic_fuzzy_delay": 0,
            "vif_plugging_is_fatal": True,
            "vif_plugging_timeout": 60,
        },
        "api_database": profile.database(layout, "nova_api"),
        "database": profile.database(layout, "nova"),
        "keystone_authtoken": token_check(layout, "nova"),
        # Neutron lets only a service delete the port of a server, on behalf of whoever deletes the server.
        "service_user": {**credentials(layout, "nova"), "send_service_user_token": True},
        "placement": credentials(layout, "placement"),
        "neutron": credentials(layout, "neutron"),
        "glance": {"endpoint_override": layout.url("glance")},
        "vnc": {"enabled": False},
        "scheduler": {"workers": 1},
        "conductor": {"workers": 1},
        "quota": dict.fromkeys(("instances", "cores", "ram"), -1),
        "zvm_xcat": {"snapshots_directory": layout.root / "nova" / "snapshots"},
        "oslo_concurrency": {"lock_path": layout.root / "locks"},
        "oslo_messaging_notifications": SILENT,
    }
