# SPDX-License-Identifier: Apache-2.0
"""Programs of the system that some tests need; where one is missing its tests name the package with it."""

from __future__ import annotations

import shutil

import pytest


def find(*names: str) -> str:
    """Return the path of the first of the programs ``names`` that is there, "" when none is."""
    return next(filter(None, map(shutil.which, names)), "")


def needs(package: str, *names: str) -> pytest.MarkDecorator:
    """Return a mark that skips a test where none of the programs ``names`` of the Debian package is there."""
    return pytest.mark.skipif(not find(*names), reason=missing(package, *names))


def missing(package: str, *names: str) -> str:
    """Return the words of such a skip."""
    return f"needs {' or '.join(names)}; on Debian, as root: apt-get install {package}"
