# SPDX-License-Identifier: Apache-2.0
"""``zvm simulator linux NAME ARGS...``: one of the stand-ins; ``--install DIR`` makes scripts of them.

``ZVM_PLATFORM_SOCKET`` and ``ZVM_SMAPI_SOCKET`` name the simulator's sockets.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from zvm.simulator.linux import devices, iucvclnt, smcli, vmcp, vmur
from zvm.simulator.linux.platform import Failed, complain, say

COMMANDS = {
    "chccwdev": devices.chccwdev,
    "cio_ignore": devices.cio_ignore,
    "iucvclnt": iucvclnt.main,
    "lsdasd": devices.lsdasd,
    "lszfcp": devices.lszfcp,
    "smcli": smcli.main,
    "vmcp": vmcp.main,
    "vmur": vmur.main,
}
_USAGE = 2
_SCRIPT = """#!{python}
import sys

from zvm.simulator.linux.__main__ import main

sys.exit(main(["{name}", *sys.argv[1:]]))
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stand-in named first; return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["--install"] and len(words) == 2:
        install(Path(words[1]))
        return 0
    command = COMMANDS.get(words[0]) if words else None
    if command is None:
        complain(f"usage: zvm simulator linux {'|'.join(COMMANDS)} ARGUMENTS... | --install DIRECTORY")
        return _USAGE
    try:
        return command(words[1:])
    except Failed as failed:
        complain(str(failed))
        return failed.code


def install(folder: Path) -> None:
    """Write a script per stand-in into ``folder``, to be put on the PATH of a foreign tool."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in COMMANDS:
        script = folder / name
        script.write_text(_SCRIPT.format(python=sys.executable, name=name))
        script.chmod(0o755)
        say(f"{script}\n")


if __name__ == "__main__":
    sys.exit(main())
