# SPDX-License-Identifier: Apache-2.0
"""Cinder's volumes, by kinds: a module for each value of ``driver_volume_type`` in a connection_info.

:class:`zvm.nova.volumes.attachments.Attachments` is what the driver's verbs and the life of a guest call; a
kind (:class:`zvm.nova.volumes.kind.Kind`) only says how its volumes are connected, disconnected, booted from.

Device numbers of a guest: root disk 0100, ephemeral disks 0101-010F, swap 0110, rescue 01F0, minidisk volumes
0200-02FF, ECKD volumes 0300-03FF, FCP devices 0400-047F, network cards from 1000.
"""
