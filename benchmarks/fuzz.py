# SPDX-License-Identifier: Apache-2.0
"""Requests made up by chance, at length: ``python -m benchmarks.fuzz [EXAMPLES] [EXAMPLES PER OPERATION]``.

A chain of its own is started. An answer with 500, a fault inside the management node, or none within a minute
ends the run with the request that did it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support import fuzzing
from tests.support.chain import Chain


def main(examples: int = 3000, each: int = 40) -> int:
    """Run it; return the exit status."""
    with tempfile.TemporaryDirectory(prefix="zvm-fuzz-", ignore_cleanup_errors=True) as folder:
        chain = Chain(Path(folder))
        try:
            show("/xcatws", fuzzing.xcat(chain.manager.url, examples))
            whole, count = fuzzing.Tally(), 0
            for name, probe in fuzzing.operations(chain.manager.url):
                tally, count = probe(each), count + 1
                whole.asked += tally.asked
                whole.seconds += tally.seconds
                whole.longest = max(whole.longest, tally.longest)
                whole.statuses += tally.statuses
                print(f"  {tally.asked:>5}  {name}", flush=True)
            show(f"/zvm/v1, {count} operations", whole)
        finally:
            chain.stop()
    return 0


def show(what: str, tally: fuzzing.Tally) -> None:
    """Print what came of it."""
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(tally.statuses.items()))
    mean = 1000 * tally.seconds / max(1, tally.asked)
    print(
        f"{what}: {tally.asked} requests, {mean:.0f} ms each, longest {tally.longest:.1f} s; {answers}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
