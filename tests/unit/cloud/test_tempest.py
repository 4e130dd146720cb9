# SPDX-License-Identifier: Apache-2.0
"""What came of Tempest's tests is read from its stream, with the reasons."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from subunit.v2 import StreamResultToBytes

from zvm.cloud import tempest


def test_results_have_status_duration_and_reason() -> None:
    stream = io.BytesIO()
    events = StreamResultToBytes(stream)
    start = datetime(2026, 1, 2, tzinfo=UTC)
    for number, (status, file, text) in enumerate(
        (
            ("success", None, b""),
            ("fail", "traceback", b"Traceback\nBuildError: no room"),
            ("skip", "reason", b"no ssh"),
        )
    ):
        events.status(test_id=f"t{number}", test_status="inprogress", timestamp=start)
        if file:
            events.status(test_id=f"t{number}", file_name=file, file_bytes=text, eof=True)
        end = start + timedelta(seconds=number)
        events.status(test_id=f"t{number}", test_status=status, timestamp=end)
    events.status(test_id="t9", test_status="exists")
    results = tempest.read(stream.getvalue())
    assert [(result.test, result.status, result.seconds) for result in results] == [
        ("t0", "success", 0.0),
        ("t1", "fail", 1.0),
        ("t2", "skip", 2.0),
    ]
    assert tempest.summary(results).splitlines() == [
        "1 passed, 1 failed, 1 skipped",
        "failed: t1: BuildError: no room",
        "skipped 1: no ssh",
    ]
