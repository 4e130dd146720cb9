# SPDX-License-Identifier: Apache-2.0
"""The options: names of 2013, URL of the server, the lines about what has no effect."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from oslo_config import cfg

from zvm.nova import options
from zvm.nova.options import base_url

SEED = """[DEFAULT]
libvirt_type=zvm
libvirt_vif_driver = nova.virt.libvirt.vif.LibvirtHybridOVSBridgeDriver
network_api_class = nova.network.quantumv2.api.API
zvm_xcat_master = xcatmaster
zvm_snapshots_directory=/opt/stack/data/nova/images
zvm_diskpool = pool1
zvm_scsi_pool = smpool
zvm_xcat_server = 192.168.1.100
zvm_xcat_username = root
zvm_xcat_password = xxxxxxx
zvm_host = zvmssio1
zvm_user_profile = lnxdflt
zvm_reachable_timeout=600
"""


def configuration(tmp_path: Path, text: str) -> cfg.ConfigOpts:
    path = tmp_path / "nova.conf"
    path.write_text(text)
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf(["--config-file", str(path)])
    return conf


def test_each_name_of_2013_sets_its_option(tmp_path: Path) -> None:
    ours = configuration(tmp_path, SEED).zvm_xcat
    assert ours.master == "xcatmaster"
    assert ours.snapshots_directory == "/opt/stack/data/nova/images"
    assert ours.diskpool == "pool1"
    assert ours.scsi_pool == "smpool"
    assert ours.server == "192.168.1.100"
    assert ours.username == "root"
    assert ours.password == "xxxxxxx"
    assert ours.host == "zvmssio1"
    assert ours.user_profile == "lnxdflt"
    assert ours.reachable_timeout == 600


def test_own_name_wins_over_the_old_one(tmp_path: Path) -> None:
    conf = configuration(tmp_path, SEED + "[zvm_xcat]\nhost = other\n")
    assert conf.zvm_xcat.host == "other"


def test_one_line_for_each_option_without_effect(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    conf = configuration(tmp_path, SEED)
    with caplog.at_level(logging.INFO):
        options.log_without_effect(conf)
    lines = [record.getMessage() for record in caplog.records if "no effect" in record.getMessage()]
    assert len(lines) == 4
    for name in (
        "libvirt_type",
        "libvirt_vif_driver",
        "network_api_class",
        "scsi_pool",
    ):
        assert sum(name in line for line in lines) == 1


def test_options_that_are_not_set_are_not_mentioned(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    conf = configuration(tmp_path, "[DEFAULT]\n")
    with caplog.at_level(logging.INFO):
        options.log_without_effect(conf)
    assert not caplog.records


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("192.168.1.100", "https://192.168.1.100"),
        ("xcat.example.com:8443", "https://xcat.example.com:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://xcat.example.com/", "https://xcat.example.com/"),
    ],
)
def test_server_is_a_host_or_a_url(server: str, url: str) -> None:
    assert base_url(server) == url


def test_the_password_is_secret() -> None:
    secret = {option.dest for option in options.OPTIONS if option.secret}
    assert secret == {"password"}


def test_generator_finds_the_options() -> None:
    [(group, found)] = options.list_opts()
    assert group.name == "zvm_xcat"
    assert found is options.OPTIONS
