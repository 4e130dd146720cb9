# SPDX-License-Identifier: Apache-2.0
"""The profiles by name."""

from __future__ import annotations

from zvm.cloud.profiles import Embedded, Profile
from zvm.cloud.separate import Separate, SeparateFibreChannel, SeparateNodes

_ALL: tuple[Profile, ...] = (Embedded(), Separate(), SeparateNodes(), SeparateFibreChannel())
PROFILES = {profile.name: profile for profile in _ALL}
