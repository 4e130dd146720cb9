# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys

import pytest

from zvm.smapi.endpoint import IucvEndpoint, TcpEndpoint, UnixEndpoint, connect_iucv
from zvm.smapi.errors import NotSupported


def test_printable_without_password() -> None:
    endpoints = (
        TcpEndpoint("zvm1.example.com", userid="MAINT", password="SESAME"),
        UnixEndpoint("/run/smapi", "MAINT", "SESAME"),
        IucvEndpoint(),
    )
    assert [str(endpoint) for endpoint in endpoints] == [
        "zvm1.example.com:44444",
        "/run/smapi",
        "iucv:VSMREQIU/DMSRSRQU",
    ]
    assert "SESAME" not in repr(endpoints)


def test_iucv_address() -> None:
    family = (32).to_bytes(2, sys.byteorder)
    assert IucvEndpoint().address() == family + bytes(6) + b"        VSMREQIUDMSRSRQU"


def test_iucv_needs_zvm() -> None:
    with pytest.raises(NotSupported, match="AF_IUCV"):
        connect_iucv(IucvEndpoint())
