# SPDX-License-Identifier: Apache-2.0
"""The extension API ``/zvm/v1``: what xCAT's API cannot do; ``/openapi.json`` describes it."""

from zvm.manager.zvm_v1 import (
    adoptions,
    cards,
    dedicated_dasd,
    dumps,
    encrypted_devices,
    events,
    fcp,
    guest_copies,
    guests,
    image_cache,
    images,
    iscsi,
    measured,
    minidisk_volumes,
    relocations,
    resizes,
    systems,
)
from zvm.manager.zvm_v1.route import Route

ROUTES: tuple[Route, ...] = (
    *systems.ROUTES,
    *images.ROUTES,
    *image_cache.ROUTES,
    *guests.ROUTES,
    *adoptions.ROUTES,
    *cards.ROUTES,
    *minidisk_volumes.ROUTES,
    *dumps.ROUTES,
    *fcp.ROUTES,
    *dedicated_dasd.ROUTES,
    *iscsi.ROUTES,
    *guest_copies.ROUTES,
    *encrypted_devices.ROUTES,
    *measured.ROUTES,
    *relocations.ROUTES,
    *resizes.ROUTES,
    *events.ROUTES,
)
