# SPDX-License-Identifier: Apache-2.0
"""Directory profiles: what entries INCLUDE."""

from __future__ import annotations

from zvm.simulator.functions.registry import Call, done, serves
from zvm.smapi.frames import Reply


@serves("Profile_Query_DM")
def profile_query(call: Call) -> Reply:
    return done(profile_record_array=call.system.directory.profile(call.target).records())


@serves("Profile_Create_DM")
def profile_create(call: Call) -> Reply:
    call.system.directory.create_profile(call.target, call["profile_record_array"])
    return done()


@serves("Profile_Delete_DM")
def profile_delete(call: Call) -> Reply:
    call.system.directory.delete_profile(call.target)
    return done()


@serves("Profile_Replace_DM")
def profile_replace(call: Call) -> Reply:
    call.system.directory.replace_profile(call.target, call["profile_record_array"], call.caller)
    return done()


@serves("Profile_Lock_DM")
def profile_lock(call: Call) -> Reply:
    call.system.directory.profile(call.target)
    call.system.directory.locks.lock(call.target, "", call.caller)
    return done()


@serves("Profile_Unlock_DM")
def profile_unlock(call: Call) -> Reply:
    call.system.directory.profile(call.target)
    call.system.directory.locks.unlock(call.target, "")
    return done()


@serves("Profile_Lock_Query_DM")
def profile_lock_query(call: Call) -> Reply:
    call.system.directory.profile(call.target)
    holder = call.system.directory.locks.holder(call.target)
    if not holder:
        return done(24)
    return done(12, lockedTypeProfileLockedBy=f"PROFILE {holder}", lockDevList=[])
