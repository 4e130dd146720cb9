# SPDX-License-Identifier: Apache-2.0
"""What is off on a genuine xCAT, and why: for messages, for the log at start and for the documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that the driver does not do on a genuine xCAT.

    :ivar name: what it is, in words that users know.
    :ivar why: why xCAT's v1 API does not allow it, or that it is still to be made.
    :ivar calls: patterns of the calls of ``/zvm/v1`` that it is made of, ``METHOD /path``.
    """

    name: str
    why: str
    calls: tuple[str, ...] = ()


_GUEST = r"/guests/[^/]+"

OFF: tuple[Feature, ...] = (
    Feature(
        "calls of the guest's agent (passwords, quiesce, addresses of cards attached later, clean snapshots)",
        "xCAT knows no QEMU guest agent",
        (rf"POST {_GUEST}/agent",),
    ),
    Feature("serial console", "xCAT hands out the log of a console only", (rf"GET {_GUEST}/console/live",)),
    Feature("crash dumps", "no command of xCAT makes one", (rf"POST {_GUEST}/dump",)),
    Feature(
        "counters of network cards and of I/O in diagnostics, processor statistics of the host",
        "xCAT tells a guest's processor time and memory only",
        (r"GET /load",),
    ),
    Feature(
        "resize, cold migration and evacuation",
        "not made yet with xCAT's own commands (chvm --setmemory, --setprocessor, --copydisk)",
        (rf"(POST|PUT) {_GUEST}/(resize.*|host)",),
    ),
    Feature(
        "events of guests: what happens without Nova is seen by its periodic looks",
        "xCAT tells nothing by itself",
        (r"GET /events",),
    ),
    Feature(
        "live migration and maintenance mode",
        "not made yet with xCAT's own command (rmigrate), which tells no progress",
        (rf"\w+ {_GUEST}/relocation",),
    ),
    Feature(
        "volumes over Fibre Channel",
        "not made yet with xCAT's own commands (chvm --dedicatedevice, --addzfcp, --removezfcp)",
        (r"GET /fcp", rf"\w+ {_GUEST}/(fcp|luns.*)"),
    ),
    Feature(
        "ECKD volumes of storage servers",
        "not made yet with xCAT's own command (chvm --dedicatedevice), which does not tell who has a device",
        (r"GET /dasd", rf"\w+ {_GUEST}/dasd.*"),
    ),
    Feature(
        "minidisk volumes of Cinder",
        "xCAT's disks do not outlive their guest",
        (r"\w+ /volumes.*", rf"\w+ {_GUEST}/volumes.*"),
    ),
    Feature(
        "images cached beforehand and expiry of images",
        "xCAT has no golden minidisks and does not say when an image was used last",
        (r"POST /images/[^/]+/golden", r"POST /image_cache/expire"),
    ),
    Feature(
        "adoption of guests that exist",
        "xCAT's tables alone do not keep its commands from a guest that is not the instance's",
        (rf"\w+ {_GUEST}/adoption",),
    ),
    Feature("qcow2 images", "xCAT deploys disk images of its own form only"),
    Feature("SHARE, IOPRIORITY and dedicated processors by flavor", "xCAT's mkvm has no word for them"),
    Feature("CRASHED as a state", "xCAT tells whether a guest is logged on, not what it does"),
)

#: The driver's capabilities that a genuine xCAT takes from it: Nova does not even try then.
CAPABILITIES = dict.fromkeys(
    (
        "has_imagecache",
        "supports_evacuate",
        "supports_extend_volume",
        "supports_image_type_qcow2",
        "supports_multiattach",
        "supports_tagged_attach_volume",
    ),
    False,
)


def named(method: str, path: str) -> str:
    """Return in words what a call of ``/zvm/v1`` is for."""
    call = f"{method} {path}"
    for feature in OFF:
        if any(re.fullmatch(pattern, call) for pattern in feature.calls):
            return feature.name
    return call


def line() -> str:
    """Return one line that names all of them."""
    return "; ".join(feature.name for feature in OFF)
