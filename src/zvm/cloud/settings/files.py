# SPDX-License-Identifier: Apache-2.0
"""Writes every service's configuration of one cloud."""

from __future__ import annotations

from zvm.cloud import config_files
from zvm.cloud.layout import Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.settings import cinder, glance, keystone, neutron, nova, placement


def write_openstack(layout: Layout, profile: Profile) -> None:
    """Write the services' files, readable by their owner alone."""
    for path, groups in (
        (layout.config("keystone", "keystone.conf"), keystone.groups(layout, profile)),
        (layout.config("placement", "placement.conf"), placement.groups(layout, profile)),
        (layout.config("glance", "glance-api.conf"), glance.groups(layout, profile)),
        (layout.config("neutron", "neutron.conf"), neutron.groups(layout, profile)),
    ):
        config_files.write(path, groups)
    for member in profile.members:
        # nova-compute keeps its identity here, and does not make the folder.
        nova.state(layout, member).mkdir(parents=True, exist_ok=True)
    if profile.name == "embedded":
        nova_file = layout.config("nova", "nova.conf")
        config_files.write(nova_file, nova.whole(layout, profile), first=nova.seed(layout))
    else:
        _write_separate(layout, profile)


def _write_separate(layout: Layout, profile: Profile) -> None:
    """Write the files of what is one process per service."""
    config_files.write(layout.config("cinder", "cinder.conf"), cinder.groups(layout, profile))
    for name in ("conversion", "coordination"):
        (layout.root / "cinder" / name).mkdir(parents=True, exist_ok=True)
    config_files.write(layout.config("nova", "nova.conf"), nova.api(layout, profile))
    # What nova-manage reads: its database is the cell's.
    config_files.write(
        layout.config("nova", "manage.conf"),
        {**nova.api(layout, profile), "database": profile.database(layout, "nova")},
    )
    config_files.write(layout.config("nova", "cell1.conf"), nova.cell(layout, profile))
    for member in profile.members:
        first = nova.seed(layout) if member is profile.members[0] else ""
        file = layout.config("nova", f"compute-{member.name}.conf")
        config_files.write(file, nova.compute(layout, profile, member, seed=bool(first)), first=first)
        file = layout.config("neutron", f"agent-{member.name}.conf")
        config_files.write(file, neutron.agent(layout, member))
