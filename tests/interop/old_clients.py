# SPDX-License-Identifier: Apache-2.0
"""How the old OpenStack clients of xCAT call and read, written after descriptions of them.

All three put credentials and ``format=json`` into the query, send bodies as ``text/plain``, take 201 for POST
and 200 for the rest as success, and flatten the envelope to a dictionary of lists.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.support.chain import PASSWORD, USER
from tests.support.raw_http import ask

_KEYS = ("info", "data", "node", "errorcode", "error")
_HARMLESS = (
    "Warning: the RSA host key for",
    "Warning: Permanently added",
    "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED",
)


class RequestFailed(Exception):
    """The HTTP status is not that of success; the text has status, reason and message as Nova greps them."""


class ErrorElement(Exception):
    """The answer holds an error that the client takes seriously."""


@dataclass
class OldClient:
    """What the clients have in common; ``url`` is the management node."""

    url: str

    def ask(
        self, method: str, path: str, body: Sequence[str] | None = None, query: str = ""
    ) -> dict[str, Any]:
        """Return the flattened answer."""
        suffix = f"?userName={quote(USER)}&password={quote(PASSWORD)}&format=json{query}"
        answer = ask(self.url, method, f"/xcatws{path}{suffix}", None if body is None else list(body))
        if answer.status != (201 if method == "POST" else 200):
            told = {"status": answer.status, "reason": answer.reason, "message": answer.text}
            raise RequestFailed(str(told))
        flat: dict[str, Any] = {key: [] for key in _KEYS}
        for response in json.loads(answer.text)["data"]:
            for key in _KEYS:
                if key in response:
                    flat[key].append(response[key])
        self.check(method, flat)
        return flat

    def check(self, method: str, flat: dict[str, Any]) -> None:
        """Raise what the client takes for an error."""
        raise NotImplementedError


class Nova2017(OldClient):
    """The Nova driver: any error raises, but warnings of ssh and a busy directory manager."""

    def check(self, method: str, flat: dict[str, Any]) -> None:
        for texts in flat["error"]:
            text = " ".join(str(item) for item in texts)
            if any(harmless in text for harmless in _HARMLESS):
                continue
            if "Return Code: 596" in text and ("Reason Code: 1185" in text or "Reason Code: 6312" in text):
                continue
            raise ErrorElement(text)

    def power(self, node: str, action: str) -> str:
        return str(self.ask("PUT", f"/nodes/{node}/power", [action])["info"][0][0])

    def state(self, node: str) -> str:
        """As get_info and the power poll read it: what stands behind the first colon and blank."""
        text = self.ask("GET", f"/nodes/{node}/power", ["stat"])["info"][0][0]
        state = text.split(": ", 1)[1].strip()
        assert state in ("on", "off")
        return str(state)

    def inventory(self, node: str, *fields: str) -> list[str]:
        query = "".join(f"&field={field}" for field in fields)
        return list(self.ask("GET", f"/nodes/{node}/inventory", query=query)["info"][0][0].split("\n"))

    def chvm(self, node: str, *strings: str) -> dict[str, Any]:
        return self.ask("PUT", f"/vms/{node}", strings)

    def tabch(self, table: str, *strings: str) -> None:
        assert self.ask("PUT", f"/tables/{table}", strings)["data"] == []

    def gettab(self, table: str, col: str, attribute: str) -> str:
        data = self.ask("GET", f"/tables/{table}", query=f"&col={col}&attribute={attribute}")["data"]
        return str(data[0][0]) if data else ""

    def tabdump(self, table: str) -> list[list[str]]:
        """Rows split at bare commas, quotes stripped, the header left out."""
        lines = self.ask("GET", f"/tables/{table}")["data"][0][1:]
        return [[cell.strip('"') for cell in line.split(",")] for line in lines]

    def exists(self, profile: str) -> str:
        """Return the image's name, "" when the answer has no underscore in it."""
        info = self.ask("GET", "/images", query=f"&criteria=profile=~{profile}")["info"]
        return str(info[0][0].split(" ")[0]) if "_" in str(info) else ""


class NeutronAgent(OldClient):
    """The agent: an error only if its text starts with ``Warning``; a GET must give data and errorcode 0."""

    def check(self, method: str, flat: dict[str, Any]) -> None:
        for texts in flat["error"]:
            if str(texts[0]).startswith("Warning"):
                raise ErrorElement(texts[0])
        if method == "GET" and not flat["data"]:
            raise ErrorElement("no data")
        if method == "GET" and flat["errorcode"] and flat["errorcode"][0][0] != "0":
            raise ErrorElement(str(flat["errorcode"]))

    def cell(self, table: str, col: str, value: str, attribute: str) -> str:
        query = f"&col={col}&value={value}&attribute={attribute}"
        return str(self.ask("GET", f"/tables/{table}", query=query)["data"][0][0])

    def dsh(self, node: str, command: str) -> list[str]:
        """Return the lines without the node's name; the error code counts the targets that failed."""
        flat = self.ask("PUT", f"/nodes/{node}/dsh", [f"command={command}"])
        assert flat["errorcode"][0][0] == "0", flat
        lines = flat["data"][0][0].split("\n")
        assert all(line.startswith(f"{node}: ") for line in lines)
        return [line.removeprefix(f"{node}: ") for line in lines]


class Ceilometer(NeutronAgent):
    """The inspector: as the agent, but any error raises."""

    def check(self, method: str, flat: dict[str, Any]) -> None:
        if flat["error"]:
            raise ErrorElement(str(flat["error"]))


class EarlyFeilong(Nova2017):
    """Feilong's xCAT client: Nova's rules, and network cards by dsh."""
