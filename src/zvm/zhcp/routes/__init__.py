# SPDX-License-Identifier: Apache-2.0
"""The routes of the zHCP's HTTP API, a module per thing they are about."""

from __future__ import annotations

from zvm.zhcp.routes import consoles, disks, guests, relocations, spool, system

ROUTES = (
    *system.ROUTES,
    *guests.ROUTES,
    *relocations.ROUTES,
    *disks.ROUTES,
    *spool.ROUTES,
    *consoles.ROUTES,
)
