# SPDX-License-Identifier: Apache-2.0
"""The nova.conf of 2013, as it was written, read by today's Nova."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: Verbatim but for the address and the password.
SEED = """[DEFAULT]
libvirt_type=zvm
compute_driver = zvm.ZVMDriver
libvirt_vif_driver = nova.virt.libvirt.vif.LibvirtHybridOVSBridgeDriver
network_api_class = nova.network.quantumv2.api.API
zvm_xcat_master = xcatmaster
zvm_snapshots_directory=/opt/stack/data/nova/images
instance_name_template = ibm%04x
zvm_diskpool = pool1
zvm_scsi_pool = smpool
zvm_xcat_server = 127.0.0.1
zvm_xcat_username = root
zvm_xcat_password = secret
zvm_host = zvmssio1
zvm_user_profile = lnxdflt
config_drive_format=tgz
zvm_reachable_timeout=600
"""

#: Reads every option, as nova-compute does at its start; prints what the driver would see.
READ = """
import logging, sys
from nova.cmd import compute
from zvm.nova import launcher, os_vif_plugin
if sys.argv.pop(1) == "launcher":
    launcher.accept_seed_values()
    launcher.accept_seed_values()
import nova.conf
from nova.virt import driver
nova.conf.CONF(sys.argv[1:], project="nova")
nova.conf.CONF.log_opt_values(logging.getLogger(), logging.DEBUG)
print(nova.conf.CONF.compute_driver, nova.conf.CONF.force_config_drive, nova.conf.CONF.config_drive_format)
loaded = driver.load_compute_driver(None)
print(type(loaded).__module__, nova.conf.CONF.zvm_xcat.host, nova.conf.CONF.instance_name_template)
"""


def read(tmp_path: Path, how: str, text: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "nova.conf"
    path.write_text(text)
    return subprocess.run(
        [sys.executable, "-c", READ, how, "--config-file", str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_launcher_reads_it_and_loads_our_driver(tmp_path: Path) -> None:
    result = read(tmp_path, "launcher", SEED + "force_config_drive = always\n")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "zvm_xcat.ZVMDriver True tgz",
        "zvm.nova.driver zvmssio1 ibm%04x",
    ]


def test_stock_nova_refuses_the_value_that_the_launcher_adds(tmp_path: Path) -> None:
    """Goes wrong when Nova learns the value: the launcher can then be dropped."""
    result = read(tmp_path, "stock", SEED)
    assert result.returncode != 0
    assert "config_drive_format" in result.stderr


def test_stock_nova_loads_our_driver_by_its_own_name(tmp_path: Path) -> None:
    text = SEED.replace("config_drive_format=tgz\n", "").replace("zvm.ZVMDriver", "zvm_xcat.ZVMDriver")
    result = read(tmp_path, "stock", text)
    assert result.returncode == 0, result.stderr
    assert "zvm.nova.driver zvmssio1" in result.stdout
