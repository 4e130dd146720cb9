# SPDX-License-Identifier: Apache-2.0
"""What a flavor can say of its guests' directory entries: extra specs ``zvm:...``, on an allow-list.

======================  ==================================================  =======================
extra spec              value                                               directory statement
======================  ==================================================  =======================
``zvm:share``           ``RELATIVE n`` or ``ABSOLUTE n%``; if wanted a      SHARE
                        maximum in the same form with ``LIMITSOFT`` or
                        ``LIMITHARD``
``zvm:cpu_dedicated``   ``true``: real processors of the guest's own        CPU ... DEDICATE
``zvm:io_priority``     ``RELATIVE low high`` or ``ABSOLUTE low high``, 0   IOPRIORITY
                        to 255; ``high`` may be left out
``zvm:profile``         name of a directory profile                         INCLUDE
``zvm:max_vcpus``       processors that it can have as it runs              MACHINE
``zvm:max_memory_mb``   memory, in MiB, that it can have as it runs: by     USER, DEFINE
                        256 MiB, up to 16 times what the flavor has         STORAGE
======================  ==================================================  =======================

Beside them there are those of :mod:`zvm.nova.adopted`, which name a guest that exists.

Source: CP Planning and Administration, statements SHARE, CPU, IOPRIORITY and INCLUDE.

Limits of a disk's rate, ``quota:disk_...``, are refused: CP limits the I/O of a whole real device only (SET
THROTTLE), on which minidisks of other guests are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from nova import exception, objects
from nova.i18n import _
from oslo_utils import strutils

from zvm.directory import names
from zvm.nova import adopted

PREFIX = "zvm:"
#: The operand that gives each processor of a guest a real one.
DEDICATED = "dedicate=yes"
#: Nova's extra specs for the I/O of disks, for other drivers.
_DISK_QUOTA = "quota:disk_"
_PART = r"(?:RELATIVE (?:10000|[1-9]\d{0,3})|ABSOLUTE (?:100|[1-9]?\d)(?:\.\d)?%)"
_SHARE = re.compile(rf"{_PART}(?: {_PART} (?:LIMITSOFT|LIMITHARD))?\Z")
_IO_PRIORITY = re.compile(r"(?:RELATIVE|ABSOLUTE) (\d{1,3})(?: (\d{1,3}))?\Z")


def _share(value: str) -> list[str]:
    words = " ".join(value.upper().split())
    if not _SHARE.match(words):
        raise ValueError(
            _("RELATIVE 1 to 10000 or ABSOLUTE up to 100%, then a maximum and LIMITSOFT or LIMITHARD")
        )
    return [f"share={words}"]


def _io_priority(value: str) -> list[str]:
    words = " ".join(value.upper().split())
    found = _IO_PRIORITY.match(words)
    if not found or int(found[1]) > int(found[2] or found[1]) or int(found[2] or found[1]) > 255:
        raise ValueError(_("RELATIVE or ABSOLUTE with the lowest and the highest priority, 0 to 255"))
    return [f"iopriority={words}"]


def _dedicated(value: str) -> list[str]:
    try:
        return [DEDICATED] if strutils.bool_from_string(value, strict=True) else []
    except ValueError:
        raise ValueError(_("true or false")) from None


def _profile(value: str) -> list[str]:
    try:
        return [f"profile={names.userid(value)}"]
    except names.InvalidName:
        raise ValueError(_("the name of a directory profile")) from None


#: Of Linux on s390: memory goes online by sections of 256 MiB, and each page of standby storage costs 64
#: octets of the memory that there is at the start: with more than this a guest may not even boot.
_SECTION_MB, _MOST_TIMES = 256, 16
_MOST_CPUS = 64  # CP Planning and Administration, MACHINE statement
MAX_VCPUS, MAX_MEMORY = "zvm:max_vcpus", "zvm:max_memory_mb"


@dataclass(frozen=True, slots=True)
class Maxima:
    """What a guest can have as it runs: processors, and memory in MiB; 0: no more than its flavor's."""

    cpus: int = 0
    memory_mb: int = 0


def maxima(flavor: objects.Flavor) -> Maxima:
    """Return what the flavor lets its guests have.

    :raises InvalidInput: it is less than the flavor has, or more than can be.
    """
    specs = flavor.extra_specs
    found = Maxima(*(_number(specs, key) for key in (MAX_VCPUS, MAX_MEMORY)))
    if found.cpus and not flavor.vcpus <= found.cpus <= _MOST_CPUS:
        rule = _("from %(least)d, as the flavor has, to %(most)d")
        raise _breaks(MAX_VCPUS, specs, rule % {"least": flavor.vcpus, "most": _MOST_CPUS})
    if found.memory_mb and (
        not flavor.memory_mb <= found.memory_mb <= _MOST_TIMES * flavor.memory_mb
        or found.memory_mb % _SECTION_MB
        or flavor.memory_mb % _SECTION_MB
    ):
        rule = _("from %(least)d, as the flavor has, to %(times)d times that, both in whole %(section)d MiB")
        raise _breaks(
            MAX_MEMORY,
            specs,
            rule % {"least": flavor.memory_mb, "times": _MOST_TIMES, "section": _SECTION_MB},
        )
    return found


def _number(specs: Mapping[str, str], key: str) -> int:
    value = str(specs.get(key, "0"))
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise _breaks(key, specs, _("a number"))
    return int(value)


def _breaks(key: str, specs: Mapping[str, str], rule: object) -> exception.InvalidInput:
    return exception.InvalidInput(
        reason=_("extra spec %(key)s of the flavor is '%(value)s', not %(rule)s")
        % {"key": key, "value": specs[key], "rule": rule}
    )


_ALLOWED: dict[str, Callable[[str], list[str]]] = {
    "zvm:cpu_dedicated": _dedicated,
    "zvm:io_priority": _io_priority,
    MAX_MEMORY: lambda value: [f"maxmemory={value}m"],
    MAX_VCPUS: lambda value: [f"maxcpu={value}"],
    "zvm:profile": _profile,
    "zvm:share": _share,
}


def operands(flavor: objects.Flavor) -> list[str]:
    """Return the operands of mkvm for a flavor's extra specs; those without our prefix are others' business.

    :raises InvalidInput: one is not on the list, its value breaks its rule, or it limits a disk's rate; the
        text says what is allowed.
    """
    maxima(flavor)  # which depend on what else the flavor has
    specs, found = flavor.extra_specs, []
    for key, value in sorted(specs.items()):
        if key.startswith(_DISK_QUOTA):
            raise exception.InvalidInput(
                reason=_(
                    "extra spec %(key)s of the flavor: z/VM limits the I/O of whole real devices only, "
                    "not of one guest's disk; zvm:io_priority gives a guest's I/O a priority"
                )
                % {"key": key}
            )
        if not key.startswith(PREFIX):
            continue
        if key not in _ALLOWED:
            raise exception.InvalidInput(
                reason=_("extra spec %(key)s of the flavor is none of %(allowed)s")
                % {"key": key, "allowed": ", ".join((adopted.ADOPT, *_ALLOWED))}
            )
        try:
            found += _ALLOWED[key](str(value))
        except ValueError as rule:
            raise _breaks(key, specs, rule) from rule
    return found


def changes(old: objects.Flavor, new: objects.Flavor, profile: str) -> dict[str, str]:
    """Return the operands by which an entry made for ``old`` becomes one for ``new``, but for its maxima.

    :param profile: the directory profile of guests whose flavors name none.
    :return: name of an operand -> its value; "" or "no" where ``new`` has none.
    :raises InvalidInput: as for :func:`operands`, of ``new``, or that adopts a guest. What ``old`` has of
        that kind was never in the entry.
    """
    if old.extra_specs == new.extra_specs:
        return {}
    if adopted.ADOPT in new.extra_specs:
        rule = _("extra spec %s of the flavor makes a server of a guest that exists: none is resized to it")
        raise exception.InvalidInput(reason=rule % adopted.ADOPT)
    had, wanted = _named(_valid(old)), _named(operands(new))
    without = {"dedicate": "no", "profile": profile.upper()}
    differ = sorted(key for key in {*had, *wanted} if had.get(key) != wanted.get(key))
    return {key: wanted.get(key, without.get(key, "")) for key in differ}


def _valid(flavor: objects.Flavor) -> list[str]:
    """Return the operands for those extra specs of the flavor that are on the list and follow their rules."""
    found: list[str] = []
    for key, value in flavor.extra_specs.items():
        if key in _ALLOWED:
            with suppress(ValueError):
                found += _ALLOWED[key](str(value))
    return found


def _named(words: Iterable[str]) -> dict[str, str]:
    """Return name -> value of operands, without those for the maxima."""
    pairs = dict(word.split("=", 1) for word in words)
    return {key: value for key, value in pairs.items() if key not in ("maxcpu", "maxmemory")}
