"""The parts of a chat together, with a daemon that answers what the test wants, and no terminal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import date

import pytest
from fake_daemon import FakeDaemon, Json, RefusedError
from screen_state import conversation, user
from shown_messages import plain, received

from slcp.async_client import Requests
from slcpctl.conversing.chat import Chat, Front
from slcpctl.conversing.tasks import Tasks
from slcpctl.screen.drawing import Facts
from slcpctl.screen.pane import Pane

WITHIN = 10.0  # seconds, far more than any of this takes
FACTS = Facts(60, "Ani", False, None, date(2026, 11, 24), lambda _: None, lambda _: [])


@pytest.fixture
def luca(daemon: FakeDaemon) -> FakeDaemon:
    """A daemon with one conversation, of which two messages are unread."""
    daemon.answers |= {
        "status": {"handle": "Ani", "seq": 2, "queued": 0},
        "users": {"users": [user("Luca"), user("Mia", 2)]},
        "conversations": {"conversations": [conversation("Luca", 2, unread=2)]},
        "get_config": {"config": {}},
        "history": {"messages": [received(1), received(2)], "more": False},
    }
    daemon.keeps_open = True
    return daemon


@asynccontextmanager
async def open_chat(daemon: FakeDaemon, to: str | None = None) -> AsyncIterator[tuple[Chat[Pane], asyncio.Event]]:
    """Begin a chat; the event is set whenever it is to be drawn."""
    path, drawing = str(daemon.path), asyncio.Event()
    with closing(Requests(path)) as asking, closing(Requests(path)) as loading:
        async with asyncio.timeout(WITHIN), asyncio.TaskGroup() as group:
            tasks = Tasks(group)
            chat = Chat(asking, loading, tasks, Front(Pane, drawing.set, list, list))
            await chat.begin(path, to)
            yield chat, drawing
            tasks.cancel()


async def draw(chat: Chat[Pane], drawing: asyncio.Event) -> None:
    """Draw it once it is asked for."""
    await drawing.wait()
    drawing.clear()
    chat.state.conversation.draw(FACTS, 10)
    chat.drawn()


@pytest.mark.parametrize(("named", "conversation"), [(None, "Luca"), ("Mia", "Mia"), ("everyone", None)])
async def test_it_begins_with_whom_the_user_names_or_with_the_last_one(
    luca: FakeDaemon, named: str | None, conversation: str | None
) -> None:
    async with open_chat(luca, named) as (chat, _):
        assert chat.state.model.conversation == conversation


async def test_what_is_lacking_is_loaded_when_it_is_drawn_and_what_is_seen_is_marked_as_read(luca: FakeDaemon) -> None:
    loop, marked = asyncio.get_running_loop(), asyncio.Event()

    def mark_read(_: Json) -> Json:
        loop.call_soon_threadsafe(marked.set)
        return {}

    luca.answers["mark_read"] = mark_read
    async with open_chat(luca) as (chat, drawing):
        chat.drawn()
        await draw(chat, drawing)
        assert [entry.seq for entry in chat.state.conversation.seen_entries()] == [1, 2]
        await marked.wait()
    assert luca.params_of("mark_read")[0] == {"with": "Luca", "up_to": 2}


async def test_a_message_that_comes_is_drawn(luca: FakeDaemon) -> None:
    luca.events = [{"type": "text_received", **received(3, text="Bist du da?")}]
    async with open_chat(luca) as (chat, drawing):
        await drawing.wait()
        assert [entry.message["text"] for entry in chat.state.conversation.timeline.entries] == ["Bist du da?"]


async def test_what_cannot_be_done_is_said(luca: FakeDaemon) -> None:
    luca.answers["history"] = RefusedError("invalid", "the history cannot be read")
    async with open_chat(luca) as (chat, drawing):
        chat.drawn()
        await draw(chat, drawing)
        assert [plain(line) for line in chat.state.notice] == ["the history cannot be read"]
