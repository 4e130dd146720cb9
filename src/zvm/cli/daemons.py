# SPDX-License-Identifier: Apache-2.0
"""Starts the three daemons, and the stand-ins for a zHCP's Linux commands.

Their options are their own; this only finds who understands them."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence

from zvm.cli.base import Command

#: Room and word of the commands that are handed on as they are.
DAEMONS = (
    ("simulator", "run"),
    ("simulator", "linux"),
    ("zhcp", "run"),
    ("manager", "run"),
    ("manager", "check"),
    ("manager", "user"),
    ("manager", "certificates"),
)


def is_daemon(arguments: Sequence[str]) -> bool:
    """Return whether ``arguments`` name a daemon's own command."""
    return tuple(arguments[:2]) in DAEMONS


def run(arguments: Sequence[str]) -> int:
    """Run the daemon's own command in ``arguments`` until it ends; return the exit code."""
    if tuple(arguments[:2]) == ("simulator", "linux"):
        name, words = "zvm.simulator.linux.__main__", arguments[2:]
    else:
        name, words = f"zvm.{arguments[0]}.__main__", arguments[1:]
    code: int = importlib.import_module(name).main(list(words))
    return code


class Daemon(Command):
    """Run one of the daemons (--help after the command shows its own options)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take whatever follows."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the daemon's own options")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Hand on; reached from ``zvm help`` only."""
        return run([*self.cmd_name.split(), *parsed_args.arguments])
