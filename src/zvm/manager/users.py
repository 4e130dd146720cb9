# SPDX-License-Identifier: Apache-2.0
"""``zvm manager user add NAME``: who may call the management node. The password comes from stdin."""

from __future__ import annotations

import getpass
import os
import sys

from oslo_config import cfg

from zvm.manager import auth, options
from zvm.manager.database import Database

USAGE = "usage: zvm manager user add NAME --config-file FILE   (the password is read from stdin)\n"


def run(arguments: list[str]) -> int:
    """Add the user, or give it another password, and say which; return the exit status."""
    if len(arguments) < 2 or arguments[0] != "add" or arguments[1].startswith("-"):
        sys.stderr.write(USAGE)
        return 2
    os.umask(0o077)
    name = arguments[1]
    try:
        config = options.load(arguments[2:])
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        if not password:
            sys.stderr.write("zvm manager: the password is empty\n")
            return 1
        database = Database(config.database)
        try:
            database.migrate()
            changed = database.write_now(auth.add_user, name, password)
        finally:
            database.close()
    except (cfg.Error, OSError) as error:
        sys.stderr.write(f"zvm manager: {error}\n")
        return 1
    sys.stdout.write(f"{name} has this password {'now' if changed else 'already'}\n")
    return 0
