# SPDX-License-Identifier: Apache-2.0
"""Neutron's mechanism driver and agent for z/VM virtual switches."""
