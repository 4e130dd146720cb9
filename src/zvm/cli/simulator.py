# SPDX-License-Identifier: Apache-2.0
"""``zvm simulator …``: looks into a running simulator, and makes it disagreeable, by its control API."""

from __future__ import annotations

import argparse
import json
from typing import Any

from zvm.cli.base import Command, Lister, OfCloud, layout


def control(parsed_args: argparse.Namespace) -> str:
    """Return the address of the simulator's control API."""
    address: str = parsed_args.control or layout(parsed_args).url("simulator")
    return address


class OfSimulator(OfCloud):
    """Mixed into the commands below: lets the user name the simulator by its address too."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take the simulator."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--control", metavar="URL", help="address of the control API (default: the cloud's)"
        )
        return parser


def call(method: str, url: str, body: object = None) -> Any:
    """Return the decoded answer of the control API.

    :raises RuntimeError: it refused or did not answer.
    """
    import requests

    with requests.Session() as session:
        session.trust_env = False
        try:
            response = session.request(method, url, json=body, timeout=60)
        except requests.ConnectionError as error:
            raise RuntimeError(f"no simulator answers at {url}") from error
    if response.status_code >= 400:
        raise RuntimeError(f"the simulator refused ({response.status_code}): {response.text}")
    return response.json() if response.content else None


class Inventory(OfSimulator, Command):
    """Print the whole state of the simulated z/VM system as JSON."""

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Print it."""
        print(json.dumps(call("GET", f"{control(parsed_args)}/inventory"), indent=1, sort_keys=True))


class Calls(OfSimulator, Lister):
    """List the SMAPI calls and CP commands that the simulator has seen."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take the simulator, and whether to begin anew."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--clear", action="store_true", help="forget them after they are shown")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return a row per call."""
        url = f"{control(parsed_args)}/calls"
        calls = call("GET", url)
        if parsed_args.clear:
            call("DELETE", url)
        entries = calls["calls"] if isinstance(calls, dict) else calls
        return ("Kind", "Caller or target", "Call", "Result"), [row(entry) for entry in entries]


def row(entry: dict[str, Any]) -> tuple[str, ...]:
    """Return one call as it is listed."""
    if entry["kind"] == "smapi":
        return ("SMAPI", entry["target"], entry["function"], f"{entry['rc']}/{entry['rs']}")
    return ("CP", entry["userid"], entry["command"], str(entry["rc"]))


#: The options of ``fault`` that are fields of a fault.
_FIELDS = ("function", "target", "rc", "rs", "times", "delay", "text", "distribution", "chance", "wire")


class Fault(OfSimulator, Command):
    """Make the next calls of a SMAPI function or CP commands fail; a whole service too; or end all that."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take what is to happen."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "function", nargs="?", help="the function or CP command that fails; none: end all faults"
        )
        parser.add_argument("--cp", action="store_true", help="it is how CP commands of the zHCP begin")
        parser.add_argument("--text", help="what CP says (with --rc)")
        parser.add_argument("--target", help="only when it is called for this userid")
        parser.add_argument("--rc", type=int, help="return code to answer")
        parser.add_argument("--rs", type=int, help="reason code to answer")
        parser.add_argument("--times", type=int, default=1, help="how many calls (default: 1; 0: all)")
        parser.add_argument("--delay", type=float, help="seconds to wait before the answer")
        parser.add_argument("--distribution", choices=("fixed", "uniform", "exponential", "normal"))
        parser.add_argument("--chance", type=float, help="how likely a call is met, up to 1 (default: 1)")
        parser.add_argument("--wire", choices=("split", "truncated", "reset"), help="what befalls the answer")
        parser.add_argument("--seed", type=int, help="begin chance anew with this number")
        parser.add_argument(
            "--drop", action="store_true", help="do the work, then lose the answer with the connection"
        )
        for service, who in (("platform", "the zHCP's Linux"), ("smapi", "SMAPI")):
            text = f"put {who} out of order, or in order again"
            parser.add_argument(f"--{service}", choices=("up", "silent", "dead"), help=text)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Tell the simulator."""
        outages = {name: getattr(parsed_args, name) for name in ("platform", "smapi")}
        if parsed_args.seed is not None:
            call("POST", f"{control(parsed_args)}/settings", {"seed": parsed_args.seed})
        if any(outages.values()):
            wanted = {name: value for name, value in outages.items() if value}
            call("POST", f"{control(parsed_args)}/settings", wanted)
        url = f"{control(parsed_args)}/faults"
        if parsed_args.function is None:
            if not any(outages.values()) and parsed_args.seed is None:
                call("DELETE", f"{control(parsed_args)}/trouble")
            return
        fault = {
            name: getattr(parsed_args, name)
            for name in (
                "function",
                "target",
                "rc",
                "rs",
                "times",
                "delay",
                "text",
                "distribution",
                "chance",
                "wire",
            )
        }
        if parsed_args.cp:
            fault["kind"] = "cp"
        if parsed_args.drop:
            fault["drop"] = "after_commit"
        call("POST", url, {name: value for name, value in fault.items() if value is not None})
