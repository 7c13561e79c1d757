"""What one turn of the loop brings becomes durable together, in its order, and in bounded steps."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from slcp.errors import StorageError
from slcp.events import DurableEvent, TextQueued
from slcpd.group_commit import MAX_GROUP, MAX_GROUP_TEXT, GroupCommit

Queued = Callable[..., TextQueued]


@pytest.fixture
def written() -> list[list[DurableEvent]]:
    """The groups, each as it was written."""
    return []


@pytest.fixture
def group(written: list[list[DurableEvent]]) -> GroupCommit:
    def write(events: Sequence[DurableEvent]) -> None:
        if any(isinstance(event, TextQueued) and event.text == "bad" for event in events):
            raise StorageError("the disk is full")
        written.append(list(events))

    return GroupCommit(write)


async def test_what_is_given_in_one_turn_is_written_together_and_in_order(
    group: GroupCommit, written: list[list[DurableEvent]], queued: Queued
) -> None:
    texts = [queued(str(number)) for number in range(10)]
    kept = [group.add(text) for text in texts]
    assert written == []
    await asyncio.gather(*kept)
    assert written == [texts]


async def test_the_next_turn_is_another_group(
    group: GroupCommit, written: list[list[DurableEvent]], queued: Queued
) -> None:
    first, second = queued("first"), queued("second")
    await group.add(first)
    await group.add(second)
    assert written == [[first], [second]]


async def test_when_it_is_written_what_follows_goes_before_those_who_wait(
    group: GroupCommit, written: list[list[DurableEvent]], queued: Queued
) -> None:
    order: list[str] = []

    async def wait(text: TextQueued) -> None:
        await group.add(text, then=lambda: order.append(f"then, {len(written)} written"))
        order.append("waited")

    await wait(queued("text"))
    assert order == ["then, 1 written", "waited"]


async def test_what_cannot_be_written_has_nothing_that_follows(group: GroupCommit, queued: Queued) -> None:
    called: list[bool] = []
    with pytest.raises(StorageError):
        await group.add(queued("bad"), then=lambda: called.append(True))
    assert called == []


async def test_a_group_that_cannot_be_written_fails_for_all_of_it_and_for_nobody_else(
    group: GroupCommit, written: list[list[DurableEvent]], queued: Queued
) -> None:
    kept = [group.add(queued(text)) for text in ("good", "bad")]
    for future in kept:
        with pytest.raises(StorageError, match="full"):
            await future
    later = queued("later")
    await group.add(later)
    assert written == [[later]]


async def test_what_waits_behind_a_group_that_fails_fails_too_for_it_must_not_go_before_it(
    group: GroupCommit, written: list[list[DurableEvent]], queued: Queued
) -> None:
    kept = [group.add(queued(text)) for text in ("bad", "x" * MAX_GROUP_TEXT, "behind")]
    for future in kept:
        with pytest.raises(StorageError, match="full"):
            await future
    later = queued("later")
    await group.add(later)
    assert written == [[later]]


async def test_a_group_is_bounded_and_what_is_added_together_is_never_parted(
    group: GroupCommit, written: list[list[DurableEvent]], queued: Queued
) -> None:
    single = [queued(str(number)) for number in range(MAX_GROUP - 1)]
    together = [queued(f"to {number}") for number in range(MAX_GROUP + 1)]
    await asyncio.gather(*(group.add(text) for text in single), group.add(*together))
    assert written == [single, together]


async def test_a_group_of_long_texts_has_few(
    group: GroupCommit, written: list[list[DurableEvent]], queued: Queued
) -> None:
    texts = [queued("x" * (MAX_GROUP_TEXT // 2)) for _ in range(3)]
    await asyncio.gather(*(group.add(text) for text in texts))
    assert written == [texts[:2], texts[2:]]


async def test_the_others_have_their_turn_between_two_groups(
    group: GroupCommit, written: list[list[DurableEvent]], queued: Queued
) -> None:
    kept = [group.add(queued(str(number))) for number in range(3 * MAX_GROUP)]
    groups_seen = []
    while not kept[-1].done():
        await asyncio.sleep(0)
        groups_seen.append(len(written))
    assert {1, 2, 3} <= set(groups_seen)


async def test_it_is_written_though_nobody_waits_any_more(
    group: GroupCommit, written: list[list[DurableEvent]], queued: Queued
) -> None:
    first, second = queued("first"), queued("second")
    group.add(first).cancel()
    await group.add(second)
    assert written == [[first, second]]
