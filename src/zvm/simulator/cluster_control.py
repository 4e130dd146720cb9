# SPDX-License-Identifier: Apache-2.0
"""The control API of a cluster: the members and their states, and each member's own API below its name.

What is asked without a member's name is answered by the first.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from zvm.simulator.control_server import Control
from zvm.simulator.ssi import DOWN, JOINED, Ssi
from zvm.simulator.system import System


class ClusterControl:
    """The control API of one cluster."""

    def __init__(self, ssi: Ssi) -> None:
        self._ssi = ssi

    def app(self) -> Starlette:
        """Return the ASGI application."""
        members = self._ssi.members
        return Starlette(
            routes=[
                Route("/members", self.members, methods=["GET"]),
                Route("/members/{name}", self.member, methods=["GET", "PUT"]),
                *(Mount(f"/members/{member.name}", app=Control(member).app()) for member in members),
                Mount("/", app=Control(members[0]).app()),
            ]
        )

    async def members(self, request: Request) -> Response:
        """List the members and the relocations under way."""
        return JSONResponse(
            {
                "ssi": self._ssi.name,
                "members": [self._described(member) for member in self._ssi.members],
                "relocations": self._ssi.relocations.dump(),
            }
        )

    async def member(self, request: Request) -> Response:
        """Describe a member; with ``{"state": "Down"}`` it stops and loses its guests, ``Joined`` IPLs it."""
        member = self._ssi.member(request.path_params["name"])
        if member is None:
            return JSONResponse({"error": "no such member"}, status_code=404)
        if request.method == "PUT":
            body = await request.json()
            wanted = str(body.get("state", "")).capitalize() if isinstance(body, dict) else ""
            if wanted not in (JOINED, DOWN):
                return JSONResponse({"error": f"state is {JOINED} or {DOWN}"}, status_code=400)
            if wanted == DOWN:
                self._ssi.leave(member)
            else:
                self._ssi.join(member)
        return JSONResponse(self._described(member))

    def _described(self, member: System) -> dict[str, object]:
        guests = [machine.userid for machine in member.guests.logged_on()]
        return {"name": member.name, "state": self._ssi.state(member), "guests": guests}
