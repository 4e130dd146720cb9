# SPDX-License-Identifier: Apache-2.0
"""Neutron's trunk service on z/VM virtual switches: makes itself known to it; the agent does the work."""

from __future__ import annotations

from neutron.services.trunk.drivers import base
from neutron_lib.api.definitions import portbindings
from neutron_lib.services.trunk import constants
from oslo_config import cfg

NAME = "zvm"


class ZvmTrunkDriver(base.DriverBase):
    """Trunks of VLANs, made and taken away while the parent's guest runs.

    :param agent_type: type of the agent whose hosts can have them.
    """

    def __init__(self, agent_type: str) -> None:
        super().__init__(
            NAME,
            (portbindings.VIF_TYPE_OTHER,),
            (constants.SEGMENTATION_TYPE_VLAN,),
            agent_type=agent_type,
            can_trunk_bound_port=True,
        )

    @property
    def is_loaded(self) -> bool:
        """Whether this neutron server binds ports with the mechanism driver ``zvm``."""
        try:
            return NAME in cfg.CONF.ml2.mechanism_drivers
        except cfg.NoSuchOptError:
            return False
