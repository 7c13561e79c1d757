import asyncio

import pytest
from fake_daemon import FakeDaemon

from slcpctl.chat.room import Room
from slcpctl.chat.watching import News, Watch

QUEUED = {"seq": 8, "type": "text_queued", "id": "a1", "handle": "Luca"}
SENT = {"seq": 9, "type": "text_sent", "id": "a1", "handle": "Luca"}


async def watched(daemon: FakeDaemon, watch: Watch, seq: int) -> None:
    """Watch until all is settled; TimeoutError if that does not come."""
    async with asyncio.TaskGroup() as group:
        following = group.create_task(watch.follow(str(daemon.path)))
        try:
            await asyncio.wait_for(watch.settled(seq), 0.5)
        finally:
            following.cancel()


async def test_all_is_settled_when_what_was_queued_is_sent(daemon: FakeDaemon) -> None:
    daemon.events, daemon.keeps_open = [QUEUED, SENT], True
    shown: list[News] = []
    await watched(daemon, Watch(7, Room(None, []), shown.append), seq=8)
    assert shown == [QUEUED, SENT]
    assert daemon.params_of("subscribe") == [{"since": 7}]


async def test_nothing_typed_is_settled_at_once(daemon: FakeDaemon) -> None:
    await watched(daemon, Watch(7, Room(None, []), print), seq=7)


async def test_what_stays_queued_is_not_settled(daemon: FakeDaemon) -> None:
    daemon.events, daemon.keeps_open = [QUEUED], True
    watch = Watch(7, Room(None, []), lambda _: None)
    with pytest.raises(ExceptionGroup) as ended:
        await watched(daemon, watch, seq=8)
    assert ended.group_contains(TimeoutError)
    assert watch.waiting == {"a1"}
