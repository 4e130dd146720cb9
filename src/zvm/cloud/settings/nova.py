# SPDX-License-Identifier: Apache-2.0
"""Nova's options: the 2013 file as it was written, and what today's Nova needs beside it."""

from __future__ import annotations

from pathlib import Path

from zvm.cloud.config_files import Groups, Value
from zvm.cloud.layout import HOST, Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.settings.common import LOGGING, SILENT, credentials, token_check
from zvm.cloud.settings.site import DISK_POOL, FCP_DEVICES, FIRST, XCAT_USER, Member

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

#: The pages for browsers, of Debian's package novnc.
NOVNC = Path("/usr/share/novnc")
#: Nova's own choice, and those for which users give hints (``--hint different_host=…``).
FILTERS = (
    *("ComputeFilter", "ComputeCapabilitiesFilter", "ImagePropertiesFilter"),
    *("ServerGroupAntiAffinityFilter", "ServerGroupAffinityFilter"),
    *("SameHostFilter", "DifferentHostFilter"),
)


def seed(layout: Layout) -> str:
    """Return the 2013 configuration for this cloud's management node."""
    return SEED.format(server=layout.url("manager"), password=layout.password("manager"))


def state(layout: Layout, member: Member) -> Path:
    """Return the folder in which the nova-compute of ``member`` keeps its identity."""
    return layout.root / "nova" / member.name


def whole(layout: Layout, profile: Profile) -> Groups:
    """Return what nova.conf holds beside :func:`seed` where all of Nova is one process."""
    merged: dict[str, dict[str, Value]] = {}
    for part in (api(layout, profile), compute(layout, profile, FIRST, seed=True)):
        for group, options in part.items():
            merged.setdefault(group, {}).update(options)
    del merged["DEFAULT"]["instance_name_template"], merged["serial_console"]  # no proxies there
    merged["vnc"] = {"enabled": False}
    merged["database"] = profile.database(layout, "nova")
    return merged


def api(layout: Layout, profile: Profile) -> Groups:
    """Return the options of API, scheduler and super conductor."""
    return {
        **_common(layout),
        "DEFAULT": {
            **_common(layout)["DEFAULT"],
            "host": "super-conductor",
            "transport_url": profile.transport(layout),
            "instance_name_template": "ibm%04x",
            # Where no other z/VM system can take it, a server is resized where it is.
            "allow_resize_to_same_host": len({one.manager for one in profile.members})
            == len(profile.members),
        },
        "serial_console": {
            **_serial_console(layout),
            "serialproxy_host": HOST,
            "serialproxy_port": layout.port("nova-serialproxy"),
        },
        "neutron": {
            **_common(layout)["neutron"],
            "service_metadata_proxy": True,
            "metadata_proxy_shared_secret": layout.password("metadata"),
        },
        "vnc": {
            **_vnc(layout),
            "novncproxy_host": HOST,
            "novncproxy_port": layout.port("nova-novncproxy"),
        },
        "api_database": profile.database(layout, "nova_api"),
        "database": profile.database(layout, "nova_cell0"),
        "keystone_authtoken": token_check(layout, "nova"),
        "filter_scheduler": {"enabled_filters": ",".join(FILTERS)},
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 5},
        "conductor": {"workers": 1},
        "quota": {"instances": 1000, "cores": 10_000, "ram": 10_000_000},
    }


def cell(layout: Layout, profile: Profile) -> Groups:
    """Return the options of the cell's conductor."""
    return {
        **_common(layout),
        "DEFAULT": {
            **_common(layout)["DEFAULT"],
            "host": "cell-conductor",
            "transport_url": profile.transport(layout, cell=True),
        },
        # A build checks the policy of its server group once more when it has a host, which asks the API's.
        "api_database": profile.database(layout, "nova_api"),
        "database": profile.database(layout, "nova"),
        "conductor": {"workers": 1},
    }


def compute(layout: Layout, profile: Profile, member: Member, *, seed: bool) -> Groups:
    """Return the options of the nova-compute of ``member``, which has no database.

    :param seed: the options of :func:`seed` stand above them.
    """
    own: dict[str, Value] = {"snapshots_directory": layout.root / "nova" / "snapshots"}
    default: dict[str, Value] = {}
    if not seed:
        default = {"compute_driver": "zvm_xcat.ZVMDriver", "instance_name_template": "ibm%04x"}
        own |= {
            "server": layout.url(member.manager),
            "username": XCAT_USER,
            "password": layout.password("manager"),
            "host": member.name,
            "diskpool": DISK_POOL,
            "user_profile": "LNXDFLT",
            "reachable_timeout": 600,
        }
    if profile.volumes == "fibre-channel":
        own["fcp_devices"] = FCP_DEVICES
    return {
        **_common(layout),
        "DEFAULT": {
            **_common(layout)["DEFAULT"],
            **default,
            "host": member.name,
            "transport_url": profile.transport(layout, cell=True),
            "state_path": state(layout, member),
            "instances_path": state(layout, member) / "instances",
            "vif_plugging_is_fatal": True,
            "vif_plugging_timeout": 60,
            # A server that was deleted while this service was killed goes within a minute, not half an hour.
            "running_deleted_instance_poll_interval": 60,
        },
        "serial_console": {**_serial_console(layout), "proxyclient_address": HOST},
        "vnc": {**_vnc(layout), "server_listen": HOST, "server_proxyclient_address": HOST},
        "zvm_xcat": own,
    }


def _serial_console(layout: Layout) -> dict[str, Value]:
    """Return where browsers and programs find the proxy of serial consoles."""
    return {"enabled": True, "base_url": f"ws://{HOST}:{layout.port('nova-serialproxy')}/"}


def _vnc(layout: Layout) -> dict[str, Value]:
    """Return where browsers find the proxy of VNC consoles, and whether there is one."""
    base = f"http://{HOST}:{layout.port('nova-novncproxy')}/vnc_auto.html"
    return {"enabled": NOVNC.exists(), "novncproxy_base_url": base}


def _common(layout: Layout) -> dict[str, dict[str, Value]]:
    """Return what all of Nova's services share."""
    return {
        "DEFAULT": {
            **LOGGING,
            "my_ip": HOST,
            # The host is to be known at once, not after a random part of a minute.
            "periodic_fuzzy_delay": 0,
        },
        # Neutron lets only a service delete the port of a server, on behalf of whoever deletes the server.
        "service_user": {**credentials(layout, "nova"), "send_service_user_token": True},
        "placement": credentials(layout, "placement"),
        "neutron": credentials(layout, "neutron"),
        "glance": {"endpoint_override": layout.url("glance")},
        "cinder": credentials(layout, "cinder"),
        "vnc": {"enabled": False},
        "oslo_concurrency": {"lock_path": layout.root / "locks"},
        "oslo_messaging_notifications": SILENT,
    }
