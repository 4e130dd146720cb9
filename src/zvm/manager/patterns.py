# SPDX-License-Identifier: Apache-2.0
"""Regular expressions of callers: bounded, so that none can take for ever."""

from __future__ import annotations

import re

from zvm.manager.errors import Invalid

_LONGEST = 200
#: A quantifier behind a group can repeat what repeats, which takes exponential time; so do back references.
_NESTED = re.compile(r"\)[*+?{]|\\[1-9]|\(\?P=")
_QUANTIFIER = re.compile(r"(?<!\\)[*+{]")
_MOST = 3


def compiled(text: str) -> re.Pattern[str]:
    """Return the pattern.

    :raises Invalid: it is none, or one that could take too long.
    """
    if len(text) > _LONGEST or _NESTED.search(text) or len(_QUANTIFIER.findall(text)) > _MOST:
        raise Invalid(
            f"the regular expression '{text[:80]}' is too complex",
            next_step=f"leave repeated groups out, and use at most {_MOST} of * + {{",
        )
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as problem:
        raise Invalid(f"'{text}' is no regular expression: {problem}") from problem
