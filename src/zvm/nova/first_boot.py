# SPDX-License-Identifier: Apache-2.0
"""The first boot of an image: what is on the disk and in the reader, and whether it came up."""

from __future__ import annotations

import hashlib

from nova import objects
from nova.i18n import _

from zvm.nova import exceptions, naming
from zvm.nova.session import Session
from zvm.xcat.records import Image

#: How much of a console goes into a fault.
_CONSOLE_TAIL = 600


def deploy(
    session: Session, instance: objects.Instance, image: Image | None, vdev: str, drive: bytes
) -> None:
    """Write the image, if there is one, to a minidisk of the guest and the config drive into its reader."""
    node = naming.node_name(instance)
    transport = session.put_transport(node, drive, hashlib.sha256(drive).hexdigest())
    session.deploy(node, image.name if image else "", vdev, transport)


def wait_reachable(session: Session, instance: objects.Instance) -> None:
    """Wait until the agent in the guest answers.

    :raises GuestNotReachable: the guest crashed, went off, or is silent after ``reachable_timeout``.
    """
    timeout = session.conf.zvm_xcat.reachable_timeout
    if not timeout:
        return
    guest = session.wait_for(naming.node_name(instance), "reachable", timeout)
    if guest.reachable:
        return
    what = _("did not answer within %d s of its start") % timeout
    if guest.state in ("crashed", "off"):
        what = {"crashed": _("crashed as it started"), "off": _("went off as it started")}[guest.state]
    raise exceptions.GuestNotReachable(guest.userid, what, guest.console_tail[-_CONSOLE_TAIL:])
