# SPDX-License-Identifier: Apache-2.0
"""What each SMAPI function does to the simulated system, a module per family."""
