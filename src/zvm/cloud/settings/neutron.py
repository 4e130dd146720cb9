# SPDX-License-Identifier: Apache-2.0
"""Neutron's options, the z/VM agent's included."""

from __future__ import annotations

from zvm.cloud.config_files import Groups, Value
from zvm.cloud.layout import HOST, Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.settings.common import LOGGING, SILENT, credentials, shipped, token_check
from zvm.cloud.settings.site import FIRST, MAC_PREFIX, PHYSICAL_NETWORK, VLANS, VSWITCH, XCAT_USER, Member


def groups(layout: Layout, profile: Profile) -> Groups:
    """Return the contents of neutron.conf; where all is one process, the first agent reads it too."""
    return {
        "DEFAULT": {
            **LOGGING,
            "bind_host": HOST,
            "host": FIRST.name,
            "core_plugin": "ml2",
            "service_plugins": "trunk",
            "auth_strategy": "keystone",
            "transport_url": profile.transport(layout),
            "api_paste_config": shipped("neutron", "api-paste.ini"),
            "state_path": layout.root / "neutron",
            "dhcp_agent_notification": False,
            "notify_nova_on_port_status_changes": True,
            "notify_nova_on_port_data_changes": True,
            # Only the last three octets can be chosen on z/VM; the first three are VMLAN USERPREFIX.
            "base_mac": f"{MAC_PREFIX}:00:00:00",
        },
        "ml2": {
            "type_drivers": "local,flat,vlan",
            "tenant_network_types": "vlan",
            "mechanism_drivers": "zvm",
            "extension_drivers": "port_security",
        },
        "ml2_type_flat": {"flat_networks": PHYSICAL_NETWORK},
        "ml2_type_vlan": {"network_vlan_ranges": f"{PHYSICAL_NETWORK}:{VLANS[0]}:{VLANS[-1]}"},
        "quotas": dict.fromkeys(("quota_network", "quota_subnet", "quota_port"), -1),
        "zvm_agent": _agent(FIRST),
        "zvm_xcat": {
            "server": layout.url("manager"),
            "username": XCAT_USER,
            "password": layout.password("manager"),
        },
        "database": profile.database(layout, "neutron"),
        "keystone_authtoken": token_check(layout, "neutron"),
        "nova": credentials(layout, "nova"),
        "placement": credentials(layout, "placement"),
        "oslo_concurrency": {"lock_path": layout.root / "locks"},
        "oslo_messaging_notifications": SILENT,
    }


def agent(layout: Layout, member: Member) -> Groups:
    """Return what the agent of ``member`` reads after neutron.conf."""
    return {
        "DEFAULT": {"host": member.name},
        "zvm_agent": _agent(member),
        "agent": {"report_interval": 10},
        "zvm_xcat": {"host": member.name, "server": layout.url(member.manager)},
    }


def _agent(member: Member) -> dict[str, Value]:
    return {
        "host": member.name,
        "vswitch_mappings": f"{PHYSICAL_NETWORK}:{VSWITCH}",
        "polling_interval": 1,
    }
