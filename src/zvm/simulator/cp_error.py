# SPDX-License-Identifier: Apache-2.0
"""A refusal by CP: its message. The number is also the return code of the command."""

from __future__ import annotations

from typing import Self


class CpError(Exception):
    """CP says no.

    :param module: the three letters of the CP module that speaks, such as ``CQU``.
    :param number: the message number.
    :param text: what it says, without the message id.
    :param severity: ``E``, or ``W`` or ``I`` where CP uses these for a refusal.
    """

    def __init__(self, module: str, number: int, text: str, severity: str = "E") -> None:
        super().__init__(module, number, text, severity)
        self.number = number
        self.message = message(module, number, text, severity)

    @classmethod
    def told(cls, module: str, number: int, text: str) -> Self:
        """Return a refusal whose ``text`` has its message ids already, perhaps among other lines."""
        error = cls(module, number, text)
        error.message = text
        return error

    def __str__(self) -> str:
        return self.message


def message(module: str, number: int, text: str, severity: str = "E") -> str:
    """Return a CP message with its id: ``HCPCQU045E LINUX01 not logged on``."""
    return f"HCP{module}{number:03d}{severity} {text}"
