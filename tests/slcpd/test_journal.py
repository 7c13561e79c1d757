"""The journal: followers see every event once and in order, whenever they come and however slowly they read."""

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, closing
from pathlib import Path

import pytest
from daemons import WAIT, Json
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slcp.events import ImageProgressed, ImageReceived, ImageRejected, TextQueued, TextReceived
from slcp.results import Direction
from slcpd.history import History
from slcpd.journal import MAX_NEWEST_TEXT, PROGRESS_PAUSE, REJECTED_BURST, REJECTED_RATE, Journal


def text(words: str) -> TextReceived:
    return TextReceived(id=words, handle="Luca", ip="127.0.0.1", port=5002, text=words)


def progress(done: int, message_id: str = "cat") -> ImageProgressed:
    return ImageProgressed(id=message_id, handle="Luca", direction=Direction.IN, done=done, size=100)


def events(lines: bytes) -> list[Json]:
    return [json.loads(line)["params"] for line in lines.splitlines()]


async def following(journal: Journal, since: int) -> AsyncIterator[Json]:
    """Yield events one by one; fails when none comes for WAIT seconds."""
    async with aclosing(journal.follow(since)) as follower:
        while True:
            async with asyncio.timeout(WAIT):
                lines = await anext(follower)
            for event in events(lines):
                yield event


async def read(journal: Journal, since: int, last: int) -> list[int]:
    """Follow from `since` on until the seq `last`. Returns all seqs seen."""
    seen: list[int] = []
    if since < last:
        async for event in following(journal, since):
            seen.append(event["seq"])
            if event["seq"] >= last:
                break
    return seen


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    before=st.integers(0, 4),
    bursts=st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=5),
    data=st.data(),
)
def test_a_follower_sees_what_comes_after_its_seq_once_and_in_order(
    journal: Journal, history: History, before: int, bursts: list[tuple[int, bool]], data: st.DataObject
) -> None:
    number = before + sum(burst for burst, _ in bursts)
    start, last = history.last_seq(), history.last_seq() + number
    cuts = [start + cut for cut in data.draw(st.lists(st.integers(0, number), min_size=1, max_size=4))]

    async def record() -> None:
        for burst, is_together in bursts:
            await asyncio.sleep(0)  # lets the followers read in between
            texts = [text("while they follow") for _ in range(burst)]
            if is_together:
                await journal.record_in_group(*texts)
            else:
                for one in texts:
                    journal.record(one)

    async def play() -> list[list[int]]:
        for _ in range(before):
            journal.record(text("before"))
        async with asyncio.TaskGroup() as group:
            followers = [group.create_task(read(journal, cut, last)) for cut in cuts]
            group.create_task(record())
        return [follower.result() for follower in followers]

    assert asyncio.run(play()) == [list(range(cut + 1, last + 1)) for cut in cuts]


async def test_whoever_is_further_behind_than_what_was_recorded_last_misses_nothing(journal: Journal) -> None:
    for words in ("first", "second", "third"):
        await journal.record_in_group(text(words))
    assert await read(journal, 0, 3) == [1, 2, 3]
    assert await read(journal, 1, 3) == [2, 3]


async def test_an_event_is_on_disk_when_it_is_told(journal: Journal, tmp_path: Path) -> None:
    follower = following(journal, 0)
    journal.record(text("Hallo"))
    told = await anext(follower)
    with closing(History(tmp_path / "history.sqlite")) as another:
        assert [event.seq for event in another.events_after(0)] == [told["seq"]]


async def test_a_long_log_is_followed_to_its_end_in_bounded_steps(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.history.MAX_EVENTS", 7)
    for number in range(50):
        journal.record(text(str(number)))
    seen: list[str] = []
    async with aclosing(journal.follow(0)) as follower:
        while len(seen) < 50:
            step = events(await anext(follower))
            assert len(step) <= 7
            seen += [event["text"] for event in step]
    assert seen == [str(number) for number in range(50)]


async def test_of_long_events_a_step_has_few(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.history.MAX_EVENTS_TEXT", 1000)
    for words in ("x" * 2000, "y" * 2000, "a" * 300, "b" * 300, "c" * 300):
        journal.record(text(words))
    steps: list[str] = []
    async with aclosing(journal.follow(0)) as follower:
        while "".join(steps) != "xyabc":
            steps.append("".join(event["text"][0] for event in events(await anext(follower))))
    assert steps == ["x", "y", "ab", "c"]


async def test_of_many_long_events_that_are_recorded_together_a_step_has_few(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.history.MAX_EVENTS_TEXT", 1000)
    await journal.record_in_group(*(text(f"{number}" + "x" * MAX_NEWEST_TEXT) for number in range(3)))
    async with aclosing(journal.follow(0)) as follower:
        for number in range(3):
            [event] = events(await anext(follower))
            assert event["text"][0] == str(number)


async def test_a_follower_that_does_not_read_costs_no_memory(journal: Journal, history: History) -> None:
    history._db.rows("PRAGMA synchronous = OFF")
    history._db._synchronous = "FULL"  # the disk is not what this is about
    big = "x" * 10_000
    async with aclosing(journal.follow(0)) as slow:
        journal.record(TextReceived(id="first", handle="Luca", ip="127.0.0.1", port=5002, text="first"))
        assert len(events(await anext(slow))) == 1
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for number in range(1000):
                journal.record(TextReceived(id=str(number), handle="Luca", ip="127.0.0.1", port=5002, text=big))
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert after - before < 1_000_000  # of the 10 MB that were recorded
        assert events(await anext(slow))[0]["id"] == "0"


async def test_the_next_message_is_told_when_it_has_come_and_what_is_not_received_is_passed_over(
    journal: Journal, history: History, queued: Callable[[str], TextQueued]
) -> None:
    picture = ImageReceived(
        id="cat", handle="Luca", ip="127.0.0.1", port=5002, path="/cat.png", size=9, format="PNG", width=3, height=2
    )
    async with asyncio.timeout(WAIT), asyncio.TaskGroup() as group:
        journal.record(queued("ours"))
        journal.record(text("one"))
        first = await journal.next_received(0)
        waiting = group.create_task(journal.next_received(first.seq))
        journal.record(queued("ours again"))
        await asyncio.sleep(0)
        journal.record(picture)
        second = await waiting
    assert (json.loads(first.body)["text"], json.loads(second.body)["id"]) == ("one", "cat")
    assert [event.seq for event in history.events_after(0)][1::2] == [first.seq, second.seq]


async def test_it_counts_its_followers(journal: Journal) -> None:
    journal.record(text("Hallo"))
    async with aclosing(journal.follow(0)) as one, aclosing(journal.follow(0)) as other:
        await anext(one)
        await anext(other)
        assert journal.followers == 2
    assert journal.followers == 0


async def test_progress_is_told_live_and_never_kept(journal: Journal, history: History) -> None:
    journal.record(text("before"))
    follower = following(journal, 0)
    assert (await anext(follower))["text"] == "before"
    journal.progress(progress(10))
    event = await anext(follower)
    assert (event["type"], event["done"]) == ("image_progressed", 10)
    assert "seq" not in event
    journal.end_progress("cat")
    journal.record(text("after"))
    assert (await anext(follower))["text"] == "after"
    assert [json.loads(logged.body)["type"] for logged in history.events_after(0)] == ["text_received"] * 2
    assert [event["text"] for event in [await anext(late) async for late in _once(following(journal, 0))]] == ["before"]


async def _once(follower: AsyncIterator[Json]) -> AsyncIterator[AsyncIterator[Json]]:
    yield follower


class Clock:
    """Stands still, unless it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_slow_follower_is_told_the_latest_progress_only(history: History) -> None:
    clock = Clock()
    journal = Journal(history, clock)
    journal.record(text("before"))
    follower = following(journal, 0)
    await anext(follower)
    for done in range(1, 1001):
        clock.now += PROGRESS_PAUSE
        journal.progress(progress(done))
    assert (await anext(follower))["done"] == 1000
    journal.record(text("the next"))
    assert (await anext(follower))["text"] == "the next"


async def test_progress_is_told_now_and_then_and_the_database_is_not_asked_for_it(history: History) -> None:
    clock = Clock()
    journal = Journal(history, clock)
    asked: list[str] = []
    told: list[int] = []

    async def listen() -> None:
        async for event in following(journal, 0):
            if event["type"] == "text_received":
                return
            told.append(event["done"])

    async with asyncio.timeout(WAIT), asyncio.TaskGroup() as group:
        group.create_task(listen())
        hook = group.create_task(journal.next_received(0))
        await asyncio.sleep(0)  # both wait now
        history._db._sqlite.set_trace_callback(asked.append)
        for done in range(11):
            clock.now = PROGRESS_PAUSE * done / 4
            journal.progress(progress(done))
            for _ in range(3):
                await asyncio.sleep(0)  # they have their turn
        assert told == [0, 4, 8]
        assert asked == []
        journal.record(text("after"))
        assert json.loads((await hook).body)["text"] == "after"


async def test_the_progress_of_two_transfers_is_told_of_each(history: History) -> None:
    clock = Clock()
    journal = Journal(history, clock)
    journal.record(text("before"))
    follower = following(journal, 0)
    await anext(follower)
    journal.progress(progress(1, "cat"))
    journal.progress(progress(2, "dog"))
    told = [await anext(follower), await anext(follower)]
    assert [(event["id"], event["done"]) for event in told] == [("cat", 1), ("dog", 2)]
    clock.now += PROGRESS_PAUSE
    journal.progress(progress(3, "dog"))
    event = await anext(follower)
    assert (event["id"], event["done"]) == ("dog", 3)


async def test_how_far_a_transfer_is_that_stands_still_is_told(history: History) -> None:
    journal = Journal(history)
    journal.record(text("before"))
    follower = following(journal, 0)
    await anext(follower)
    for done in range(5):
        journal.progress(progress(done))
    async with asyncio.timeout(WAIT):
        while (await anext(follower))["done"] < 4:
            pass


async def test_a_transfer_that_has_ended_is_told_no_more(history: History) -> None:
    journal = Journal(history)
    journal.record(text("before"))
    follower = following(journal, 0)
    await anext(follower)
    journal.progress(progress(1))
    journal.progress(progress(2))
    journal.end_progress("cat")
    asyncio.get_running_loop().call_later(2 * PROGRESS_PAUSE, journal.record, text("after"))
    async with asyncio.timeout(WAIT):
        assert (await anext(follower))["type"] == "text_received"


def test_of_images_that_are_not_taken_so_many_are_told(history: History) -> None:
    now = 0.0
    journal = Journal(history, lambda: now)
    rejected = ImageRejected(handle="Luca", ip="127.0.0.1", port=5002, reason="not an image")
    for _ in range(REJECTED_BURST + 100):
        journal.record(rejected)
    assert history.last_seq() == REJECTED_BURST
    journal.record(text("Hallo"))
    now = 1.0
    for _ in range(100):
        journal.record(rejected)
    assert history.last_seq() == REJECTED_BURST + 1 + REJECTED_RATE
