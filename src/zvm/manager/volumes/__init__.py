# SPDX-License-Identifier: Apache-2.0
"""Volumes: minidisks of a disk pool, each the only disk of a userid of its own that never logs on.

The directory is the only place that knows them. A volume's userid follows from its id, its entry is made and
allocated by one call and carries the id, so that whatever was lost on the way is found again by the id.

::

    USER V3K7Q2ZA NOLOG 32M 32M G
    *ZVMVOL UUID=6f1c09f4-3c0e-4b63-9c2a-b6a5a6f4f3a1
    *ZVMVOL POOL=POOL1
    MDISK 0100 3390 1 1457 ZVM001 MR

While something is copied onto a volume a LINK to the source stands in its entry, and goes when the copy is
complete. A volume that grows has a second, larger minidisk until the first one goes; the smaller one is the
volume. Guests have a volume by a LINK in their own entry.
"""
