# SPDX-License-Identifier: Apache-2.0
"""``vmcp``: a CP command; its answer on stdout, also when CP refuses, which is then told on stderr.

Source: s390-tools, vmcp(8).
"""

from __future__ import annotations

from collections.abc import Sequence

from zvm.simulator.linux.platform import Failed, cp, say

_REFUSED = 1


def main(words: Sequence[str]) -> int:
    """Run ``vmcp [-k] [-b SIZE] COMMAND``; ``-k`` leaves the case of the command alone."""
    words, keep = list(words), False
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in ("-k", "--keepcase"):
            keep = True
        elif option in ("-b", "--buffer") and words:
            words.pop(0)
        elif not option.startswith("--buffer="):
            raise Failed(f"vmcp: unrecognized option '{option}'")
    command = " ".join(words)
    if not command:
        raise Failed("Error: no command specified")
    command = command if keep else command.upper()
    rc, text = cp(command)
    say(text)
    if rc:
        raise Failed(f"Error: non-zero CP response for command '{command}': #{rc}", _REFUSED)
    return 0
