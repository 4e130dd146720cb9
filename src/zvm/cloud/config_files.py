# SPDX-License-Identifier: Apache-2.0
"""Writes oslo.config files from dictionaries: group → option → value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from zvm.cloud.layout import write_private

Value = str | int | bool | Path | Sequence[str]
Groups = Mapping[str, Mapping[str, Value]]


def render(groups: Groups, *, first: str = "") -> str:
    """Return the text of a configuration file.

    :param groups: group → option → value; lists are joined by commas, as oslo.config's ListOpt reads them.
    :param first: lines of ``[DEFAULT]`` to be taken over as they are.
    :raises ValueError: an option's value would end its line.
    """
    parts = [f"[DEFAULT]\n{first.rstrip()}\n"] if first else []
    for group, options in groups.items():
        lines = [f"{name} = {text(value)}" for name, value in options.items()]
        parts.append("\n".join([f"[{group}]", *lines]) + "\n")
    return "\n".join(parts)


def text(value: Value) -> str:
    """Return ``value`` as oslo.config reads it from a file (a dollar sign would name another option)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, Path)):
        line = str(value)
    else:
        line = ",".join(value)
    if "\n" in line or "\r" in line:
        raise ValueError("a configuration value cannot hold a line break")
    return line.replace("$", "$$")


def write(path: Path, groups: Groups, *, first: str = "") -> None:
    """Write a configuration file readable by its owner alone (it holds passwords)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, render(groups, first=first))
