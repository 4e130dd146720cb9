# SPDX-License-Identifier: Apache-2.0
"""``POST /tokens``: a token for a name and a password."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from zvm.manager import tokens
from zvm.manager.service import ManagementNode


async def issued(mn: ManagementNode, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a new token, in xCAT's wording.

    :raises zvm.manager.errors.Unauthenticated: name or password are wrong.
    """
    name, password = str(body.get("userName", "")), str(body.get("userPW", ""))
    await mn.caller(name, password)
    token = await mn.database.write(tokens.issue, name)
    expires = time.gmtime(token.expires)
    # xCAT writes the hour without a leading zero.
    shown = f"{time.strftime('%Y-%m-%d', expires)} {expires.tm_hour}:{time.strftime('%M:%S', expires)}"
    return {"token": {"expire": shown, "id": token.id}}
