# SPDX-License-Identifier: Apache-2.0
"""The part of ``/zvm/v1`` that tells what happens to guests, as it happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from zvm.xcat.client import Client
from zvm.xcat.records import Record

#: Seconds of silence after which the node is given up; it gives a sign of life every two.
_SILENCE = 15.0
_LONGEST = 1 << 20  # octets without an end of line


@dataclass(frozen=True, slots=True)
class GuestEvent(Record):
    """What happened to a guest.

    ``type`` is state (the guest is ``state`` now: running, paused, crashed or off) or relocated (it is on the
    z/VM system ``host`` now).
    """

    type: str
    node: str = ""
    userid: str = ""
    uuid: str = ""
    state: str = ""
    host: str = ""


def listen(client: Client, host: str) -> Iterator[GuestEvent | None]:
    """Yield what happens to the guests of the z/VM system ``host``, None for each sign of life between.

    :raises XcatUnreachable: the node, or the zHCP behind it, does not answer, or the stream ended. What
        happens until the next call is not told later.
    """
    rest = b""
    for chunk in client.extension_stream("/events", query={"host": host}, timeout=_SILENCE):
        rest += chunk
        *lines, rest = rest.split(b"\n")
        if len(rest) > _LONGEST:
            return
        told = [line[5:] for line in lines if line.startswith(b"data:")]
        for data in told:
            yield GuestEvent.read(json.loads(data))
        if not told:
            yield None
