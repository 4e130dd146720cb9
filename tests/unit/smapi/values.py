# SPDX-License-Identifier: Apache-2.0
"""Values for any declared field, generated from its declaration."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from zvm.smapi.declaration import FunctionDeclaration, Style
from zvm.smapi.fields import Array, Asciiz, Field, Fixed, Integer, Lines, Raw, Text
from zvm.smapi.keywords import Definitions, Keyword


def characters(*excluded: str) -> st.SearchStrategy[str]:
    return st.characters(min_codepoint=0, max_codepoint=255, exclude_characters=list(excluded))


def without_nul(shortest: int = 0) -> st.SearchStrategy[str]:
    return st.text(characters("\0"), min_size=shortest, max_size=12)


def of(field: Field) -> st.SearchStrategy[Any]:
    """Return values that ``field`` carries and gives back unchanged."""
    match field:
        case Integer():
            return st.integers(*field.limits)
        case Text():
            alphabet = st.sampled_from("0123456789ABCDEFabcdef") if field.hexadecimal else characters()
            text = st.text(
                alphabet, min_size=field.shortest, max_size=min(field.longest, field.shortest + 12)
            )
            return text.map(lambda value: value.rstrip(" ")) if field.pad else text
        case Keyword():
            if field.choices:
                return st.sampled_from(field.choices if field.required else ("", *field.choices))
            return without_nul(shortest=int(field.required))
        case Asciiz():
            return without_nul()
        case Fixed():
            return st.text(characters("\0"), max_size=field.size).map(lambda value: value.rstrip(" "))
        case Raw():
            return st.text(characters()).map(lambda value: value.rstrip("\0") if field.closing else value)
        case Definitions():
            names = st.sampled_from(sorted(field.keywords))
            line = names if field.query else st.builds("{}={}".format, names, without_nul())
            return st.lists(line, min_size=1, max_size=4)
        case Lines():
            return st.lists(without_nul(), max_size=4)
        case Array():
            element = of(field.fields[0]) if len(field.fields) == 1 else record(field.fields)
            return st.lists(element, max_size=3)
    raise NotImplementedError(type(field))


def record(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({field.name: of(field) for field in fields})


def parameters(declaration: FunctionDeclaration) -> st.SearchStrategy[dict[str, Any]]:
    """Return complete parameters of a function."""
    fields = declaration.keywords if declaration.style is not Style.POSITIONAL else declaration.parameters
    return record(fields)
