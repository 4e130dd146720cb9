# SPDX-License-Identifier: Apache-2.0
"""What the commands share: their base classes, and how they find the services they ask."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from cliff import command, lister, show

#: Where ``make demo`` puts its cloud; another folder is named by ZVM_STATE or --state.
DEFAULT_STATE = ".demo"


class Command(command.Command):  # type: ignore[misc]
    """A command that prints text."""


class Lister(lister.Lister):  # type: ignore[misc]
    """A command that prints a table, in any of cliff's formats."""


class ShowOne(show.ShowOne):  # type: ignore[misc]
    """A command that prints one thing, in any of cliff's formats."""


class OfCloud:
    """Mixed into commands about a cloud on this machine: lets the user name its folder."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take the cloud's folder."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)  # type: ignore[misc]
        parser.add_argument(
            "--state",
            metavar="DIR",
            type=Path,
            default=Path(os.environ.get("ZVM_STATE", DEFAULT_STATE)),
            help=f"folder of the cloud (ZVM_STATE; default: {DEFAULT_STATE})",
        )
        return parser


def layout(parsed_args: argparse.Namespace) -> Any:
    """Return the layout of the cloud that the command is about.

    :raises RuntimeError: there is none.
    """
    from zvm.cloud.layout import Layout

    found = Layout(parsed_args.state)
    if not found.exists:
        raise RuntimeError(f"there is no cloud in {found.root}; `make demo` makes one")
    return found
