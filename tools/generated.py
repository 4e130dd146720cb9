# SPDX-License-Identifier: Apache-2.0
"""What the tools of this folder have in common: tables, and files that are written or found stale."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path


def table(columns: Iterable[str], widths: str, rows: Iterable[Iterable[str]]) -> str:
    """Return a list-table of cells, in reStructuredText.

    :param widths: of the columns, in percent, separated by blanks.
    """
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in [tuple(columns), *rows]:
        lines += [f"   {'* -' if at == 0 else '  -'} {cell}".rstrip() for at, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def write(files: Iterable[tuple[Path, str]]) -> int:
    """Write the files that are not as they should be; with ``--check`` on the command line only name them.

    :return: the exit code: 1 when ``--check`` found one.
    """
    check = "--check" in sys.argv[1:]
    stale = [(path, text) for path, text in files if not path.exists() or path.read_text() != text]
    for path, text in stale:
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    if stale:
        print("stale: " if check else "written: ", ", ".join(path.name for path, _ in stale))
    return 1 if stale and check else 0
