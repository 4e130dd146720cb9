# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zvm.xcat import urls


def test_names_cannot_leave_their_place() -> None:
    assert urls.path("nodes", "a/../b?c#d", "power") == "/nodes/a%2F..%2Fb%3Fc%23d/power"
    for name in ("", ".", ".."):
        with pytest.raises(ValueError, match="name"):
            urls.path("nodes", name)


@pytest.mark.parametrize(
    "url", ["https://xcat.example.com", "https://x:8443/", "http://127.0.0.1:80", "http://[::1]"]
)
def test_https_and_the_loopback_are_fine(url: str) -> None:
    assert urls.checked_base(url) == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://xcat.example.com", "https"),
        ("http://10.0.0.1", "https"),
        ("https://u:p@xcat.example.com", "credentials"),
        ("https://x?userName=u", "not the URL"),
        ("ftp://127.0.0.1", "http"),
        ("xcat.example.com", "not the URL"),
    ],
)
def test_others_are_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        urls.checked_base(url)
