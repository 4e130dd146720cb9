# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from zvm.xcat.errors import XcatOutcomeUnknown, XcatRefused


def test_the_next_step_is_told_once() -> None:
    assert str(XcatRefused("PUT /x", ["no"], next_step="wait")) == "PUT /x: no (wait)"
    assert str(XcatRefused("PUT /x", ["no (wait)"], next_step="wait")) == "PUT /x: no (wait)"


def test_codes() -> None:
    refused = XcatRefused("PUT /x", ["text"], rc=400, rs=4)
    assert refused.has_codes(400, 4)
    assert not refused.has_codes(400, 8)
    assert refused.text == "text"
    assert XcatOutcomeUnknown("PUT /x", "lost", operation="id").operation == "id"
