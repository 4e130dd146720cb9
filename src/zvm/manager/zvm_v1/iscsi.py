# SPDX-License-Identifier: Apache-2.0
"""LUNs over iSCSI in running guests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from zvm.manager import iscsi_volumes
from zvm.manager.errors import Invalid
from zvm.manager.iscsi_volumes import Login, Target
from zvm.manager.zvm_v1.route import (
    INTEGER,
    STRING,
    Ask,
    Route,
    answer,
    array_of,
    integer_in,
    object_of,
    text_in,
)

DISK = object_of(device=STRING, bytes=INTEGER)
_TARGET: Mapping[str, Any] = {"portal": STRING, "iqn": STRING, "lun": INTEGER}
_LOGIN: Mapping[str, Any] = {"initiator": STRING, "user": STRING, "password": STRING}


def _target(document: Mapping[str, Any]) -> Target:
    return Target(text_in(document, "portal"), text_in(document, "iqn"), integer_in(document, "lun"))


async def connect_iscsi(ask: Ask) -> Response:
    """Let a running guest see a LUN."""
    wanted = await ask.document()
    login, keep = Login(*(text_in(wanted, key) for key in _LOGIN)), wanted.get("keep")
    if keep is not None and not (isinstance(keep, list) and all(isinstance(item, dict) for item in keep)):
        raise Invalid("keep is a list of targets")
    others = None if keep is None else [_target(item) for item in keep]
    disk = await iscsi_volumes.connect(ask.mn, await ask.guest(), _target(wanted), login, others)
    return answer(asdict(disk))


async def disconnect_iscsi(ask: Ask) -> Response:
    """Take a LUN from a running guest."""
    target = _target(await ask.document())
    await iscsi_volumes.disconnect(ask.mn, await ask.guest(), target)
    return Response(status_code=204)


async def extend_iscsi(ask: Ask) -> Response:
    """Let a running guest see that a LUN has grown."""
    target = _target(await ask.document())
    return answer(asdict(await iscsi_volumes.extend(ask.mn, await ask.guest(), target)))


_ISCSI = "/guests/{node}/iscsi"
_BODY = {"type": "object", "properties": _TARGET, "required": list(_TARGET)}
ROUTES = (
    Route(
        "POST",
        _ISCSI,
        "zvm.iscsi",
        "Let a running guest log in to an iSCSI target and see a LUN",
        connect_iscsi,
        DISK,
        body={
            **_BODY,
            "properties": {**_TARGET, **_LOGIN, "keep": array_of(object_of(**_TARGET))},
            "required": [*_TARGET, "initiator"],
        },
    ),
    Route(
        "POST",
        f"{_ISCSI}/disconnect",
        "zvm.iscsi",
        "Take a LUN over iSCSI from a running guest",
        disconnect_iscsi,
        "",
        body=_BODY,
    ),
    Route(
        "POST",
        f"{_ISCSI}/extend",
        "zvm.iscsi",
        "Let a guest see that a LUN over iSCSI has grown",
        extend_iscsi,
        DISK,
        body=_BODY,
    ),
)
