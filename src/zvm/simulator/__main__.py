# SPDX-License-Identifier: Apache-2.0
"""``python -m zvm.simulator run --state DIR``: a z/VM system as a process."""

import sys

from zvm.simulator.server import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
