# SPDX-License-Identifier: Apache-2.0
"""Nova's test cases with our driver on the chain."""

from __future__ import annotations

import sys
from typing import Any

from tests.support.chain import HOST, PASSWORD, POOL, USER
from tests.support.nova_chain import NovaChain
from zvm.nova import os_vif_plugin
from zvm.nova.driver import ZVMDriver

os_vif_plugin.join_nova()


def configure(test: Any, chain: NovaChain, **options: Any) -> None:
    """Set Nova's options as the nova.conf of a z/VM host would; ``options`` are of ``[zvm_xcat]``."""
    settings = {
        "server": chain.manager.url,
        "username": USER,
        "password": PASSWORD,
        "host": HOST,
        "diskpool": POOL,
        "user_profile": "LNXDFLT",
        "default_vswitch": "XCATVSW1",
        "reachable_timeout": 30,
        "retry_timeout": 0,
        "soft_reboot_timeout": 10,
    }
    test.flags(group="zvm_xcat", **{**settings, **options})
    test.flags(compute_driver="zvm_xcat.ZVMDriver", my_ip="127.0.0.1", instance_name_template="ibm%04x")
    # Nova's wheel puts it below the environment's root; Nova's own tests look beside the package.
    test.flags(group="wsgi", api_paste_config=f"{sys.prefix}/etc/nova/api-paste.ini")


def remove_guests(driver: ZVMDriver) -> None:
    """Remove every guest of the driver's host: Nova's tests leave behind what they spawned."""
    session = driver._session
    for guest in session.ours(fresh=True):
        if guest.adopted:
            session.release(guest.node, guest.uuid)
            continue
        session.remove_guest(guest.node, guest.uuid)
        session.remove_node(guest.node)
