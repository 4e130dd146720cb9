# SPDX-License-Identifier: Apache-2.0
"""Starts the three daemons. Their options are their own; this only finds who understands them."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence

from zvm.cli.base import Command

#: Room and word of the commands that are handed on as they are.
DAEMONS = (("simulator", "run"), ("zhcp", "run"), ("manager", "run"), ("manager", "user"))


def is_daemon(arguments: Sequence[str]) -> bool:
    """Return whether ``arguments`` name a daemon's own command."""
    return tuple(arguments[:2]) in DAEMONS


def run(arguments: Sequence[str]) -> int:
    """Run the daemon's own command in ``arguments`` until it ends; return the exit code."""
    daemon = importlib.import_module(f"zvm.{arguments[0]}.__main__")
    code: int = daemon.main(list(arguments[1:]))
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
