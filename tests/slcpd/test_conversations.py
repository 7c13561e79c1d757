"""The conversations of the history: their order, what is unread, and what it costs to know that."""

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looked_up import plans, steps_of

from slcp.errors import StorageError
from slcp.events import DurableEvent, ImageReceived, TextFailed, TextQueued, TextReceived
from slcp.messages import Address
from slcp.results import ConversationEntry
from slcpd.conversations import Conversations
from slcpd.history import MIGRATIONS, History
from slcpd.mailbox import Query, Recipient

Queued = Callable[..., TextQueued]

ADDRESS: Any = {"ip": "127.0.0.1", "port": 5002}
MIA = Recipient("Mia", Address("127.0.0.1", 5002))


@pytest.fixture
def conversations(history: History) -> Conversations:
    return history.conversations


def received(message_id: str, handle: str = "Luca", automatic: bool = False) -> TextReceived:
    return TextReceived(id=message_id, handle=handle, **ADDRESS, text="Hallo", automatic=automatic)


def receive(history: History, number: int, handle: str = "Luca") -> list[int]:
    """Receive so many texts. Returns their seqs."""
    return [history.add(received(f"{handle} {history.last_seq()}", handle)) for _ in range(number)]


def mark(history: History, handle: str, up_to: int) -> bool:
    """Mark messages as read, as the request does. Returns whether that has changed anything."""
    read = history.conversations.read_up_to(handle, up_to)
    if read is not None:
        history.add(read)
    return read is not None


def shown(history: History) -> list[tuple[str, int, int]]:
    """Handle, unread, read of each conversation, newest first."""
    return [(each.handle, each.unread, each.read) for each in history.conversations.newest(500)]


# The list


def test_a_conversation_shows_its_newest_message(history: History, conversations: Conversations) -> None:
    seq = receive(history, 2)[-1]
    [message] = history.mailbox.page(Query(limit=1)).messages
    assert conversations.newest(500) == [ConversationEntry(handle="Luca", seq=seq, time=message.time, unread=2, read=0)]


def test_whoever_wrote_or_was_written_to_last_is_first(history: History, queued: Queued, luca: Recipient) -> None:
    for handle in ("Luca", "Mia", "Tom"):
        receive(history, 1, handle)
    assert shown(history) == [("Tom", 1, 0), ("Mia", 1, 0), ("Luca", 1, 0)]
    history.add(queued("Hallo", luca))
    assert shown(history) == [("Luca", 1, 0), ("Tom", 1, 0), ("Mia", 1, 0)]


def test_the_list_is_as_long_as_asked_and_bounded(
    history: History, conversations: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.conversations.MAX_CONVERSATIONS", 2)
    for handle in ("Luca", "Mia", "Tom"):
        receive(history, 1, handle)
    assert [each.handle for each in conversations.newest(1)] == ["Tom"]
    assert [each.handle for each in conversations.newest(10**9)] == ["Tom", "Mia"]


# What counts


def test_all_that_came_in_is_unread_automatic_answers_and_images_too(history: History, queued: Queued) -> None:
    history.add(received("r1"))
    history.add(received("r2", automatic=True))
    history.add(ImageReceived(id="r3", handle="Luca", **ADDRESS, path="/cat", size=9, format="PNG", width=3, height=2))
    history.add(queued("our own"))
    history.add(queued("I am away.", automatic=True))
    assert shown(history) == [("Luca", 3, 0)]


def test_an_old_message_that_is_queued_again_is_no_new_one(history: History, queued: Queued) -> None:
    old = queued("for Mia", MIA)
    history.add(old)
    receive(history, 1, "Mia")
    receive(history, 1)
    before = history.conversations.newest(500)
    history.add(TextFailed(id=old.id, handle="Mia", **ADDRESS, reason="broke off"))
    history.add(old)
    assert history.conversations.newest(500) == before


def test_a_message_that_comes_twice_counts_once(history: History) -> None:
    history.add(received("r1"))
    before = history.conversations.newest(500)
    history.add(received("r1"))
    assert history.conversations.newest(500) == before


def test_messages_that_cannot_be_kept_do_not_count(history: History, queued: Queued) -> None:
    receive(history, 1, "Mia")
    good, bad = queued("Hallo", MIA), replace(queued("Hallo"), ip=None)  # type: ignore[arg-type]
    with pytest.raises(StorageError):
        history.add_all([good, bad])
    assert [(each.handle, each.seq) for each in history.conversations.newest(500)] == [("Mia", 1)]


# Reading


def test_what_is_read_is_unread_no_more(history: History, conversations: Conversations) -> None:
    seqs = receive(history, 5)
    assert mark(history, "Luca", seqs[2])
    assert shown(history) == [("Luca", 2, seqs[2])]
    assert mark(history, "Luca", seqs[4])
    assert shown(history) == [("Luca", 0, seqs[4])]
    receive(history, 1)
    assert shown(history) == [("Luca", 1, seqs[4])]


def test_reading_one_conversation_leaves_the_others(history: History) -> None:
    receive(history, 2, "Mia")
    last = receive(history, 2)[-1]
    mark(history, "Luca", last)
    assert shown(history) == [("Luca", 0, last), ("Mia", 2, 0)]


def test_our_own_messages_in_between_are_not_counted(history: History, queued: Queued, luca: Recipient) -> None:
    first = history.add(queued("Hallo", luca))
    receive(history, 1)
    history.add(queued("How are you?", luca))
    mark(history, "Luca", first)
    assert shown(history) == [("Luca", 1, first)]


def test_nobody_reads_what_has_not_come_yet(history: History) -> None:
    last = receive(history, 1)[-1]
    receive(history, 1, "Mia")
    assert mark(history, "Luca", 10**9)
    assert shown(history)[1] == ("Luca", 0, last)
    receive(history, 1)
    assert shown(history)[0] == ("Luca", 1, last)


def test_what_was_read_stays_read(history: History) -> None:
    seqs = receive(history, 3)
    mark(history, "Luca", seqs[1])
    for up_to in (seqs[1], seqs[0], 0, -1):
        assert not mark(history, "Luca", up_to)
    assert shown(history) == [("Luca", 1, seqs[1])]


@pytest.mark.parametrize("handle", ["Mia", "luca", "", "Luca@127.0.0.1:5002"])
def test_there_is_nothing_to_read_of_a_handle_without_messages(history: History, handle: str) -> None:
    receive(history, 1)
    assert not mark(history, handle, 10**9)
    assert shown(history) == [("Luca", 1, 0)]


def test_reading_is_possible_on_a_disk_that_is_nearly_full(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    last = receive(history, 1)[-1]
    monkeypatch.setattr("slcpd.disk.KEEP_FREE", 1 << 60)
    assert mark(history, "Luca", last)
    assert shown(history) == [("Luca", 0, last)]


# By what a conversation is found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Luca", "Luca"),
        ("LUCA", "LUCA"),  # it has messages of its own
        ("luca", "Luca"),  # the newest of the two
        ("ÄNNCHEN", "Ännchen"),
        ("STRASSE", "Straße"),
        ("Luc", "Luc"),
        ("", ""),
    ],
)
def test_a_conversation_is_found_in_another_case(history: History, asked: str, found: str) -> None:
    for handle in ("LUCA", "Luca", "Ännchen", "Straße"):
        receive(history, 1, handle)
    assert history.conversations.known_as(asked) == found


# Against a model


class _Model(NamedTuple):
    """The conversations as anybody would count them: through all messages, each time."""

    messages: dict[str, tuple[int, str, bool]]  # by id: seq, handle, whether it came in
    read: dict[str, int]

    def shown(self) -> list[tuple[str, int, int]]:
        newest = {handle: seq for seq, handle, _ in self.messages.values()}
        return [
            (handle, self._unread(handle), self.read.get(handle, 0))
            for handle in sorted(newest, key=lambda each: newest[each], reverse=True)
        ]

    def _unread(self, handle: str) -> int:
        read = self.read.get(handle, 0)
        return sum(came and whose == handle and seq > read for seq, whose, came in self.messages.values())

    def mark(self, handle: str, up_to: int) -> bool:
        seqs = [seq for seq, whose, _ in self.messages.values() if whose == handle]
        up_to = min(up_to, max(seqs, default=0))
        is_new = up_to > self.read.get(handle, 0)
        if is_new:
            self.read[handle] = up_to
        return is_new


HANDLES = st.sampled_from(["Luca", "Mia", "127.0.0.3"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), HANDLES, st.integers(0, 8)),  # the id: some come twice
        st.tuples(st.just("queue"), HANDLES, st.integers(0, 4)),  # some are queued again
        st.tuples(st.just("mark"), HANDLES, st.integers(-1, 20)),
        st.just(("restart", "", 0)),
    ),
    max_size=25,
)


def message(step: str, handle: str, number: int) -> DurableEvent:
    if step == "receive":
        return received(f"in {handle} {number}", handle)
    return TextQueued(id=f"out {handle} {number}", handle=handle, **ADDRESS, text="Hallo")


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_whatever_happens_the_counts_are_those_of_the_messages(steps: list[tuple[str, str, int]]) -> None:
    model = _Model({}, {})
    with tempfile.TemporaryDirectory(prefix="slcp-test-") as folder:
        path = Path(folder) / "history.sqlite"
        history = History(path)
        for step, handle, number in steps:
            if step == "restart":
                history.close()
                history = History(path)
            elif step == "mark":
                assert mark(history, handle, number) == model.mark(handle, number)
            else:
                seq = history.add(message(step, handle, number))
                model.messages.setdefault(f"{step} {handle} {number}", (seq, handle, step == "receive"))
            assert shown(history) == model.shown()
        history.close()


# What it costs


def fill(path: Path, number: int) -> None:
    """Put so many messages of Luca into a history, each third from him."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
            "INSERT INTO messages (seq, id, time, direction, kind, handle, ip, port, state, automatic) "
            "SELECT n, n, '2026-11-23T10:00:00.000Z', iif(n % 3, 'out', 'in'), 'image', 'Luca', '10.0.0.2', 5002, "
            "'sent', 0 FROM numbers",
            (number,),
        )


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a history with 100,000 messages."""
    path = tmp_path_factory.mktemp("long") / "history.sqlite"
    History(path).close()
    fill(path, 100_000)
    return path


def test_the_indexes_are_used(long: Path) -> None:
    with closing(History(long)) as history:
        conversations, page = history.conversations, history.mailbox.page
        assert shown(history) == [("Luca", 33_333, 0)]
        assert plans(history, lambda: conversations.newest(500)) == [
            "SCAN conversations USING INDEX conversations_by_seq",  # as far as the limit
        ]
        assert plans(history, lambda: conversations.read_up_to("Luca", 99_990)) == [
            "SEARCH conversations USING PRIMARY KEY (handle=?)",
            "SEARCH messages USING INDEX messages_by_handle (handle=? AND seq>?)",
        ]
        assert plans(history, lambda: page(Query(handle="Luca", after=5, oldest=True)).messages) == [
            "SEARCH messages USING INDEX messages_by_handle (handle=? AND seq>?)",
        ]
        assert plans(history, lambda: page(Query(after=5, oldest=True)).messages) == [
            "SEARCH messages USING INTEGER PRIMARY KEY (rowid>?)",
        ]
        assert plans(history, lambda: conversations.known_as("luca")) == [
            "SEARCH conversations USING PRIMARY KEY (handle=?)",
            "SEARCH conversations USING COVERING INDEX conversations_by_folded (folded=?)",
        ]
        for look in (history._count_passing, lambda: history._prune(1, "")):
            assert plans(history, look) == ["SCAN events USING INDEX events_passing"]


def test_a_long_history_costs_no_more_than_a_short_one(tmp_path: Path, long: Path) -> None:
    def work(path: Path) -> list[int]:
        with closing(History(path)) as history:
            [luca] = history.conversations.newest(1)
            return [
                steps_of(history, lambda: history.conversations.newest(500)),
                steps_of(history, lambda: history.conversations.read_up_to("Luca", luca.seq - 9)),
                steps_of(
                    history, lambda: history.mailbox.page(Query(handle="Luca", after=5, oldest=True, limit=10)).messages
                ),
            ]

    History(tmp_path / "short.sqlite").close()
    fill(tmp_path / "short.sqlite", 100)
    assert work(long) == work(tmp_path / "short.sqlite")


# A file of the version before


def test_what_was_there_before_conversations_were_counts_as_read(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        for version, script in enumerate(MIGRATIONS[:2], start=1):
            database.executescript(f"{script} PRAGMA user_version = {version};")
        for seq, (direction, handle) in enumerate([("in", "Luca"), ("in", "Mia"), ("out", "Luca")], start=1):
            time = f"2026-11-23T10:00:0{seq}.000Z"
            database.execute("INSERT INTO events (time, type, body) VALUES (?, 'text_received', '{}')", (time,))
            database.execute(
                "INSERT INTO messages (seq, id, time, direction, kind, handle, ip, port, state, automatic, text) "
                "VALUES (?, ?, ?, ?, 'text', ?, '10.0.0.2', 5002, 'sent', 0, 'Hallo')",
                (seq, f"m{seq}", time, direction, handle),
            )
    with closing(History(path)) as history:
        assert history.conversations.newest(500) == [
            ConversationEntry(handle="Luca", seq=3, time="2026-11-23T10:00:03.000Z", unread=0, read=3),
            ConversationEntry(handle="Mia", seq=2, time="2026-11-23T10:00:02.000Z", unread=0, read=2),
        ]
        assert [message.batch for message in history.mailbox.page(Query(words="hallo")).messages] == [None] * 3
        assert receive(history, 2) == [4, 5]
        assert history.conversations.known_as("mia") == "Mia"
        assert mark(history, "Luca", 4)
        assert shown(history) == [("Luca", 1, 4), ("Mia", 0, 2)]
