# SPDX-License-Identifier: Apache-2.0
"""``lsxcatd -v``: the version."""

from __future__ import annotations

from zvm.manager.commands.base import Call
from zvm.manager.service import ManagementNode
from zvm.xcat import envelope
from zvm.xcat.envelope import Response


async def run(mn: ManagementNode, call: Call) -> list[Response]:
    """Answer the version: clients take the second word and compare its four numbers."""
    return [envelope.data(f"Version {mn.config.xcat_version} (nova-zvm)")]
