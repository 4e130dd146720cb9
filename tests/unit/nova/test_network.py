# SPDX-License-Identifier: Apache-2.0
"""Network cards out of Nova's ports, and the wait for Neutron."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from nova import exception
from nova.network import model
from oslo_config import cfg

from zvm.nova import network, options

INSTANCE = SimpleNamespace(uuid="u", name="ibm0001")


def configuration(**ours: Any) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    options.register(conf)
    conf.register_opts([cfg.BoolOpt("vif_plugging_is_fatal", default=True)])
    conf.register_opts([cfg.IntOpt("vif_plugging_timeout", default=300)])
    conf([])
    for name, value in ours.items():
        conf.set_override(name, value, group="zvm_xcat")
    return conf


def port(
    number: int, *, physical_network: str = "physnet1", active: bool = True, **details: Any
) -> model.VIF:
    return model.VIF(
        id=f"port-{number}",
        address=f"02:00:06:00:00:{number:02x}",
        network=model.Network(id="n", physical_network=physical_network),
        details=details,
        active=active,
    )


def test_the_binding_names_switch_and_vlan() -> None:
    [spec] = network.nic_specs(configuration(), [port(1, vswitch="xcatvsw1", vlan=101)])
    assert str(spec) == "nic=1000,vswitch=XCATVSW1,mac=02:00:06:00:00:01,vlan=101,port=port-1"


def test_without_a_vlan_none_is_told() -> None:
    [spec] = network.nic_specs(configuration(), [port(1, vswitch="V")])
    assert "vlan" not in str(spec)


def test_the_mapping_comes_before_the_default() -> None:
    conf = configuration(default_vswitch="VSWD", vswitch_mappings={"physnet1": "VSW1"})
    specs = network.nic_specs(conf, [port(1), port(2, physical_network="other")])
    assert [spec.vswitch for spec in specs] == ["VSW1", "VSWD"]


def test_each_card_has_three_device_numbers() -> None:
    specs = network.nic_specs(configuration(default_vswitch="V"), [port(n) for n in range(4)])
    assert [spec.vdev for spec in specs] == ["1000", "1003", "1006", "1009"]


def test_no_network_no_cards() -> None:
    assert network.nic_specs(configuration(), None) == []


def test_a_port_without_a_switch_says_what_to_set() -> None:
    with pytest.raises(exception.InvalidInput, match="default_vswitch"):
        network.nic_specs(configuration(), [port(1)])


@pytest.mark.parametrize("details", [{"vlan": 0}, {"vlan": 4095}, {"vlan": "x"}, {"vswitch": "A B"}])
def test_what_is_no_switch_or_vlan_is_refused(details: dict[str, Any]) -> None:
    with pytest.raises(exception.InvalidInput, match="port-1"):
        network.nic_specs(configuration(default_vswitch="V"), [port(1, **details)])


class Api:
    """The compute manager's side of the wait: hands out events as told."""

    def __init__(self, *, fails: bool = False, silent: bool = False) -> None:
        self.fails, self.silent = fails, silent
        self.waited: list[Any] = []

    @contextlib.contextmanager
    def wait_for_instance_event(
        self, instance: Any, events: list[Any], timeout: int, error_callback: Any
    ) -> Iterator[None]:
        self.waited = events
        yield
        if self.fails:
            error_callback("network-vif-plugged-port-1", instance)
        if self.silent:
            raise exception.InstanceEventTimeout


def wait(conf: cfg.ConfigOpts, api: Api, *vifs: model.VIF) -> None:
    with network.plugged(conf, api, INSTANCE, list(vifs)):
        pass


def test_only_cards_that_are_down_are_waited_for() -> None:
    api = Api()
    wait(configuration(), api, port(1, active=False), port(2, active=True))
    assert api.waited == [("network-vif-plugged", "port-1")]


def test_no_wait_when_it_is_switched_off() -> None:
    conf, api = configuration(), Api(silent=True)
    conf.set_override("vif_plugging_timeout", 0)
    wait(conf, api, port(1, active=False))
    assert api.waited == []


@pytest.mark.parametrize("api", [Api(fails=True), Api(silent=True)])
def test_a_failure_is_fatal_where_it_is_said_to_be(api: Api) -> None:
    conf = configuration()
    with pytest.raises(exception.VirtualInterfaceCreateException, match="port-1"):
        wait(conf, api, port(1, active=False))
    conf.set_override("vif_plugging_is_fatal", False)
    wait(conf, api, port(1, active=False))
