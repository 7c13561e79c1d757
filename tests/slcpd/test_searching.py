"""The search: what it finds is what a look at every text finds, and a long history costs no more than a short one."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from daemons import WAIT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from looked_up import plans, steps_of
from turns import turns

from slcp.errors import StorageError
from slcp.events import TextQueued, TextReceived
from slcp.messages import Address
from slcpd.history import History
from slcpd.mailbox import SEARCHED_FIRST, SEARCHED_TEXT, Query
from slcpd.searching import matching, phrases

LUCA, MIA = "Luca", "Mia"
PORT = 5002
WORDS = ("cat", "cats", "catalogue", "dog", "Straße", "strasse", "naïve")


def write(path: Path, texts: list[tuple[str, str, str | None]]) -> Path:
    """Write a history of messages of these handles and IP addresses; what has no text is an image."""
    History(path).close()
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany(
            "INSERT INTO messages (seq, id, time, direction, kind, handle, ip, port, state, automatic, text) VALUES "
            "(?1, ?1, '2026-11-23T10:00:00.000Z', 'in', iif(?4 IS NULL, 'image', 'text'), ?2, ?3, 5002, "
            "'received', 0, ?4)",
            [(seq, *message) for seq, message in enumerate(texts, start=1)],
        )
        database.execute("INSERT INTO messages_text (messages_text) VALUES ('rebuild')")
    return path


# What is found


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """A history of 120 messages of several, some of them images."""
    rng = Random(7)
    texts: list[tuple[str, str, str | None]] = []
    for number in range(120):
        text = None if number % 9 == 0 else " ".join(rng.choices(WORDS, k=3))
        texts.append((rng.choice((LUCA, LUCA, LUCA, MIA)), rng.choice(("10.0.0.2", "10.0.0.3")), text))
    with closing(History(write(tmp_path_factory.mktemp("mixed") / "history.sqlite", texts))) as history:
        yield history


def look_at_all(history: History, query: Query) -> list[int]:
    """Return the seqs of a page as the condition in one piece finds them."""
    where, values = query.where()
    rows = history._db.rows(
        f"SELECT seq FROM messages WHERE {where} "  # noqa: S608  # our own words
        "AND seq IN (SELECT rowid FROM messages_text WHERE messages_text MATCH ?) ORDER BY seq",
        (*values, phrases(query.words or "")),
    )
    seqs = [seq for (seq,) in rows]
    return seqs[: query.limit] if query.oldest else seqs[-query.limit :]


QUERIES = st.builds(
    Query,
    handle=st.sampled_from([None, LUCA, MIA, "nobody"]),
    address=st.sampled_from([None, Address("10.0.0.2", PORT), Address("10.0.0.3", 1)]),
    before=st.none() | st.integers(0, 130),
    after=st.none() | st.integers(0, 130),
    words=st.lists(st.sampled_from([*WORDS, "c", "d", "unheard", "!", "*"]), max_size=3).map(" ".join),
    limit=st.integers(1, 60),
    oldest=st.booleans(),
)


@pytest.mark.parametrize("bound", ["SEARCHED_FIRST", "SEARCHED_TEXT"])
@pytest.mark.parametrize("value", [0, 8, 200, 10_000])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(query=QUERIES)
def test_a_page_is_that_of_a_look_at_all(mixed: History, bound: str, value: int, query: Query) -> None:
    expected = look_at_all(mixed, query)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(f"slcpd.mailbox.{bound}", value)
        page = mixed.mailbox.page(query)
    assert [message.seq for message in page.messages] == expected
    assert page.more is (len(look_at_all(mixed, query._replace(limit=1000))) > len(expected))


def test_matching_takes_words_as_the_index_does() -> None:
    texts = [(7, "The cat sat"), (5, "cats AND dogs"), (3, "STRASSE"), (1, "")]
    found = {words: matching(texts, words) for words in ("cat", "cat sat", "sat ca", "AND", "strasse", "dog*", "", '"')}
    assert found == {
        "cat": {7, 5},
        "cat sat": {7},
        "sat ca": {7},
        "AND": {5},
        "strasse": {3},
        "dog*": {5},
        "": set(),
        '"': set(),
    }


# What it costs


def common(number: int) -> list[tuple[str, str, str | None]]:
    """Many texts of Luca, in each other "common"; one text of Mia in a hundred, in which it never is."""
    texts: list[tuple[str, str, str | None]] = []
    for seq in range(number):
        who, ip = (MIA, "10.0.0.3") if seq % 100 == 0 else (LUCA, "10.0.0.2")
        texts.append((who, ip, f"{'common' if seq % 2 else 'other'} w{seq} {'often' if seq % 20 == 1 else ''}"))
    return texts


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    path = tmp_path_factory.mktemp("long") / "history.sqlite"
    with closing(History(write(path, common(20_000)))) as history:
        yield history


AMONG_ALL = ["SCAN messages_text VIRTUAL TABLE INDEX ", "SEARCH messages USING INTEGER PRIMARY KEY (rowid=?)"]


def test_what_is_common_is_found_without_the_index_of_all_texts(long: History) -> None:
    for words in ("common", "w", "common w", "oth"):
        looked_up = plans(long, lambda words=words: long.mailbox.page(Query(words=words, limit=10)))  # type: ignore[misc]
        assert [plan for plan in looked_up if "messages_text" in plan] == []


@pytest.mark.parametrize(
    "bounds", [{}, {"before": 9_000}, {"after": 9_000}, {"oldest": True}, {"handle": LUCA, "before": 19_000}], ids=str
)
def test_the_index_of_all_texts_is_read_in_its_order_and_no_further_than_is_wanted(
    long: History, bounds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.mailbox.SEARCHED_FIRST", 100)
    few, many = (Query(words="often", limit=limit, **bounds) for limit in (20, 40))
    *_, scan, search = plans(long, lambda: long.mailbox.page(few))
    assert scan.startswith(AMONG_ALL[0])
    assert search == AMONG_ALL[1]
    rest = steps_of(long, lambda: long.mailbox.page(many)) - steps_of(long, lambda: long.mailbox.page(few))
    assert 0 < rest < 2_500  # for 20 more of 1,000 that fit


def test_an_unfinished_word_is_looked_for_where_the_others_are(long: History) -> None:
    query = Query(words="w4321 w")
    assert [message.seq for message in long.mailbox.page(query).messages] == [4322]
    looked_up = plans(long, lambda: long.mailbox.page(query))
    assert len([plan for plan in looked_up if plan.startswith(AMONG_ALL[0])]) == 1  # that of w4321
    assert any(plan.startswith("SCAN json_each") for plan in looked_up)


def test_with_a_user_of_few_messages_those_alone_are_looked_at(long: History) -> None:
    query = Query(words="common", handle=MIA)
    assert steps_of(long, lambda: long.mailbox.page(query)) < 10 * 200  # of 200 messages; 10,000 have the word
    assert long.mailbox.page(query) == ([], False)


def test_where_someone_was_last_is_found_at_once_by_the_handle_or_the_whole_name(long: History) -> None:
    last = long.mailbox.last_recipient
    assert plans(long, lambda: last(LUCA)) == ["SEARCH messages USING INDEX messages_by_handle (handle=?)"]
    assert plans(long, lambda: last(f"{LUCA}@10.9.9.9:{PORT}")) == [
        "SEARCH messages USING COVERING INDEX messages_by_address (handle=? AND ip=? AND port=?)"
    ]
    for name in (LUCA, f"{LUCA}@10.0.0.2:{PORT}", f"{LUCA}@10.9.9.9:{PORT}", f"{MIA}@10.0.0.2:{PORT}", "nobody"):
        assert steps_of(long, lambda name=name: last(name)) < 50  # type: ignore[misc]


def test_a_page_of_one_address_is_found_at_once(long: History) -> None:
    for address in (Address("10.0.0.2", PORT), Address("10.9.9.9", PORT)):
        query = Query(handle=LUCA, address=address, limit=10)
        assert steps_of(long, lambda query=query: long.mailbox.page(query)) < 1_000  # type: ignore[misc]


def test_of_long_texts_few_are_searched_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def note_and_match(texts: list[tuple[int, str]], words: str) -> set[int]:
        searched.append(len(texts))
        return matching(texts, words)

    monkeypatch.setattr("slcpd.mailbox.matching", note_and_match)
    texts: list[tuple[str, str, str | None]] = [(LUCA, "10.0.0.2", "word " * 2_000)] * 20
    with closing(History(write(tmp_path / "history.sqlite", texts))) as history:
        assert len(history.mailbox.page(Query(words="word")).messages) == 20
        assert searched == [SEARCHED_TEXT // 10_000]
    with closing(History(write(tmp_path / "other.sqlite", [(LUCA, "10.0.0.2", "w")] * 2_000))) as history:
        assert len(history.mailbox.page(Query(words="w", limit=10)).messages) == 10
        assert len(history.mailbox.page(Query(words="w", limit=300)).messages) == 300
        assert searched[1:] == [SEARCHED_FIRST, 2 * 301]


# Who waits for it


async def test_while_all_texts_are_searched_the_loop_goes_on(long: History) -> None:
    query = Query(words="common", handle=MIA, before=19_000, limit=400)
    absent = Query(words="common absent")
    async with asyncio.timeout(WAIT), turns() as count:
        for searched, waits in ((query, False), (absent, True)):
            before = count()
            assert await long.mailbox.find(searched) == long.mailbox.page(searched) == ([], False)
            assert (count() > before) is waits


async def test_several_searches_at_once_find_what_each_finds_alone(long: History) -> None:
    queries = [Query(words=f"often w{seq}", oldest=bool(seq % 40 == 1)) for seq in range(1, 400, 20)]
    async with asyncio.timeout(WAIT):
        found = await asyncio.gather(*map(long.mailbox.find, queries))
    assert found == list(map(long.mailbox.page, queries))
    assert all(page.messages for page in found)


async def test_a_search_finds_what_was_written_a_moment_ago(tmp_path: Path) -> None:
    about: dict[str, Any] = {"handle": LUCA, "ip": "10.0.0.2", "port": PORT}
    with closing(History(tmp_path / "history.sqlite")) as history:
        history.add_all(TextQueued(id=f"{number}", **about, text="usual") for number in range(2 * SEARCHED_FIRST))
        history.add(TextReceived(id="new", **about, text="unheard"))
        page = await history.mailbox.find(Query(words="unheard", limit=1, oldest=True))
        assert [message.id for message in page.messages] == ["new"]


async def test_where_the_file_is_gone_a_search_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "history.sqlite", common(2_000))
    with closing(History(path)) as history:
        path.unlink()
        with pytest.raises(StorageError, match="cannot be read"):
            await history.mailbox.find(Query(words="absent"))
