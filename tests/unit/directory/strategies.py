# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for directory statements and entries."""

from __future__ import annotations

from hypothesis import strategies as st

from zvm import directory as d

ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
userids = st.text(ALNUM + "@#$_-+:", min_size=1, max_size=8)
vdevs = st.integers(0, 0xFFFF).map("{:04X}".format)
words = st.text(ALNUM + "./=%", min_size=1, max_size=20)
passwords = st.one_of(st.just(""), st.text(ALNUM, min_size=1, max_size=8))
volsers = st.text(ALNUM, min_size=1, max_size=6)
modes = st.sampled_from(["R", "RR", "W", "WR", "M", "MR", "MW", "MWV"])
tails = st.text(
    st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=64
).map(str.strip).filter(lambda text: bool(text) and not text.endswith(","))  # fmt: skip
word_lists = st.lists(words, min_size=1, max_size=30).map(tuple)
vlans = st.lists(st.integers(1, 4094).map(str), max_size=3).map(tuple)

users = st.builds(
    lambda name, password, sizes: d.User(name, password, *sizes),
    userids,
    passwords.map(lambda text: text or "NOLOG"),
    st.sampled_from([(), ("1G",), ("1G", "2G"), ("512M", "2G", "G"), ("1G", "1G", "BG", ("ON", "ON"))]),
)
minidisks = st.one_of(
    st.builds(
        lambda vdev, start, size, volume, optional: d.Mdisk(vdev, "3390", start, size, volume, *optional),
        vdevs,
        st.integers(0, 65519),
        st.one_of(st.none(), st.integers(1, 65519)),
        volsers,
        st.one_of(
            st.just(()), st.tuples(modes), st.tuples(modes, *[passwords.map(lambda t: t or "ALL")] * 3)
        ),
    ),
    st.builds(
        lambda v, n: d.Mdisk(v, "FB-512", None, n, "", "MR", allocation="V-DISK"), vdevs, st.integers(1)
    ),
    st.builds(lambda v, r: d.Mdisk(v, "3390", None, None, r, "MR", allocation="DEVNO"), vdevs, vdevs),
)
nics = st.builds(
    lambda vdev, devices, lan, macid, vlan, options, port_type: d.NicDef(
        vdev, "QDIO", devices, *lan, macid, "", vlan, options, port_type
    ),
    vdevs,
    st.one_of(st.none(), st.integers(1, 3072)),
    st.sampled_from([("", ""), ("SYSTEM", "XCATVSW1"), ("*", "PRIVATE")]),
    st.one_of(st.just(""), st.integers(0, 0xFFFFFF).map("{:06X}".format)),
    vlans,
    st.sampled_from([(), ("PROMISCUOUS",)]),
    st.sampled_from(["", "ACCESS", "TRUNK"]),
)
others = st.one_of(
    userids.map(d.Include),
    st.builds(d.Machine, st.sampled_from(["ESA", "XA"]), st.one_of(st.none(), st.integers(1, 64))),
    st.builds(d.Cpu, st.integers(0, 63).map("{:02X}".format), st.sampled_from([(), ("BASE",)])),
    st.builds(d.Ipl, words.map(lambda t: t[:8]), st.one_of(st.just(""), words.map(lambda t: t[:10])), tails),
    st.lists(userids, min_size=1, max_size=12).map(tuple).map(d.LogonBy),
    tails.map(d.Command),
    st.builds(d.Loaddev, st.sampled_from(["PORTNAME", "LUN", "SCPDATA"]), tails),
    word_lists.map(d.Option),
    word_lists.map(d.Account),
    tails.map(lambda text: d.Comment(f"*{text}".rstrip()[:72].rstrip())),
    tails.map(lambda text: d.Unknown((f"XYZZY {text}",))),
)
devices = st.one_of(
    minidisks,
    nics,
    st.builds(lambda u, s, v: d.Link(u, s, v, "RR"), userids, vdevs, vdevs),
    st.builds(d.Console, vdevs, st.just("3215"), st.sampled_from([(), ("T",), ("T", "OPERATOR")])),
    st.builds(d.Spool, vdevs, st.just("2540"), st.just(("READER", "*"))),
    st.builds(d.Dedicate, vdevs, vdevs, st.sampled_from([(), ("R/O",)])),
)
statements = st.one_of(others, devices)
entries = st.builds(d.Entry, users, st.lists(statements, max_size=12).map(tuple))
