# SPDX-License-Identifier: Apache-2.0
"""When changes of the directory's source come to CP: at once, or after they were held back for a while."""

from __future__ import annotations

from zvm.simulator.functions.registry import Call, done, serves
from zvm.smapi.frames import Reply


@serves("Static_Image_Changes_Deactivate_DM")
def static_image_changes_deactivate(call: Call) -> Reply:
    """Hold changes back from CP from now on (DIRMAINT OFFLINE)."""
    call.system.directory.hold()
    return done()


@serves("Static_Image_Changes_Activate_DM", "Static_Image_Changes_Immediate_DM")
def static_image_changes_activate(call: Call) -> Reply:
    """Put the source online: now, and for Activate with every change to come (DIRMAINT ONLINE, DIRECT)."""
    call.system.directory.release(stay_offline=call.request.function.endswith("Immediate_DM"))
    return done()
