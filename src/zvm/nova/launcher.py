# SPDX-License-Identifier: Apache-2.0
"""``zvm-nova-compute``: nova-compute that also reads a nova.conf of 2013 as it was written.

Today's Nova ends while it reads such a file, before any driver is loaded, because of values it no longer
knows. :func:`accept_seed_values` teaches them to its options; after that it is the stock nova-compute.
"""

from __future__ import annotations

#: What the file of 2013 says, and what Nova has to load for it; ``nova.virt.zvm`` is another driver today.
SEED_DRIVER = "zvm.ZVMDriver"
DRIVER = "zvm_xcat.ZVMDriver"


def accept_seed_values() -> None:
    """Make Nova's options accept the values of 2013.

    They are ``compute_driver = zvm.ZVMDriver`` (ours is meant), ``config_drive_format = tgz`` and
    ``force_config_drive = always``.

    To be called before Nova reads its configuration. May be called again.
    """
    from nova.conf import compute, configdrive
    from oslo_config import types

    class Driver(types.String):
        def __call__(self, value: object) -> str:
            return DRIVER if value == SEED_DRIVER else super().__call__(value)

    class Forced(types.Boolean):
        TRUE_VALUES = [*types.Boolean.TRUE_VALUES, "always"]

    options = {option.name: option for option in (*configdrive.config_drive_opts, *compute.compute_opts)}
    options["config_drive_format"].type.choices["tgz"] = "z/VM: a tar archive in the guest's reader"
    options["force_config_drive"].type = Forced()
    options["compute_driver"].type = Driver()


def main() -> None:
    """Run nova-compute."""
    # First of all: it chooses native threads before any other part of Nova or oslo is loaded.
    from nova.cmd import compute

    from zvm.nova import os_vif_plugin

    accept_seed_values()
    os_vif_plugin.join_nova()
    compute.main()
