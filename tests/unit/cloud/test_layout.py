# SPDX-License-Identifier: Apache-2.0
"""A cloud's folder: chosen once, private, one user at a time."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from zvm.cloud.errors import CloudError
from zvm.cloud.layout import FIRST_PORT, FORMAT, HOST, LAST_PORT, LISTENERS, Layout, choose_ports, is_free


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "state")
    made.create()
    return made


def test_what_is_chosen_is_kept(layout: Layout) -> None:
    again = Layout(layout.root)
    again.create()
    assert [again.port(name) for name in LISTENERS] == [layout.port(name) for name in LISTENERS]
    assert again.password("admin") == layout.password("admin")


def test_a_folder_of_another_profile_is_refused(layout: Layout) -> None:
    assert layout.profile == "embedded"
    with pytest.raises(CloudError, match="profile embedded, not separate"):
        layout.create("separate")


def test_ports_are_distinct_free_and_below_the_ephemeral_range(layout: Layout) -> None:
    ports = [layout.port(name) for name in LISTENERS]
    assert len(set(ports)) == len(LISTENERS)
    assert all(FIRST_PORT <= port < LAST_PORT for port in ports)
    assert all(is_free(port) for port in ports)


def test_a_taken_port_moves_the_whole_block() -> None:
    first = choose_ports("seed")
    with socket.socket() as other:
        other.bind((HOST, first["nova"]))
        other.listen()
        second = choose_ports("seed")
    assert not set(first.values()) & set(second.values())


def test_clouds_of_different_folders_do_not_meet() -> None:
    assert choose_ports("/one") != choose_ports("/two")


def test_passwords_are_long_distinct_and_private(layout: Layout) -> None:
    file = layout.root / "passwords.json"
    passwords = json.loads(file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    assert layout.root.stat().st_mode & 0o777 == 0o700
    assert len(set(passwords.values())) == len(passwords)
    assert all(len(password) >= 24 for password in passwords.values())


def test_a_folder_of_another_release_is_refused(layout: Layout) -> None:
    facts = layout.root / "cloud.json"
    facts.write_text(facts.read_text().replace(f'"format": {FORMAT}', '"format": 99'))
    with pytest.raises(CloudError, match="another release"):
        Layout(layout.root).create()


def test_only_one_at_a_time_works_on_it(layout: Layout) -> None:
    with layout.lock(), pytest.raises(CloudError, match="right now"), Layout(layout.root).lock():
        pass
    with layout.lock():
        pass


def test_nothing_exists_before_it_is_made(tmp_path: Path) -> None:
    assert not Layout(tmp_path / "none").exists
