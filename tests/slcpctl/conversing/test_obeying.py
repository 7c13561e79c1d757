"""Lines that were typed, and what comes of them."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fake_daemon import FakeDaemon, Json, RefusedError
from screen_state import state_with
from shown_messages import plain

from slcp.async_client import Requests
from slcpctl.conversing.actions import Actions
from slcpctl.conversing.obeying import Obeying
from slcpctl.conversing.paging import Paging
from slcpctl.conversing.state import State
from slcpctl.conversing.tasks import Doing


class Typist:
    """Types lines while the chat is with Luca, and keeps what came of them."""

    def __init__(self, requests: Requests) -> None:
        self.state: State[Any] = state_with()
        self.begun: list[Doing] = []
        self.given_back: list[str] = []
        self.closed = 0
        actions = Actions(self.state, requests, Paging(requests), self.begun.append, list)
        self._obeying = Obeying(self.state, actions, self.begun.append)

    async def type(self, line: str) -> None:
        self._obeying.obey(line, self.given_back.append, self.close)
        while self.begun:
            await self.begun.pop()

    def close(self) -> None:
        self.closed += 1

    @property
    def told(self) -> list[str]:
        return [plain(line) for line in self.state.notice]


@pytest.fixture
async def typist(daemon: FakeDaemon) -> AsyncIterator[Typist]:
    with closing(Requests(str(daemon.path))) as requests:
        yield Typist(requests)


async def test_a_text_goes_to_whom_the_chat_is_with(daemon: FakeDaemon, typist: Typist) -> None:
    daemon.answers["send_text"] = {"id": "m1"}
    await typist.type("Hallo!")
    assert daemon.params_of("send_text") == [{"to": "Luca", "text": "Hallo!"}]
    assert (typist.given_back, typist.told) == ([], [])


async def test_a_line_goes_to_whom_the_chat_was_with_when_it_was_typed(daemon: FakeDaemon, typist: Typist) -> None:
    daemon.answers["send_text"] = {"id": "m1"}
    typist._obeying.obey("Hallo!", typist.given_back.append, typist.close)
    typist.state.open("Mia")
    await typist.begun.pop()
    assert daemon.params_of("send_text") == [{"to": "Luca", "text": "Hallo!"}]


@pytest.mark.parametrize(
    ("line", "why"),
    [("/nonsense", "/nonsense is no command"), ("/save cat.png", "no image is here"), ("/open", "no image is here")],
)
async def test_a_line_that_cannot_be_done_is_given_back(typist: Typist, line: str, why: str) -> None:
    await typist.type(line)
    assert typist.given_back == [line]
    assert typist.told[0].startswith(why)


async def test_so_is_one_that_the_daemon_refuses(daemon: FakeDaemon, typist: Typist) -> None:
    daemon.answers["send_text"] = RefusedError("invalid", "the text is too long")
    await typist.type("Hallo!")
    assert (typist.given_back, typist.told) == (["Hallo!"], ["the text is too long"])


async def test_of_a_line_that_is_partly_done_the_rest_is(
    daemon: FakeDaemon, typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).touch()

    def send_image(params: Json) -> Json:
        if params["path"].endswith("b.png"):
            raise RefusedError("invalid", "too large")
        return {"id": "m1"}

    daemon.answers["send_image"] = send_image
    await typist.type("/img a.png b.png c.png")
    assert typist.given_back == ["/img b.png c.png"]
    assert typist.told == ["too large; queued before it: a.png"]


async def test_quit_closes(daemon: FakeDaemon, typist: Typist) -> None:
    await typist.type("/quit")
    assert (typist.closed, typist.given_back, daemon.asked) == (1, [], [])
