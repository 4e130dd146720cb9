# SPDX-License-Identifier: Apache-2.0
"""``zvm``: one command for everything of this project.

The table below is all that is loaded at start; the module of a command is imported when the command is used.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint

from cliff.app import App
from cliff.commandmanager import CommandManager

from zvm import __version__
from zvm.cli import daemons

#: Words of the command → where its class is.
COMMANDS = {
    "cloud demo": "zvm.cli.cloud:Demo",
    "cloud up": "zvm.cli.cloud:Up",
    "cloud down": "zvm.cli.cloud:Down",
    "cloud status": "zvm.cli.cloud:Status",
    "cloud tempest": "zvm.cli.cloud:Tempest",
    "reconcile": "zvm.cli.reconcile:Reconcile",
    "cp": "zvm.cli.node:Cp",
    "explain": "zvm.cli.explain:Explain",
    "node entry": "zvm.cli.node:Entry",
    "node guests": "zvm.cli.node:Guests",
    "node guest": "zvm.cli.node:Guest",
    "node pools": "zvm.cli.node:Pools",
    "simulator calls": "zvm.cli.simulator:Calls",
    "simulator console": "zvm.cli.simulator_console:Console",
    "simulator fault": "zvm.cli.simulator:Fault",
    "simulator inventory": "zvm.cli.simulator:Inventory",
    **{f"{room} {word}": "zvm.cli.daemons:Daemon" for room, word in daemons.DAEMONS},
}


class Zvm(App):  # type: ignore[misc]
    """The application: options, help, completion."""

    def __init__(self) -> None:
        manager = CommandManager()
        for name, value in COMMANDS.items():
            manager.commands[name] = EntryPoint(name=name, value=value, group="zvm")
        description = "OpenStack on IBM z/VM: simulator, zHCP, management node, and a whole cloud around them"
        super().__init__(description, __version__, manager, deferred_help=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in ``argv`` (the process's own when left out); return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if daemons.is_daemon(arguments):
        return daemons.run(arguments)
    code: int = Zvm().run(arguments or ["help"])
    return code


if __name__ == "__main__":
    sys.exit(main())
