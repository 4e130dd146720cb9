# SPDX-License-Identifier: Apache-2.0
"""The plugin that brings the driver into nova.virt."""

from __future__ import annotations

import importlib

import nova.virt
import os_vif

from zvm.nova import os_vif_plugin
from zvm.nova.driver import ZVMDriver


def test_the_driver_is_below_nova() -> None:
    assert importlib.import_module("nova.virt.zvm_xcat").ZVMDriver is ZVMDriver


def test_the_folder_joins_once() -> None:
    os_vif_plugin.join_nova()
    folders = [folder for folder in nova.virt.__path__ if folder.endswith("zvm/nova/virt")]
    assert len(folders) == 1


def test_os_vif_loads_it_and_it_plugs_nothing() -> None:
    os_vif.initialize()
    [info] = [
        plugin
        for plugin in os_vif.host_info(permitted_vif_type_names=None).plugin_info
        if plugin.plugin_name == "zvm"
    ]
    assert info.vif_info == []
    plugin = os_vif_plugin.ZVMPlugin(None)
    assert plugin.plug(None, None) is plugin.unplug(None, None) is None
