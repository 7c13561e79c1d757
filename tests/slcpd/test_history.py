"""The history on a real file: what it keeps, and what it does with files that it cannot use."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from slcp.dialects import Trait
from slcp.errors import ConfigError, StorageError
from slcp.events import (
    ConfigChanged,
    ConversationRead,
    DurableEvent,
    ImageRejected,
    TextQueued,
    TextReceived,
    UserChanged,
    UserJoined,
    UserLeft,
)
from slcp.peers import TraitsLearned
from slcpd.database import Database
from slcpd.history import KEPT_FOR, MIGRATIONS, History
from slcpd.mailbox import Query

Queued = Callable[..., TextQueued]

ADDRESS: Any = {"handle": "Luca", "ip": "127.0.0.1", "port": 5002}


def received(number: int, text: str) -> TextReceived:
    return TextReceived(id=f"r{number}", **ADDRESS, text=text)


@pytest.mark.parametrize(
    "event",
    [
        UserJoined(**ADDRESS),
        UserLeft(**ADDRESS, reason="said_so"),
        UserChanged(**ADDRESS, state="idle", previous_handle="Luca"),
        ImageRejected(**ADDRESS, reason="too large"),
        ConfigChanged(key="inactive", value=True),
        ConversationRead(handle="Luca", up_to=1, unread=0),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_no_message_stands_in_the_log_alone(history: History, event: DurableEvent) -> None:
    seq = history.add(event)
    assert history.mailbox.page(Query()).messages == []
    assert [logged.seq for logged in history.events_after(0)] == [seq]


def test_the_newest_seq_is_told_though_a_change_is_undone(history: History, tmp_path: Path) -> None:
    first = history.add(received(1, "kept"))
    assert history.last_seq() == first
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'no room'); END")
        with pytest.raises(StorageError):
            history.add(received(2, "lost"))
        assert history.last_seq() == first
        other.execute("DROP TRIGGER full")
    assert history.add(received(3, "kept")) == history.last_seq() == first + 1


def test_within_a_change_that_may_be_undone_nothing_is_sure(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "history.sqlite", MIGRATIONS)) as database:
        before = database.changes
        with database.written(durable=True):
            database.write("INSERT INTO events (time, type, body) VALUES ('', '', ?)", ("",))
            assert database.changes is None
        assert database.changes not in (before, None)


def test_the_log_keeps_every_event_as_it_was(history: History) -> None:
    history.add(received(1, 'Grüße 👋 "quoted"\u2028'))
    [logged] = history.events_after(0)
    assert json.loads(logged.body) == {
        "type": "text_received",
        "id": "r1",
        "handle": "Luca",
        "ip": "127.0.0.1",
        "port": 5002,
        "text": 'Grüße 👋 "quoted"\u2028',
        "automatic": False,
        "secure": False,
    }


def test_times_are_utc_whatever_the_clock_shows(tmp_path: Path) -> None:
    noon = datetime(2025, 7, 1, 14, 0, 0, 5_000, timezone(timedelta(hours=2)))
    with closing(History(tmp_path / "history.sqlite", lambda: noon)) as history:
        history.add(received(1, "Hallo"))
        [message] = history.mailbox.page(Query()).messages
    assert message.time == "2025-07-01T12:00:00.005Z"
    assert datetime.fromisoformat(message.time) == noon.astimezone(UTC)


def test_a_clock_that_jumps_changes_times_and_no_order(tmp_path: Path) -> None:
    noon = datetime(2025, 7, 1, 12, tzinfo=UTC)
    clock = iter([noon, noon - timedelta(days=400), noon + timedelta(days=400), noon])
    with closing(History(tmp_path / "history.sqlite", lambda: next(clock))) as history:
        seqs = [history.add(received(number, str(number))) for number in range(4)]
        assert [logged.seq for logged in history.events_after(0)] == seqs == [1, 2, 3, 4]
        assert [message.text for message in history.mailbox.page(Query()).messages] == ["0", "1", "2", "3"]
        assert [message.text for message in history.mailbox.page(Query(after=seqs[1])).messages] == ["2", "3"]


def test_it_survives_being_opened_again(tmp_path: Path, queued: Queued) -> None:
    path = tmp_path / "folder/history.sqlite"
    with closing(History(path)) as history:
        history.add(queued("to send"))
        history.add(received(1, "Hallo"))
        before = (
            history.mailbox.page(Query()).messages,
            history.events_after(0),
            history.mailbox.recipients(),
            history.last_seq(),
        )
    with closing(History(path)) as history:
        assert (
            history.mailbox.page(Query()).messages,
            history.events_after(0),
            history.mailbox.recipients(),
            history.last_seq(),
        ) == before


def test_seq_is_never_given_twice_not_even_after_the_newest_event_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with closing(History(path)) as history:
        assert history.last_seq() == 0
        seqs = [history.add(received(number, "Hallo")) for number in range(3)]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM events")
    with closing(History(path)) as history:
        assert history.last_seq() == seqs[-1]
        seqs += [history.add(received(number, "Hallo")) for number in range(3, 6)]
        assert history.last_seq() == seqs[-1]
    assert seqs == sorted(set(seqs))


def test_an_event_that_cannot_be_kept_leaves_nothing(history: History) -> None:
    history.add(received(1, "kept"))
    with pytest.raises(StorageError):
        history.add(TextReceived(id="2", handle="Luca", ip=None, port=1, text="no ip"))  # type: ignore[arg-type]
    assert [message.text for message in history.mailbox.page(Query()).messages] == ["kept"]
    assert len(history.events_after(0)) == 1


def test_it_knows_when_a_key_was_changed_last(history: History) -> None:
    assert history.last_change("inactive") == 0
    history.add(ConfigChanged(key="inactive", value=True))
    second = history.add(ConfigChanged(key="inactive", value=False))
    history.add(ConfigChanged(key="autoreply", value="inactive"))
    history.add(received(1, '{"type":"config_changed","key":"inactive"}'))
    assert history.last_change("inactive") == second


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (received(1, "Hallo"), "FULL"),
        (ConfigChanged(key="inactive", value=True), "FULL"),
        (UserJoined(**ADDRESS), "NORMAL"),
        (ConversationRead(handle="Luca", up_to=1, unread=0), "NORMAL"),
    ],
    ids=["text", "config", "presence", "reading"],
)
def test_what_someone_relies_on_is_synced_to_the_disk(history: History, event: DurableEvent, level: str) -> None:
    history.add(UserJoined(**ADDRESS))
    history.add(received(0, "before"))
    history.add(event)
    numbers = {"NORMAL": 1, "FULL": 2}  # https://sqlite.org/pragma.html#pragma_synchronous
    assert history._db.row("PRAGMA synchronous") == (numbers[level],)


def test_the_log_is_read_in_bounded_steps(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.history.MAX_EVENTS", 4)
    seqs = [history.add(received(number, "x")) for number in range(5)]
    assert [event.seq for event in history.events_after(0)] == seqs[:4]
    assert [event.seq for event in history.events_after(seqs[3])] == seqs[4:]
    assert history.events_after(seqs[4]) == []


# The file


def test_the_file_is_in_a_folder_for_its_owner_alone(tmp_path: Path) -> None:
    with closing(History(tmp_path / "slcp/history.sqlite")):
        assert (tmp_path / "slcp").stat().st_mode & 0o777 == 0o700


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(ConfigError, match="newer slcp") as refusal:
        History(path)
    assert str(path) in str(refusal.value)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)


@pytest.mark.parametrize("damage", [b"this is no database " * 50, b"\0" * 4096], ids=["text", "zeros"])
def test_a_damaged_file_is_refused_by_name_and_left_alone(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(damage)
    with pytest.raises(ConfigError, match="move it away") as refusal:
        History(path)
    assert str(path) in str(refusal.value)
    assert path.read_bytes() == damage


KILLED = """
import os, sys
from pathlib import Path
from slcp.events import TextReceived
from slcpd.history import History
history = History(Path(sys.argv[1]))
for number in range(20):
    history.add(TextReceived(id=str(number), handle="Luca", ip="127.0.0.1", port=5002, text="x" * 500))
os._exit(9)
"""


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The history of a daemon that was killed: what was written last is in the write-ahead log."""
    path = tmp_path / "history.sqlite"
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False).returncode == 9
    return path


def test_a_killed_daemons_log_is_taken_in(killed: Path) -> None:
    with closing(History(killed)) as history:
        assert history.last_seq() == 20


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def test_a_write_ahead_log_of_something_else_is_refused_by_name_and_left_alone(killed: Path) -> None:
    file, garbage = killed.read_bytes(), b"no log " * 10_000
    wal_of(killed).write_bytes(garbage)
    with pytest.raises(ConfigError, match="move it away") as refusal:
        History(killed)
    assert str(wal_of(killed)) in str(refusal.value)
    assert (killed.read_bytes(), wal_of(killed).read_bytes()) == (file, garbage)


def test_an_empty_file_beside_a_write_ahead_log_is_refused_and_the_log_left_alone(killed: Path) -> None:
    latest = wal_of(killed).read_bytes()
    killed.write_bytes(b"")
    with pytest.raises(ConfigError, match="move both away"):
        History(killed)
    assert (killed.read_bytes(), wal_of(killed).read_bytes()) == (b"", latest)


def test_a_damaged_file_is_not_written_to_from_its_write_ahead_log(killed: Path) -> None:
    with closing(sqlite3.connect(killed)) as database:
        [page] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'pins'").fetchone()
        [size] = database.execute("PRAGMA page_size").fetchone()
    with killed.open("r+b") as file:  # SQLite has put everything in there and removed the log
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    damaged = killed.read_bytes()
    log_once_more(killed)
    log = wal_of(killed).read_bytes()
    with pytest.raises(ConfigError, match="move it away"):
        History(killed)
    assert (killed.read_bytes(), wal_of(killed).read_bytes()) == (damaged, log)


def log_once_more(path: Path) -> None:
    """Write to a history as a daemon does that met no damage and was killed."""
    script = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("INSERT INTO events (time, type, body) VALUES ('2026-11-23T10:00:00.000Z', 'text_received', '{}')")
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == 9


@pytest.mark.parametrize("log", [b"", b"\0" * 4096, b"\x37"], ids=["empty", "not synced", "cut short"])
def test_a_write_ahead_log_as_a_power_cut_leaves_it_is_none(killed: Path, log: bytes) -> None:
    with closing(History(killed)) as history:
        assert history.last_seq() == 20
    wal_of(killed).write_bytes(log)
    with closing(History(killed)) as history:
        assert history.last_seq() == 20


def test_an_empty_file_is_a_history_that_begins(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").touch()
    with closing(History(tmp_path / "history.sqlite")) as history:
        assert history.add(received(1, "Hallo")) == 1


def test_a_folder_in_the_place_of_the_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    path.mkdir()
    with pytest.raises(ConfigError, match=r"history\.sqlite"):
        History(path)


# What strangers cause is bounded


def test_of_comings_and_goings_the_latest_are_kept(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.history.MAX_PASSING", 10)
    monkeypatch.setattr("slcpd.history.PRUNED_AT_ONCE", 5)
    first = history.add(received(1, "kept"))
    for _ in range(100):
        last = history.add(UserJoined(**ADDRESS))
    seqs = [event.seq for event in history.events_after(0)]
    assert seqs[0] == first
    assert seqs[-1] == last
    assert 10 <= len(seqs) - 1 < 15
    assert history.add(UserJoined(**ADDRESS)) == last + 1


def test_of_what_was_read_the_log_keeps_the_latest(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.history.MAX_PASSING", 10)
    monkeypatch.setattr("slcpd.history.PRUNED_AT_ONCE", 5)
    first = history.add(received(1, "kept"))
    for up_to in range(100):
        last = history.add(ConversationRead(handle="Luca", up_to=up_to, unread=0))
    seqs = [event.seq for event in history.events_after(0)]
    assert (seqs[0], seqs[-1]) == (first, last)
    assert 10 <= len(seqs) - 1 < 15


def test_comings_and_goings_are_kept_for_some_time_and_texts_for_ever(tmp_path: Path) -> None:
    now = datetime(2025, 7, 1, 12, tzinfo=UTC)
    with closing(History(tmp_path / "history.sqlite", lambda: now)) as history:
        text = history.add(received(1, "kept"))
        for _ in range(10):
            history.add(UserJoined(**ADDRESS))
        now += KEPT_FOR - timedelta(seconds=1)
        young = [history.add(UserJoined(**ADDRESS)) for _ in range(2)]
        assert history.last_seq() == len(history.events_after(0)) == 13
        now += timedelta(seconds=2)
        new = [history.add(UserJoined(**ADDRESS)) for _ in range(10)]
        assert [event.seq for event in history.events_after(0)] == [text, *young, *new]
        assert [event.seq for event in history.events_after(5)] == [*young, *new]  # an old cursor goes on


def test_many_who_come_at_once_push_out_what_is_old_and_keep_to_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.history.MAX_PASSING", 20)
    monkeypatch.setattr("slcpd.history.PRUNED_AT_ONCE", 5)
    now = datetime(2025, 7, 1, 12, tzinfo=UTC)
    with closing(History(tmp_path / "history.sqlite", lambda: now)) as history:
        text = history.add(received(1, "kept"))
        history.add_presence([UserJoined(**ADDRESS)] * 10)
        now += KEPT_FOR + timedelta(seconds=1)
        history.add_presence([UserJoined(**ADDRESS)] * 5)
        assert [event.seq for event in history.events_after(0)] == [text, *range(12, 17)]
        for _ in range(10):
            history.add_presence([UserJoined(**ADDRESS)] * 10)
            assert len(history.events_after(0)) - 1 < 25
        for _ in range(20):
            history.add(UserJoined(**ADDRESS))
        assert 20 <= len(history.events_after(0)) - 1 < 25
        assert history.events_after(0)[0].seq == text


def test_who_comes_at_once_is_kept_together_or_not_at_all(history: History, tmp_path: Path) -> None:
    second = "AFTER INSERT ON events WHEN (SELECT count(*) FROM events) > 1"
    with closing(sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)) as other:
        other.execute(f"CREATE TRIGGER full {second} BEGIN SELECT RAISE(ABORT, 'full'); END")
        with pytest.raises(StorageError):
            history.add_presence([UserJoined(**ADDRESS)] * 2)
        other.execute("DROP TRIGGER full")
    assert history.events_after(0) == []
    history.add_presence([UserJoined(**ADDRESS), UserLeft(**ADDRESS, reason="said_so")])
    assert [json.loads(event.body)["type"] for event in history.events_after(0)] == ["user_joined", "user_left"]


def test_events_that_cannot_be_kept_push_none_out(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.history.MAX_PASSING", 10)
    monkeypatch.setattr("slcpd.history.PRUNED_AT_ONCE", 5)
    seqs = [history.add(UserJoined(**ADDRESS)) for _ in range(10)]
    with closing(sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)) as other:
        other.execute("CREATE TRIGGER full AFTER INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END")
        for _ in range(100):
            with pytest.raises(StorageError):
                history.add(UserJoined(**ADDRESS))
        other.execute("DROP TRIGGER full")
    seqs.append(history.add(UserJoined(**ADDRESS)))
    assert [event.seq for event in history.events_after(0)] == seqs


def test_how_many_there_are_is_known_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.history.MAX_PASSING", 10)
    monkeypatch.setattr("slcpd.history.PRUNED_AT_ONCE", 5)
    for _ in range(10):
        with closing(History(tmp_path / "history.sqlite")) as history:
            for _ in range(5):
                history.add(UserJoined(**ADDRESS))
    with closing(History(tmp_path / "history.sqlite")) as history:
        assert len(history.events_after(0)) < 15


def test_of_traits_those_learnt_last_are_kept(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.history.MAX_REMEMBERED", 3)
    for number in [*range(5), 2]:
        history.keep_traits([TraitsLearned(f"P{number}", "10.0.0.1", frozenset({Trait.JSON}))])
    assert [handle for handle, _ in history.remembered()] == ["P3", "P4", "P2"]


def test_the_end_of_the_disk_is_not_for_strangers(
    history: History, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert history.trouble == ""
    monkeypatch.setattr("slcpd.disk.KEEP_FREE", 1 << 60)
    for _ in range(3):
        with pytest.raises(StorageError, match="nearly full"):
            history.add(received(1, "from a stranger"))
    assert "nearly full" in history.trouble
    assert [record.levelname for record in caplog.records] == ["ERROR"]  # once
    assert history.add(TextQueued(id="q1", **ADDRESS, text="our own")) == 1


# Versions


def test_a_history_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1;")
        database.execute(
            "INSERT INTO events (time, type, body) VALUES ('2026-11-23T10:00:00.000Z', 'text_received', '{}')"
        )
        database.execute(
            "INSERT INTO messages VALUES (1, 'r1', '2026-11-23T10:00:00.000Z', 'in', 'text', 'Luca', '10.0.0.2', 5002,"
            " 'received', NULL, 0, 'Hallo', NULL, NULL, NULL, NULL)"
        )
        database.execute("INSERT INTO traits VALUES ('Luca', '10.0.0.2', 'json')")
        database.commit()
    with closing(History(path)) as history:
        [message] = history.mailbox.page(Query(words="hallo")).messages
        assert (message.text, message.secure, message.sha256) == ("Hallo", False, None)
        assert history.remembered() == {("Luca", "10.0.0.2"): {Trait.JSON}}
        assert history.pins() == {}
        assert history.add(received(2, "new")) == 2
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_migration_that_breaks_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.sqlite"
    with closing(History(path)) as history:
        history.add(received(1, "Hallo"))
    broken = (*MIGRATIONS, "CREATE TABLE more (x); nonsense;")
    monkeypatch.setattr("slcpd.history.MIGRATIONS", broken)
    with pytest.raises(ConfigError, match="cannot be used"):
        History(path)
    monkeypatch.setattr("slcpd.history.MIGRATIONS", MIGRATIONS)
    with closing(History(path)) as history:
        assert [message.text for message in history.mailbox.page(Query()).messages] == ["Hallo"]
