# SPDX-License-Identifier: Apache-2.0
"""The way into a stock nova-compute: an os-vif plugin, which it loads before it loads its driver.

Nova finds drivers below its own package only. No file of ours is laid there, since that would hide an
editable Nova behind a namespace; instead the import of this module adds our folder to ``nova.virt``'s path.
The plugin itself has nothing to plug: network cards are made by the management node.
"""

from __future__ import annotations

from pathlib import Path

import nova.virt
from os_vif import objects
from os_vif.plugin import PluginBase

_FOLDER = str(Path(__file__).parent / "virt")


def join_nova() -> None:
    """Make ``nova.virt.zvm_xcat`` importable."""
    if _FOLDER not in nova.virt.__path__:
        nova.virt.__path__.append(_FOLDER)


join_nova()


class ZVMPlugin(PluginBase):
    """An os-vif plugin without VIF types."""

    def describe(self) -> objects.host_info.HostPluginInfo:
        """Return that this plugin plugs nothing."""
        return objects.host_info.HostPluginInfo(plugin_name="zvm", vif_info=[])

    def plug(self, vif: objects.vif.VIFBase, instance_info: objects.instance_info.InstanceInfo) -> None:
        """Do nothing; the driver couples network cards itself."""

    def unplug(self, vif: objects.vif.VIFBase, instance_info: objects.instance_info.InstanceInfo) -> None:
        """Do nothing; the driver uncouples network cards itself."""
