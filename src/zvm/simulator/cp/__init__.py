# SPDX-License-Identifier: Apache-2.0
"""The CP commands of the simulated system, a module per family."""
