# SPDX-License-Identifier: Apache-2.0
"""Asks our own services below OpenStack, as an operator of the demo would with curl."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote, urlencode

from zvm.cloud.errors import StoryFailed
from zvm.cloud.layout import Layout
from zvm.cloud.settings.site import XCAT_USER

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url: str, headers: dict[str, str] | None = None, timeout: float = 120.0) -> Any:
    """Return the decoded JSON at ``url``.

    :param timeout: how long the answer may take, seconds.
    :raises StoryFailed: there is no answer, or it is an error.
    """
    request = urllib.request.Request(url, headers=headers or {})  # noqa: S310  (always http on the loopback)
    try:
        with _opener.open(request, timeout=timeout) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")
        raise StoryFailed(f"{request.selector} was answered {error.code}: {said}") from error
    except OSError as error:
        raise StoryFailed(f"{request.selector}: {error}") from error


def guest(layout: Layout, node: str, query: str = "", timeout: float = 120.0) -> Any:
    """Return what the management node knows of the guest ``node``: userid, state, minidisks, NICs."""
    headers = {"userName": XCAT_USER, "password": layout.password("manager")}
    return ask(f"{layout.url('manager')}/zvm/v1/guests/{quote(node)}{query}", headers, timeout)


def wait_reachable(layout: Layout, node: str, seconds: int = 60) -> None:
    """Return when the agent in the guest ``node`` answers.

    :raises StoryFailed: it does not within ``seconds``.
    """
    answer = guest(layout, node, f"?wait=reachable&timeout={seconds}", timeout=seconds + 30.0)
    if not answer["reachable"]:
        raise StoryFailed(f"the agent in {node} does not answer", log=layout.log("zhcp"))


def calls(layout: Layout) -> list[dict[str, Any]]:
    """Return the SMAPI calls and CP commands that the simulator has seen, oldest first."""
    seen: list[dict[str, Any]] = ask(f"{layout.url('simulator')}/calls")
    return seen


def steps(seen: list[dict[str, Any]], userid: str) -> list[str]:
    """Return the SMAPI functions for the guest ``userid`` out of ``seen``, and FLASHCOPY between them."""
    own = [number for number, call in enumerate(seen) if call.get("target") == userid]
    found = []
    for number in range(own[0], own[-1] + 1) if own else ():
        if number in own:
            found.append(seen[number]["function"])
        elif seen[number].get("command", "").startswith("FLASHCOPY"):
            found.append(seen[number]["command"])
    return found


def inventory(layout: Layout, member: str = "") -> dict[str, Any]:
    """Return the simulator's whole state, but for what only counts up.

    :param member: of which member of a cluster.
    """
    of = f"/members/{member}" if member else ""
    state: dict[str, Any] = ask(f"{layout.url('simulator')}{of}/inventory")
    return {key: value for key, value in state.items() if key != "counters"}


def disk_sha256(layout: Layout, volume: str, start: int, size: int) -> str:
    """Return the SHA-256 of ``size`` bytes of the volume ``volume`` from the cylinder ``start`` on."""
    query = urlencode({"start_cyl": start, "bytes": size})
    answer = ask(f"{layout.url('simulator')}/volumes/{quote(volume)}/sha256?{query}")
    return str(answer["sha256"])
