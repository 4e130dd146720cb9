# SPDX-License-Identifier: Apache-2.0
"""Files that a genuine xCAT fetches from this host, or puts here, by ssh (``remotehost=user@host``).

They lie in the directory of option ``snapshots_directory``, in one of this z/VM system's own, readable by
this service's user alone, and only as long as the call needs them. What a kill left is removed at the start.
"""

from __future__ import annotations

import getpass
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nova import exception
from nova.i18n import _
from oslo_config import cfg


class SharedFiles:
    """The directory, for the z/VM system that ``conf`` names. Thread-safe."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        options = conf.zvm_xcat
        self._directory = Path(options.snapshots_directory or "") / f"zvm-{options.host}"
        self._is_set = bool(options.snapshots_directory)
        #: How xCAT reaches this host.
        self.remotehost: str = options.remotehost or f"{getpass.getuser()}@{conf.my_ip}"

    def prepare(self) -> None:
        """Make the directory, empty.

        :raises InvalidConfiguration: it is not set, or cannot be made.
        """
        if not self._is_set:
            raise exception.InvalidConfiguration(
                _(
                    "Set snapshots_directory in [zvm_xcat]: a genuine xCAT fetches images and config drives "
                    "from there, by ssh as %s"
                )
                % self.remotehost
            )
        try:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory.mkdir(mode=0o700, parents=True)
        except OSError as problem:
            raise exception.InvalidConfiguration(
                _("snapshots_directory in [zvm_xcat]: %s") % problem
            ) from problem

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Give a directory of one's own, which goes at the end."""
        with tempfile.TemporaryDirectory(dir=self._directory, ignore_cleanup_errors=True) as name:
            yield Path(name)

    def keep(self, name: str, content: bytes) -> Path:
        """Write a file that stays until :meth:`remove`; return its path."""
        folder = Path(tempfile.mkdtemp(dir=self._directory))
        path = folder / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        return path

    def remove(self, path: Path) -> None:
        """Remove a file that :meth:`keep` wrote; one that is gone, or lies elsewhere, is left alone."""
        if path.parent.parent == self._directory:
            shutil.rmtree(path.parent, ignore_errors=True)
