# SPDX-License-Identifier: Apache-2.0
"""``zvm explain 400/8``: a pair of return codes in words."""

from __future__ import annotations

import argparse

from zvm.cli.base import ShowOne


class Explain(ShowOne):
    """Say what a return code and a reason code of z/VM's systems management API mean."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Take the codes, and the function that gave them."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("codes", type=pair, metavar="RC/RS", help="such as 400/8")
        parser.add_argument("function", nargs="?", help="such as Image_Create_DM")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the explanation."""
        from zvm.smapi import codes

        rc, rs = parsed_args.codes
        found = codes.explain(rc, rs, parsed_args.function)
        return ("Codes", "Meaning", "Next step"), (found.name, found.text, found.next_step)


def pair(text: str) -> tuple[int, int]:
    """Return the two numbers in ``text``, divided by a slash."""
    rc, slash, rs = text.partition("/")
    if not (slash and rc.isdecimal() and rs.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not RC/RS, such as 400/8")
    return int(rc), int(rs)
