# SPDX-License-Identifier: Apache-2.0
"""What the SMAPI functions do, a module per family."""

from zvm.simulator.functions import (
    activation,
    adapters,
    definitions,
    devices,
    disks,
    entries,
    events,
    general,
    lans,
    profiles,
    relocation,
    storage_network,
    systems,
    volumes,
    vswitches,
)
from zvm.simulator.functions.registry import missing, serve, served

#: The modules whose import fills the registry.
FAMILIES = (
    activation,
    adapters,
    definitions,
    devices,
    disks,
    entries,
    events,
    general,
    lans,
    profiles,
    relocation,
    storage_network,
    systems,
    volumes,
    vswitches,
)

__all__ = ["FAMILIES", "missing", "serve", "served"]
