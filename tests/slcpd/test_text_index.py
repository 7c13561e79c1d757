"""The index of all texts: it comes later than they do, and no search notices."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from awaited import until

from slcp.events import TextReceived
from slcpd.history import History
from slcpd.mailbox import SEARCHED_FIRST, Query
from slcpd.text_index import AT_ONCE, AT_ONCE_TEXT

RARE = Query(words="Zebra")  # among so many texts that the index has to find it


def text(number: int, words: str = "usual") -> TextReceived:
    return TextReceived(id=f"{number}", handle="Luca", ip="127.0.0.1", port=5002, text=words)


def fill(history: History) -> None:
    """Store a text with a rare word, and behind it more than are searched by themselves."""
    history.add_all([text(0, "a Zebra"), *(text(number) for number in range(1, 2 * SEARCHED_FIRST))])


def indexed(path: Path) -> int:
    """Count the texts that are indexed. Fails where the index and they do not fit together."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO messages_text (messages_text) VALUES ('integrity-check')")
        [number] = database.execute("SELECT count(*) FROM messages_text_docsize").fetchone()
        return int(number)


def is_indexed(path: Path, number: int) -> bool:
    return indexed(path) == number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


@pytest.fixture
def opened(path: Path) -> Iterator[History]:
    with closing(History(path)) as history:
        yield history


async def test_what_was_stored_just_now_is_found(opened: History) -> None:
    fill(opened)
    for number in range(3):
        opened.add(text(10_000 + number, f"Zebra {number}"))
        opened.add_all(text(20_000 + 2000 * number + more) for more in range(2 * SEARCHED_FIRST))
        page = await opened.mailbox.find(RARE)
        assert [message.text for message in page.messages] == [
            "a Zebra",
            *(f"Zebra {old}" for old in range(number + 1)),
        ]


def test_it_is_found_by_who_waits_for_it_too(opened: History) -> None:
    fill(opened)
    assert [message.text for message in opened.mailbox.page(RARE).messages] == ["a Zebra"]


async def test_what_a_killed_daemon_has_not_indexed_the_next_one_finds(path: Path) -> None:
    with closing(History(path)) as killed:
        killed.add_all(text(number, "a Zebra") for number in range(3))
        await killed.mailbox.text_index.catch_up()
        killed.add_all(text(number, "a Zebra") for number in range(3, 5))
        killed.add_all(text(number) for number in range(5, 5 + 2 * SEARCHED_FIRST))
    with closing(History(path)) as history:
        assert len((await history.mailbox.find(RARE)).messages) == 5
    assert indexed(path) == 5 + 2 * SEARCHED_FIRST


async def test_texts_are_indexed_when_it_is_quiet_and_nobody_searches(opened: History, path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        indexing = group.create_task(opened.mailbox.text_index.run())
        for burst in range(1, 3):
            opened.add_all(text(1000 * burst + number) for number in range(AT_ONCE + 1))
            assert indexed(path) < burst * (AT_ONCE + 1)  # to store them has not indexed them
            await until(partial(is_indexed, path, burst * (AT_ONCE + 1)))
        indexing.cancel()


async def test_a_long_text_is_indexed_by_itself_and_whole(opened: History, path: Path) -> None:
    opened.add_all([text(1), text(2, "Zebra " + "x" * (2 * AT_ONCE_TEXT)), text(3)])
    opened.add_all(text(number) for number in range(4, 4 + 2 * SEARCHED_FIRST))
    assert [message.id for message in (await opened.mailbox.find(RARE)).messages] == ["2"]
    assert indexed(path) == 3 + 2 * SEARCHED_FIRST
