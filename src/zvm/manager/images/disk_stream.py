# SPDX-License-Identifier: Apache-2.0
"""A minidisk as the content of an image."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from zvm.manager.errors import Invalid
from zvm.manager.images import qcow2_stream
from zvm.zhcp.client import ZhcpClient

FORMATS = ("raw", "qcow2")


def checked(form: str) -> str:
    """Return the format ``form``, raw when it is "".

    :raises Invalid: there is no such format.
    """
    if (form or "raw") not in FORMATS:
        raise Invalid(f"format is {' or '.join(FORMATS)}")
    return form or "raw"


@asynccontextmanager
async def reading(
    zhcp: ZhcpClient, userid: str, vdev: str, length: int | None, form: str
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Open a minidisk for reading as an image; for qcow2 it is read twice.

    :param length: octets of it that are wanted, None for all.
    :param form: raw or qcow2, in which what is zero takes no room.
    """
    survey = qcow2_stream.Survey()
    if form == "qcow2":
        async with zhcp.read_disk(userid, vdev, length=length) as first:
            await survey.read(first)
    async with zhcp.read_disk(userid, vdev, length=length) as chunks:
        yield qcow2_stream.encoded(chunks, survey) if form == "qcow2" else chunks
