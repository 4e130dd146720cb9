# SPDX-License-Identifier: Apache-2.0
"""What is asked of the agent inside a guest (QEMU guest agent protocol)."""

from __future__ import annotations

import base64

from nova import exception, objects

from zvm.nova import exceptions, naming
from zvm.nova.session import Session


def set_password(session: Session, instance: objects.Instance, password: str) -> None:
    """Set the password of the image's administrator (property ``os_admin_user``, else root).

    :raises InstanceAgentNotEnabled: no agent answers in the guest.
    :raises InstancePasswordSetFailed: the agent refused.
    """
    arguments = {
        "username": instance.image_meta.properties.get("os_admin_user", "root"),
        "password": base64.b64encode(password.encode()).decode("ascii"),
        "crypted": False,
    }
    try:
        session.agent(naming.node_name(instance), "guest-set-user-password", arguments)
    except (exceptions.Unreachable, exceptions.NotInTables) as problem:
        raise exception.InstanceAgentNotEnabled() from problem
    except exceptions.Refused as problem:
        raise exception.InstancePasswordSetFailed(instance=instance.uuid, reason=problem.reason) from problem
