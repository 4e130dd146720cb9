# SPDX-License-Identifier: Apache-2.0
"""``python -m zvm.zhcp run --config-file FILE``."""

from __future__ import annotations

import sys

from zvm.zhcp.server import run


def main(arguments: list[str]) -> int:
    """Run the sub-command that ``arguments`` name; return the exit status."""
    if arguments[:1] != ["run"]:
        sys.stderr.write("usage: python -m zvm.zhcp run --config-file FILE\n")
        return 2
    return run(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
