# SPDX-License-Identifier: Apache-2.0
"""First of all: Nova's choice of threads, and patience.

Nova's own test bases ask for eventlet unless it was chosen otherwise before, and the choice must come before
any other part of Nova or oslo is loaded. nova-compute runs native threads.
"""

import os

from hypothesis import HealthCheck, settings

from tests.support.results import pytest_runtest_logreport, pytest_sessionfinish

__all__ = ["pytest_runtest_logreport", "pytest_sessionfinish"]

# How fast the machine is says nothing about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

os.environ.setdefault("OS_NOVA_DISABLE_EVENTLET_PATCHING", "1")
try:
    from nova import monkey_patch
except ImportError:  # the rooms below Nova are tested without it too
    pass
else:
    monkey_patch.patch()
