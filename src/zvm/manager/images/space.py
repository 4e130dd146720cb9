# SPDX-License-Identifier: Apache-2.0
"""How much room the images take on the management node, and how much they may."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zvm.manager.errors import Refused

#: So many octets may arrive between two looks at the room there is.
STRIDE = 16 << 20


class ImageSpace:
    """The room in the directory of the images.

    :param limit: octets that all its files may take; 0: as many as the file system has.
    """

    def __init__(self, directory: Path, limit: int) -> None:
        self._directory = directory
        self.limit = limit

    def taken(self) -> int:
        """Return the octets that the images and what is on its way take: holes take none."""
        octets = 0
        for path in self._directory.iterdir():
            try:
                octets += path.stat().st_blocks * 512
            except FileNotFoundError:  # gone meanwhile
                continue
        return octets

    def free(self) -> int:
        """Return the octets that the file system has left."""
        return shutil.disk_usage(self._directory).free

    def missing(self) -> int:
        """Return by how many octets the limit is passed, 0 when it is not."""
        return max(0, self.taken() - self.limit) if self.limit else 0

    def too_little(self, name: str) -> Refused:
        """Return the error that there is no room for the image ``name``."""
        return Refused(
            f"no room for the image {name}: with what has arrived of it the images take {self.taken()} octets"
            f" of {self.limit}, and none that Glance has too can go",
            next_step="delete images, or set image_space higher",
        )

    @contextmanager
    def told(self, name: str) -> Iterator[None]:
        """Turn the system's error of a full disk into one that says how full."""
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise Refused(
                f"no room for the image {name}: the images take {self.taken()} octets, and the file system of"
                f" {self._directory} has {self.free()} left",
                next_step="delete images, or give the state directory more space",
            ) from error
