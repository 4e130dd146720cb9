# SPDX-License-Identifier: Apache-2.0
"""Commands of xCAT that are known and not done here; each says why and what to use."""

from __future__ import annotations

from zvm.manager.commands.base import Call, Run, failure
from zvm.manager.errors import NotSupported
from zvm.manager.service import ManagementNode
from zvm.xcat.envelope import Response


def refused(text: str, next_step: str) -> Run:
    """Return a command that refuses with ``text``."""

    async def run(mn: ManagementNode, call: Call) -> list[Response]:
        """Refuse for each node."""
        error = NotSupported(text, next_step=next_step)
        return [failure(error, node) for node in call.nodes]

    return run


imgcapture = refused(
    "imgcapture is not supported: it would run commands in the guest",
    "log the guest off and read its disk: GET /zvm/v1/guests/NODE/disks/VDEV",
)
