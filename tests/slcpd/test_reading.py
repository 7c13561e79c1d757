"""The requests of who reads: pages of the history, conversations, and what two clients agree is read."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from contextlib import closing
from pathlib import Path

import pytest
from daemons import WAIT, Json, World
from inside import Inside, hang_up, inside

from slcp.async_client import Requests
from slcp.errors import ErrorCode, RequestError
from slcp.events import TextReceived
from slcpd.history import History
from slcpd.mailbox import MAX_PAGE_TEXT
from slcpd.messaging import MAX_TEXT


async def receive(ani: Inside, handle: str, *texts: str, host: str = "127.0.0.2") -> None:
    messages = "".join(f"MSG Ani {text}\n" for text in texts)
    await ani.send(f"HELLO {handle} 5002 1 -\n{messages}".encode(), host=host)


async def conversations(ani: Inside, **params: int) -> list[Json]:
    found: list[Json] = (await ani.request("conversations", **params))["conversations"]
    return found


async def mark_read(ani: Inside, handle: str, up_to: int) -> None:
    assert await ani.request("mark_read", **{"with": handle, "up_to": up_to}) == {}


class Subscriber:
    """One client that hears only what happens from now on."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def begin(cls, ani: Inside) -> "Subscriber":
        subscriber = cls(*await ani.open_control())
        subscriber._writer.write(b'{"id":1,"method":"subscribe"}\n')
        await subscriber._line()
        return subscriber

    async def event(self) -> Json:
        event: Json = (await self._line())["params"]
        return event

    async def end(self) -> None:
        await hang_up(self._writer)

    async def _line(self) -> Json:
        async with asyncio.timeout(WAIT):
            line: Json = json.loads(await self._reader.readline())
        return line


# Pages


async def test_pages_of_a_conversation(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        for host in ("127.0.0.2", "127.0.0.3"):
            hello = b"HELLO Luca 5002 1 -\n"
            await ani.send(hello + b"".join(b"MSG Ani %d of it\n" % number for number in range(5)), host=host)
        everything = await ani.messages()
        assert len(everything) == 10
        assert await ani.messages(limit=3) == everything[-3:]
        assert await ani.messages(**{"with": "Luca"}) == everything
        assert await ani.messages(**{"with": "Luca@127.0.0.2:5002"}) == everything[:5]
        assert await ani.messages(**{"with": "luca@127.0.0.2:5002"}) == everything[:5]
        assert await ani.messages(**{"with": "Luca@127.0.0.2:5003"}) == []
        assert await ani.messages(**{"with": "Luca", "before": everything[7]["seq"], "limit": 2}) == everything[5:7]
        assert await ani.messages(after=everything[7]["seq"]) == everything[8:]
        assert await ani.messages(search="3 of") == [everything[3], everything[8]]
        assert await ani.messages(**{"with": "Eve"}) == []


async def test_pages_forward_from_a_message_on(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await receive(ani, "Luca", *(f"{number} of it" for number in range(10)))
        everything = await ani.messages()
        assert await ani.messages(oldest=True, limit=3) == everything[:3]
        [hit] = await ani.messages(search="4 of")
        assert await ani.messages(after=hit["seq"], oldest=True, limit=2) == everything[5:7]
        assert await ani.messages(before=hit["seq"], limit=2) == everything[2:4]


async def test_a_page_tells_whether_there_are_more(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        assert await ani.request("history") == {"messages": [], "more": False}
        await receive(ani, "Luca", "one", "two")
        assert (await ani.request("history", limit=1))["more"] is True
        assert (await ani.request("history", limit=2))["more"] is False


@pytest.mark.parametrize("handle", ["luca@uni", "Luca@Uni"])
async def test_whoever_is_named_has_an_at_sign_or_another_case(tmp_path: Path, whoisport: int, handle: str) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await receive(ani, "luca@uni", "one")
        [message] = await ani.messages()
        assert message["handle"] == "luca@uni"
        for name in (handle, f"{handle}@127.0.0.2:5002"):
            assert await ani.messages(**{"with": name}) == [message]
        assert await ani.messages(**{"with": "luca"}) == []
        await mark_read(ani, handle, message["seq"])
        assert [(each["handle"], each["unread"]) for each in await conversations(ani)] == [("luca@uni", 0)]


@pytest.mark.parametrize("oldest", [False, True])
async def test_the_longest_texts_come_on_pages_that_a_client_takes(
    tmp_path: Path, whoisport: int, oldest: bool
) -> None:
    """A character of control has one byte in a text, and six in JSON."""
    with closing(History(World(tmp_path / "Ani").database)) as history:
        for number in range(190):
            text = f"{number} ".ljust(MAX_TEXT, "\x01")
            history.add(TextReceived(id=f"r{number}", handle="Luca", ip="127.0.0.2", port=5002, text=text))
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with Requests(str(ani.places.socket)) as requests:
            numbers = await all_numbers(requests, oldest)
            assert (await requests.request("hello"))["handle"] == "Ani"
    assert numbers == (list(range(190)) if oldest else list(reversed(range(190))))


async def all_numbers(requests: Requests, oldest: bool) -> list[int]:
    """Page through the whole history; return the numbers at the heads of its texts."""
    numbers: list[int] = []
    bound: Json = {}
    more = True
    while more:
        page = await requests.request("history", limit=500, oldest=oldest, **bound)
        messages, more = page["messages"], page["more"]
        assert 0 < sum(len(message["text"]) for message in messages) <= MAX_PAGE_TEXT
        numbers += [int(message["text"].split()[0]) for message in (messages if oldest else reversed(messages))]
        bound = {"after": messages[-1]["seq"]} if oldest else {"before": messages[0]["seq"]}
    return numbers


@pytest.mark.parametrize("method", ["history", "conversations"])
@pytest.mark.parametrize("limit", [0, -1])
async def test_a_page_of_nothing_is_refused(tmp_path: Path, whoisport: int, method: str, limit: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with pytest.raises(RequestError, match=f"{method}: 'limit' must be at least 1") as caught:
            await ani.request(method, limit=limit)
        assert caught.value.code is ErrorCode.INVALID_PARAMS


# Conversations


async def test_the_conversations_newest_first(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        assert await conversations(ani) == []
        await receive(ani, "Luca", "one", "two")
        await receive(ani, "Eve", "three", host="127.0.0.3")
        await mark_read(ani, "Luca", (await ani.messages())[0]["seq"])
        one, two, three = await ani.messages()
        assert await conversations(ani) == [
            {"handle": "Eve", "seq": three["seq"], "time": three["time"], "unread": 1, "read": 0},
            {"handle": "Luca", "seq": two["seq"], "time": two["time"], "unread": 1, "read": one["seq"]},
        ]
        assert [each["handle"] for each in await conversations(ani, limit=1)] == ["Eve"]


async def test_what_one_client_has_read_the_other_hears(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await receive(ani, "Luca", "one", "two", "three")
        subscribers = [await Subscriber.begin(ani) for _ in range(2)]
        [one, two, three] = [message["seq"] for message in await ani.messages()]
        for up_to in (two, one, two, 10**9):  # what is in between says nothing new
            await mark_read(ani, "Luca", up_to)
        for subscriber in subscribers:
            first, second = await subscriber.event(), await subscriber.event()
            assert (first["type"], first["handle"], first["up_to"], first["unread"]) == (
                "conversation_read",
                "Luca",
                two,
                1,
            )
            assert second == {**first, "seq": first["seq"] + 1, "time": second["time"], "up_to": three, "unread": 0}
            await subscriber.end()
        assert [(each["unread"], each["read"]) for each in await conversations(ani)] == [(0, three)]


async def test_reading_what_is_not_there_is_done_and_tells_nobody(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await receive(ani, "Luca", "one")
        seq = (await ani.request("hello"))["seq"]
        await mark_read(ani, "Nobody", 10**9)
        await mark_read(ani, "Luca", 0)
        assert (await ani.request("hello"))["seq"] == seq
