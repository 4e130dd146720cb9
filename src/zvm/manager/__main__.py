# SPDX-License-Identifier: Apache-2.0
"""``python -m zvm.manager COMMAND``: run, check, user and certificates."""

from __future__ import annotations

import sys

from zvm.manager import certificates, check, server, users

_COMMANDS = {"run": server.run, "check": check.run, "user": users.run, "certificates": certificates.run}


def main(arguments: list[str]) -> int:
    """Run the sub-command that ``arguments`` name; return the exit status."""
    command = _COMMANDS.get(arguments[0]) if arguments else None
    if command is None:
        sys.stderr.write("usage: python -m zvm.manager run|check|user|certificates ...\n")
        return 2
    return command(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
