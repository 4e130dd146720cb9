# SPDX-License-Identifier: Apache-2.0
"""A glance of what ``python -m benchmarks.fuzz`` does at length."""

from __future__ import annotations

import requests

from tests.support import fuzzing
from tests.support.chain import Chain


def test_xcat_by_its_grammar(chain: Chain) -> None:
    tally = fuzzing.xcat(chain.manager.url, 80)
    assert tally.asked >= 80
    assert {200, 400, 403} <= set(tally.statuses)


def test_the_extension_by_its_document(chain: Chain) -> None:
    document = requests.get(chain.manager.url + "/openapi.json", timeout=30).json()
    asked = {name: probe(1).asked for name, probe in fuzzing.operations(chain.manager.url)}
    assert len(asked) == sum(len(methods) for methods in document["paths"].values())
    assert min(asked.values()) >= 1
