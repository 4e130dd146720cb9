# SPDX-License-Identifier: Apache-2.0
"""What a flavor can say of its guests' directory entries: extra specs ``zvm:...``, on an allow-list.

======================  ==================================================  =======================
extra spec              value                                               directory statement
======================  ==================================================  =======================
``zvm:share``           ``RELATIVE n`` or ``ABSOLUTE n%``; if wanted a      SHARE
                        maximum in the same form with ``LIMITSOFT`` or
                        ``LIMITHARD``
``zvm:cpu_dedicated``   ``true``: real processors of the guest's own        CPU ... DEDICATE
``zvm:profile``         name of a directory profile                         INCLUDE
======================  ==================================================  =======================

Source: CP Planning and Administration, statements SHARE, CPU and INCLUDE.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from nova import exception
from nova.i18n import _
from oslo_utils import strutils

from zvm.directory import names

PREFIX = "zvm:"
_PART = r"(?:RELATIVE (?:10000|[1-9]\d{0,3})|ABSOLUTE (?:100|[1-9]?\d)(?:\.\d)?%)"
_SHARE = re.compile(rf"{_PART}(?: {_PART} (?:LIMITSOFT|LIMITHARD))?\Z")


def _share(value: str) -> list[str]:
    words = " ".join(value.upper().split())
    if not _SHARE.match(words):
        raise ValueError(
            _("RELATIVE 1 to 10000 or ABSOLUTE up to 100%, then a maximum and LIMITSOFT or LIMITHARD")
        )
    return [f"share={words}"]


def _dedicated(value: str) -> list[str]:
    try:
        return ["dedicate=yes"] if strutils.bool_from_string(value, strict=True) else []
    except ValueError:
        raise ValueError(_("true or false")) from None


def _profile(value: str) -> list[str]:
    try:
        return [f"profile={names.userid(value)}"]
    except names.InvalidName:
        raise ValueError(_("the name of a directory profile")) from None


_ALLOWED: dict[str, Callable[[str], list[str]]] = {
    "zvm:cpu_dedicated": _dedicated,
    "zvm:profile": _profile,
    "zvm:share": _share,
}


def operands(extra_specs: Mapping[str, str] | None) -> list[str]:
    """Return the operands of mkvm for a flavor's extra specs; those without our prefix are others' business.

    :raises InvalidInput: one is not on the list, or its value breaks its rule; the text says what is allowed.
    """
    found = []
    for key, value in sorted((extra_specs or {}).items()):
        if not key.startswith(PREFIX):
            continue
        if key not in _ALLOWED:
            raise exception.InvalidInput(
                reason=_("extra spec %(key)s of the flavor is none of %(allowed)s")
                % {"key": key, "allowed": ", ".join(_ALLOWED)}
            )
        try:
            found += _ALLOWED[key](str(value))
        except ValueError as rule:
            raise exception.InvalidInput(
                reason=_("extra spec %(key)s of the flavor is '%(value)s', not %(rule)s")
                % {"key": key, "value": value, "rule": rule}
            ) from rule
    return found
