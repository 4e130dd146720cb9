# SPDX-License-Identifier: Apache-2.0
"""Dumps of guests that hang."""

from __future__ import annotations

from nova import exception, objects
from oslo_log import log as logging

from zvm.nova import exceptions, naming
from zvm.nova.session import Session

LOG = logging.getLogger(__name__)

#: CP's code for a command to somebody who is not logged on (HCPxxx045E).
_NOT_LOGGED_ON = 45


def trigger(session: Session, instance: objects.Instance) -> None:
    """Let the guest's kernel make a dump, or CP, as option ``crash_dump`` says.

    :raises InstanceNotRunning: the guest is off.
    """
    method = session.conf.zvm_xcat.crash_dump
    try:
        state = session.dump(naming.node_name(instance), method)
    except exceptions.NotInTables as problem:
        raise exception.InstanceNotFound(instance_id=instance.uuid) from problem
    except exceptions.Refused as problem:
        if problem.rc != _NOT_LOGGED_ON:
            raise
        raise exception.InstanceNotRunning(instance_id=instance.uuid) from problem
    LOG.info("Dump by %s was triggered; the guest is %s", method, state, instance=instance)
