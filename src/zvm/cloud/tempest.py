# SPDX-License-Identifier: Apache-2.0
"""Runs Tempest, OpenStack's own tests of a running cloud, and tells what came of each test and why."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zvm.cloud import access, config_files, seeds
from zvm.cloud.bring_up import Cloud
from zvm.cloud.errors import CloudError, StoryFailed
from zvm.cloud.processes import environment
from zvm.cloud.progress import Reporter
from zvm.cloud.settings import tempest as settings

#: How long a whole run may take, seconds.
PATIENCE = 4 * 3600
_REPEATED = re.compile(r"\A(.+?)\1+\Z", re.DOTALL)


@dataclass(frozen=True)
class Result:
    """What came of a test.

    :ivar status: success, fail or skip.
    :ivar reason: of a skip, or the end of a failure's traceback.
    """

    test: str
    status: str
    seconds: float
    reason: str = ""


def run(cloud: Cloud, reporter: Reporter, regex: str, workers: int) -> list[Result]:
    """Run the tests whose names ``regex`` finds against the running cloud.

    :param workers: how many run side by side.
    :raises StoryFailed: Tempest is not installed, or could not be run.
    """
    folder = cloud.layout.root / "tempest"
    folder.mkdir(exist_ok=True)
    _configure(cloud, folder)
    discover = _discover()
    (folder / ".stestr.conf").write_text(f"[DEFAULT]\ntest_path={discover}\ntop_dir={discover.parents[1]}\n")
    command = [
        *(sys.executable, str(access.programs() / "tempest"), "run"),
        *("--config-file", str(folder / "tempest.conf")),
        *("--regex", regex, "--concurrency", str(workers)),
        *("--exclude-list", str(_left_out(folder))),
    ]
    began = time.monotonic()
    log = cloud.layout.log("tempest")
    with reporter.step(f"tempest {regex}"), log.open("ab") as output:
        subprocess.run(
            command,
            cwd=folder,
            env=environment(),
            stdout=output,
            stderr=output,
            timeout=PATIENCE,
            check=False,
        )
        last = [sys.executable, "-m", "stestr", "last", "--subunit"]
        stream = subprocess.run(
            last, cwd=folder, env=environment(), stdout=subprocess.PIPE, check=False
        ).stdout
    results = read(stream)
    if not results:
        raise StoryFailed("Tempest ran no test", log=log)
    results += [
        Result(test, "skip", 0.0, why) for test, why in settings.LEFT_OUT.items() if re.search(regex, test)
    ]
    document = {
        "regex": regex,
        "seconds": time.monotonic() - began,
        "tests": [asdict(one) for one in results],
    }
    (folder / "results.json").write_text(json.dumps(document, indent=1) + "\n")
    return results


def _left_out(folder: Path) -> Path:
    """Write the list of the tests that are not to be run, in Tempest's form; return its path."""
    file = folder / "left-out.txt"
    lines = (f"^{re.escape(test)}  # {why}\n" for test, why in settings.LEFT_OUT.items())
    file.write_text("".join(lines))
    return file


def _discover() -> Path:
    """Return the folder from which Tempest's tests are found.

    :raises CloudError: Tempest is not installed.
    """
    from importlib.util import find_spec

    found = find_spec("tempest")
    if found is None or not found.submodule_search_locations:
        raise CloudError("Tempest is not installed here", next_step="`make tempest` installs it.")
    return Path(found.submodule_search_locations[0]) / "test_discover"


def _configure(cloud: Cloud, folder: Path) -> None:
    """Make what the tests use, and write tempest.conf."""
    admin = access.connect(cloud.layout, access.ADMIN)
    seeds.everything(cloud.layout, admin)
    image = seeds.image_file(cloud.layout)
    found = {
        "image_ref": seeds.image(admin, image),
        "image_ref_alt": seeds.image(admin, image, f"{seeds.IMAGE}-alt"),
        "flavor_ref": seeds.flavor(admin, "tempest.small", vcpus=1, ram=256, disk=1),
        "flavor_ref_alt": seeds.flavor(admin, "tempest.large", vcpus=2, ram=512, disk=2),
        "network": seeds.NETWORK,
        "api_extensions": ",".join(sorted(extension.alias for extension in admin.network.extensions())),
    }
    if "cinder" in cloud.profile.services:
        found["volume_type_multiattach"] = seeds.shared_volumes(admin, "tempest.shared")
    groups = settings.groups(cloud.layout, folder, found, cloud.profile)
    config_files.write(folder / "tempest.conf", groups)


def read(stream: bytes) -> list[Result]:
    """Return the results in a subunit (version 2) stream, in the order of their ends."""
    import io

    import subunit
    from testtools import StreamResult

    details: dict[str, dict[str, bytes]] = {}
    began: dict[str, Any] = {}
    results: dict[str, Result] = {}

    class Reader(StreamResult):  # type: ignore[misc]
        """Collects."""

        def status(
            self,
            test_id: str | None = None,
            test_status: str | None = None,
            file_name: str | None = None,
            file_bytes: bytes | None = None,
            timestamp: Any = None,
            **others: Any,
        ) -> None:
            """Take one event of the stream."""
            if test_id is None:
                return
            if file_name is not None:
                parts = details.setdefault(test_id, {})
                parts[file_name] = parts.get(file_name, b"") + bytes(file_bytes or b"")
            if test_status == "inprogress":
                began[test_id] = timestamp
            elif test_status in ("success", "fail", "skip"):
                start = began.get(test_id)
                seconds = (timestamp - start).total_seconds() if start and timestamp else 0.0
                results[test_id] = Result(test_id, test_status, seconds)

    subunit.ByteStreamToStreamResult(io.BytesIO(stream)).run(Reader())
    for name, result in results.items():
        parts = details.get(name, {})
        text = parts.get("reason") or b"".join(data for file, data in parts.items() if "traceback" in file)
        # A class that is skipped again for each of its workers says so again.
        said = _REPEATED.sub(r"\1", text.decode(errors="replace")[-2000:].strip())
        results[name] = Result(name, result.status, result.seconds, said)
    return list(results.values())


def summary(results: Iterable[Result]) -> str:
    """Return what came of a run in words: counts, each failure with its end, skips by reason."""
    results = list(results)
    counts = Counter(result.status for result in results)
    lines = [f"{counts['success']} passed, {counts['fail']} failed, {counts['skip']} skipped"]
    for result in results:
        if result.status == "fail":
            last = result.reason.splitlines()[-1:] or [""]
            lines.append(f"failed: {result.test}: {last[0]}")
    reasons = Counter(result.reason for result in results if result.status == "skip")
    lines += [f"skipped {count}: {reason}" for reason, count in reasons.most_common()]
    return "\n".join(lines)
