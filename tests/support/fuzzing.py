# SPDX-License-Identifier: Apache-2.0
"""Requests made up by chance: of ``/xcatws`` by its grammar, of ``/zvm/v1`` by its OpenAPI document.

Whatever comes, a management node answers within the time-out, not with 500, and not with a fault inside it.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.chain import HCP, HOST, PASSWORD, USER
from zvm.manager.v1.routes import ROUTES

#: Seconds in which an answer must be there.
PATIENCE = 60
_FAULT = "error inside the management node"


def _one_of(text: str) -> st.SearchStrategy[str]:
    """Return one of the words in a text."""
    return st.sampled_from(text.split())


_NAMES = _one_of(f"{HOST} {HCP} {HCP.partition('.')[0]} xcat all nosuch fuzz1 fuzz2")
_STRANGE = _one_of("$(id) `id` a;id ../../etc/passwd %00 é * - ' \" 1e309 -1 " + "a" * 300) | st.sampled_from(
    ["", "\x00", "\n"]
)
_RANGES = _one_of(
    "fuzz1-fuzz9 fuzz[1-3] all,-fuzz1 all@nosuch /f.* /( mgt==zvm hcp=~z.* fuzz1+2 ^file [ a[1- @"
)
_WORDS = _NAMES | _STRANGE | st.text(max_size=30)
_RESOURCES = _one_of(
    "version nodes vms hypervisor tables images objects networks site groups policies accounts"
    " notifications monitors logs debug"
)
_SUBS = _one_of(
    "power inventory status scan vitals eventlog bootstate dsh migrate execcmdonvm nextboot passwd zvm"
    " node osimage import export capture diagnostics makehosts auditlog"
)
_TABLES = _one_of("zvm mac switch hosts nodelist nodetype osimage linuximage passwd policy site")
_OPTIONS = _one_of(
    "on off stat isreachable softoff reset pause unpause reboot test move netboot statelite device=0100"
    " osimage=x --add3390 --add3390active --add9336 --addnic --addpagespool --addprocessor"
    " --addprocessoractive --addvdisk --addzfcp --connectnic2vswitch --copydisk --createfilesysnode"
    " --dedicatedevice --deleteipl --disconnectnic --formatdisk --grantvswitch --purgerdr --punchfile"
    " --removedisk --removenic --removeprocessor --removezfcp --replacevs --setipl --setpassword"
    " --setloaddev --smcli --sharevolume --undedicatedevice --aemod --addzfcp2pool --reservezfcp"
    " --removezfcpfrompool --adddisk2pool --addscsi --addvlan --addvswitch --removediskfrompool"
    " --diskpoolspace --zfcppool --fcpdevices --consoleoutput --getnetworknames profile=LNXDFLT cpu=1"
    " memory=512m password=AUTOONLY userid=fuzz1 hcp=zhcp.example.com mgt=zvm groups=all -d -l -i"
    " node=fuzz1 zvm.userid=fuzz1 mac.mac=1 command=smcli command=vmcp command=date POOL1 0100 1000 10m"
    " 8G"
)
_STRINGS = st.lists(st.lists(_OPTIONS | _WORDS, min_size=1, max_size=5).map(" ".join), max_size=3)
_BODIES = (
    st.none() | _STRINGS | st.sampled_from([b"", b"{", b'{"a": 1}', b"[[]]", b"[null]", b"\xff", b"[" * 5000])
)
_QUERY = st.lists(
    st.tuples(
        _one_of("field criteria attribute col value requestid objectid checknics cols xyz"),
        _WORDS | _SUBS | st.sampled_from(["node=fuzz1", "profile=~x", "a=~(", "userid"]),
    ),
    max_size=3,
)

_PART = _RANGES | _WORDS | _NAMES


@st.composite
def _known(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A method and a path that there are, whatever stands for its names."""
    route = draw(st.sampled_from(ROUTES))
    names = {"{sub}": _SUBS, "{table}": _TABLES | _PART, "{type}": _SUBS | _TABLES}
    return route.method, [
        draw(names.get(part, _PART)) if part.startswith("{") else part for part in route.pattern
    ]


_KNOWN = _known()
_UNKNOWN = st.tuples(
    _one_of("GET PUT POST DELETE PATCH"),
    st.tuples(_RESOURCES, st.lists(_PART | _SUBS | _TABLES, max_size=3)).map(
        lambda pair: [pair[0], *pair[1]]
    ),
)


@dataclass
class Tally:
    """What was asked and answered."""

    asked: int = 0
    longest: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def note(self, what: str, answer: requests.Response) -> None:
        """Take an answer in.

        :raises AssertionError: it tells of a fault.
        """
        seconds = answer.elapsed.total_seconds()
        self.asked += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)
        self.statuses[answer.status_code] += 1
        assert answer.status_code != 500, f"{what}: {answer.text[:500]}"
        assert _FAULT not in answer.text, f"{what}: {answer.text[:500]}"


def xcat(url: str, examples: int) -> Tally:
    """Ask ``/xcatws`` so many things."""
    tally, session = Tally(), requests.Session()

    @_so_many(examples)
    @given(_KNOWN | _KNOWN | _KNOWN | _UNKNOWN, _QUERY, _BODIES, _one_of("json xml html"))
    def ask(request: tuple[str, list[str]], query: Any, body: Any, form: str) -> None:
        method, parts = request
        path = "/".join(["/xcatws", *(quote(part, safe="") for part in parts)])
        headers = {"userName": USER, "password": PASSWORD.encode()}
        content = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        answer = session.request(
            method,
            url + path,
            params=[*query, ("format", form)],
            headers=headers,
            timeout=PATIENCE,
            **content,
        )
        tally.note(f"{method} {path} {query} {body}", answer)

    ask()
    return tally


def operations(url: str) -> Iterator[tuple[str, Callable[[int], Tally]]]:
    """Give each operation of ``/zvm/v1``: its name, and what asks it so many things."""
    schema = schemathesis.openapi.from_dict(requests.get(url + "/openapi.json", timeout=PATIENCE).json())
    schema.config.update(base_url=url)
    schema.config.generation.update(with_security_parameters=False)
    authorization = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    for found in schema.get_all_operations():
        operation = found.ok()

        def probe(examples: int, operation: Any = operation) -> Tally:
            tally = Tally()

            @_so_many(examples)
            @given(case=operation.as_strategy())
            def ask(case: Any) -> None:
                answer = case.call(headers={"Authorization": authorization}, timeout=PATIENCE, stream=False)
                tally.statuses[answer.status_code] += 1
                tally.asked += 1
                tally.seconds += answer.elapsed
                tally.longest = max(tally.longest, answer.elapsed)
                assert answer.status_code != 500, f"{operation.label}: {answer.text[:500]}"
                assert _FAULT not in answer.text, operation.label

            ask()
            return tally

        yield operation.label, probe


def _so_many(examples: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
