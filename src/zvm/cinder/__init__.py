# SPDX-License-Identifier: Apache-2.0
"""Cinder's volume driver for z/VM: volumes are minidisks of a disk pool, made by the management node.

``volume_driver = zvm.cinder.driver.ZVMMinidiskDriver``
"""
