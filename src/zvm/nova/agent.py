# SPDX-License-Identifier: Apache-2.0
"""What is asked of the agent inside a guest (QEMU guest agent protocol)."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence

from nova import exception, objects
from nova.i18n import _
from oslo_log import log as logging

from zvm.nova import exceptions, naming
from zvm.nova.session import Session

LOG = logging.getLogger(__name__)

#: Seconds that the agent has to freeze or thaw file systems, and a program to end.
_FREEZE, _PROGRAM = 30, 60
_PAUSE = 0.2
#: The agent's word for a command that it does not have.
_NO_COMMAND = "has not been found"


def set_password(session: Session, instance: objects.Instance, password: str) -> None:
    """Set the password of the image's administrator (property ``os_admin_user``, else root).

    :raises InstanceAgentNotEnabled: no agent answers in the guest.
    :raises SetAdminPasswdNotSupported: the agent there is too old for it.
    :raises InstancePasswordSetFailed: the agent refused, or its answer was lost.
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
        if _NO_COMMAND in problem.reason:
            raise exception.SetAdminPasswdNotSupported() from problem
        raise exception.InstancePasswordSetFailed(instance=instance.uuid, reason=problem.reason) from problem
    except exceptions.OutcomeUnknown as problem:
        reason = _("the agent's answer was lost: the new password may be the valid one")
        raise exception.InstancePasswordSetFailed(instance=instance.uuid, reason=reason) from problem


def quiesce(session: Session, instance: objects.Instance) -> None:
    """Let the guest write out its file systems and freeze them.

    :raises InstanceQuiesceNotSupported: no agent answers, or it cannot; nothing is frozen.
    """
    node = naming.node_name(instance)
    try:
        session.agent(node, "guest-fsfreeze-freeze", {}, timeout=_FREEZE)
    except (exceptions.Unreachable, exceptions.NotInTables, exceptions.Refused) as problem:
        raise exception.InstanceQuiesceNotSupported(
            instance_id=instance.uuid, reason=str(problem)
        ) from problem
    except exceptions.OutcomeUnknown as problem:
        LOG.warning("Whether file systems are frozen is not known; thawing them", instance=instance)
        unquiesce(session, instance)
        raise exception.InstanceQuiesceNotSupported(
            instance_id=instance.uuid, reason=str(problem)
        ) from problem


def unquiesce(session: Session, instance: objects.Instance) -> None:
    """Let the guest write to its file systems again; those that are not frozen stay as they are."""
    session.agent(naming.node_name(instance), "guest-fsfreeze-thaw", {}, timeout=_FREEZE)


def run(session: Session, node: str, path: str, arguments: Sequence[str]) -> None:
    """Run a program in the guest and wait for its end.

    :raises Refused: it failed, or the guest has none of that name.
    :raises OutcomeUnknown: it did not end in time.
    """
    asked = {"path": path, "arg": list(arguments), "capture-output": True}
    pid = session.agent(node, "guest-exec", asked)["pid"]
    deadline = time.monotonic() + _PROGRAM
    while not (done := session.agent(node, "guest-exec-status", {"pid": pid})).get("exited"):
        if time.monotonic() > deadline:
            raise exceptions.OutcomeUnknown(
                function=f"{path} in the guest", reason=_("it did not end in %d s") % _PROGRAM, next=""
            )
        time.sleep(_PAUSE)
    if code := done.get("exitcode", 0):
        told = base64.b64decode(done.get("err-data", "")).decode(errors="replace").strip()
        raise exceptions.Refused(f"{path} in the guest", told or _("exit code %d") % code)
