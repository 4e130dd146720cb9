# SPDX-License-Identifier: Apache-2.0
"""Consoles: the log of what a guest printed."""

from __future__ import annotations

from nova import exception, objects

from zvm.nova import exceptions, naming
from zvm.nova.session import Session

#: Octets that Nova's API hands out at most.
LENGTH = 100 * 1024


def output(session: Session, instance: objects.Instance) -> str:
    """Return the end of the guest's console log.

    :raises InstanceNotFound: there is no such guest.
    """
    try:
        return session.console(naming.node_name(instance), LENGTH)
    except exceptions.NotInTables as problem:
        raise exception.InstanceNotFound(instance_id=instance.uuid) from problem
