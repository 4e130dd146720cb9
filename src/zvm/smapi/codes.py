# SPDX-License-Identifier: Apache-2.0
"""Return and reason codes in words, with what to do next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """A return and reason code in words.

    :ivar name: the codes as they are spoken of, ``400/8``.
    :ivar text: what they mean.
    :ivar next_step: what to do about it.
    """

    name: str
    text: str
    next_step: str


def explain(rc: int, rs: int, function: str | None = None) -> Explanation:
    """Return ``rc``/``rs`` in words; ``function`` tells codes apart that mean different things."""
    return Explanation(f"{rc}/{rs}", "z/VM refused the request.", "See the SMAPI manual.")
