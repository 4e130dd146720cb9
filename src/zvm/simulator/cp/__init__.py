# SPDX-License-Identifier: Apache-2.0
"""The CP commands of the simulated system, a module per family."""

from zvm.simulator.cp.dispatcher import Cp, CpResult

__all__ = ["Cp", "CpResult"]
