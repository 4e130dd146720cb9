# SPDX-License-Identifier: Apache-2.0
"""The simulator's web page: what a system consists of at this moment, to look at and not to change."""

from zvm.simulator.page.render import page

__all__ = ["page"]
