"""Every row of the table (tests/support/hostile/table.py) against a real daemon."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from daemons import Daemon, World, free_port, run_slcpd
from hostile.encrypted import ENCRYPTED
from hostile.player import RAW, Player, play_at_once
from hostile.row import Row
from hostile.table import COMMANDS, CONFIG, CONTROL, DATAGRAMS, FLOODS, SLOW, STREAMS, TABLE


def by_name(row: Row) -> str:
    return ascii(row.name)


@pytest.fixture(scope="module")
def players(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Player]]:
    """A daemon for single inputs, one for floods, one for what takes long: they leave something behind."""
    daemons: dict[str, Daemon] = {}
    for name in ("single", "floods", "slow"):
        world = World(tmp_path_factory.mktemp(name) / "Ani")
        world.configure(handle="Ani", port=free_port(), whoisport=free_port())
        daemons[name] = Daemon(world).start()
    try:
        yield {name: Player(daemon) for name, daemon in daemons.items()}
        for daemon in daemons.values():
            assert daemon.stop() == 0
    finally:
        for daemon in daemons.values():
            daemon.close()


def test_no_two_rows_are_one() -> None:
    names = [(row.via, row.name) for row in TABLE]
    assert len(names) == len(set(names)) >= 80


@pytest.mark.parametrize("row", [*DATAGRAMS, *STREAMS, *ENCRYPTED, *CONTROL, *COMMANDS], ids=by_name)
def test_a_hostile_input_does_what_its_row_says_and_no_more(players: dict[str, Player], row: Row) -> None:
    players["single"].play(row)


@pytest.mark.parametrize("row", FLOODS, ids=by_name)
def test_a_flood_does_what_its_row_says_and_no_more(players: dict[str, Player], row: Row) -> None:
    players["floods"].play(row)


def test_who_lets_us_wait_is_let_go(players: dict[str, Player]) -> None:
    play_at_once(players["slow"], SLOW)


@pytest.mark.parametrize("row", CONFIG, ids=by_name)
def test_a_configuration_that_cannot_be_used_is_named_in_one_line(tmp_path: Path, whoisport: int, row: Row) -> None:
    world = World(tmp_path / "Ani")
    world.config.parent.mkdir(parents=True)
    world.config.write_bytes(row.sent[0])
    refused = run_slcpd(world)
    assert (refused.returncode, refused.stdout) == (row.effect.code, "")
    assert refused.stderr.startswith(f"slcpd: {world.config}: ")
    assert refused.stderr.count("\n") == 1
    assert row.effect.says in refused.stderr
    assert not RAW.search(refused.stderr)
    assert not world.database.exists()
