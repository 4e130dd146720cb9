# SPDX-License-Identifier: Apache-2.0
"""Writes every service's configuration of one cloud."""

from __future__ import annotations

from zvm.cloud import config_files
from zvm.cloud.layout import Layout
from zvm.cloud.profiles import Profile
from zvm.cloud.settings import glance, keystone, neutron, nova, placement


def write_openstack(layout: Layout, profile: Profile) -> None:
    """Write the five services' files, readable by their owner alone."""
    for path, groups in (
        (layout.config("keystone", "keystone.conf"), keystone.groups(layout, profile)),
        (layout.config("placement", "placement.conf"), placement.groups(layout, profile)),
        (layout.config("glance", "glance-api.conf"), glance.groups(layout, profile)),
        (layout.config("neutron", "neutron.conf"), neutron.groups(layout, profile)),
    ):
        config_files.write(path, groups)
    # nova-compute keeps its identity here, and does not make the folder.
    (layout.root / "nova").mkdir(exist_ok=True)
    nova_file = layout.config("nova", "nova.conf")
    config_files.write(nova_file, nova.groups(layout, profile), first=nova.seed(layout))
