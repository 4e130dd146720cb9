# SPDX-License-Identifier: Apache-2.0
"""Brings up a whole OpenStack on one machine, with all of ours in it."""
