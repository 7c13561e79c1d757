"""`events` of both clients: what one promises the other does, too."""

import asyncio
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fake_daemon import FakeDaemon, RefusedError

from slcp import API_VERSION, async_client, client
from slcp.client import CursorError, DaemonFound, DaemonLost, Json

News = Json | DaemonLost | DaemonFound
Follow = Callable[..., Generator[News]]
ONE, TWO, THREE = ({"seq": seq, "type": "text_sent"} for seq in (1, 2, 3))
PROGRESS = {"type": "image_progressed"}


def blocking(*arguments: Any, **options: Any) -> Generator[News]:
    yield from client.events(*arguments, **options)


def with_asyncio(*arguments: Any, **options: Any) -> Generator[News]:
    happening = async_client.events(*arguments, **options)
    with asyncio.Runner() as runner:
        try:
            while True:
                yield runner.run(one(happening))
        finally:
            runner.run(happening.aclose())


async def one(happening: Any) -> News:
    news: News = await anext(happening)
    return news


@pytest.fixture(params=[blocking, with_asyncio])
def follow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Follow:
    for module in (client, async_client):
        monkeypatch.setattr(module, "PAUSE", 0.01)
    function: Follow = request.param
    return function


@pytest.fixture
def cursor(tmp_path: Path) -> Path:
    return tmp_path / "cursor"


def take(happening: Iterator[News], count: int) -> list[News]:
    return [next(happening) for _ in range(count)]


def test_events_go_on_over_the_end_of_a_daemon(follow: Follow, socket_path: Path) -> None:
    with closing(follow(str(socket_path), 0)) as happening:
        with FakeDaemon(socket_path) as daemon:
            daemon.events = [ONE, PROGRESS, TWO]
            daemon.keeps_open = True
            assert take(happening, 3) == [ONE, PROGRESS, TWO]
        lost = next(happening)
        assert isinstance(lost, DaemonLost)
        assert lost.reason == "the daemon has ended"
        with FakeDaemon(socket_path) as daemon:
            daemon.events = [THREE]
            daemon.keeps_open = True
            found, event = take(happening, 2)
            assert isinstance(found, DaemonFound)
            assert event == THREE
            assert daemon.params_of("subscribe") == [{"since": 2}]


def test_a_daemon_that_is_back_at_once_is_another_one_all_the_same(follow: Follow, daemon: FakeDaemon) -> None:
    daemon.events = [ONE]  # then it hangs up, and serves the next connection
    with closing(follow(str(daemon.path), 0)) as happening:
        kinds = [type(news) for news in take(happening, 4)]
    assert kinds == [dict, DaemonLost, DaemonFound, dict]


def test_who_begins_now_misses_nothing_while_the_daemon_is_gone(follow: Follow, socket_path: Path) -> None:
    with closing(follow(str(socket_path))) as happening:
        with FakeDaemon(socket_path) as daemon:  # its newest seq is 7
            daemon.events = [PROGRESS]
            assert next(happening) == PROGRESS
        assert isinstance(next(happening), DaemonLost)
        with FakeDaemon(socket_path) as daemon:
            assert isinstance(next(happening), DaemonFound)
            assert daemon.params_of("subscribe") == [{"since": 7}]


def test_a_history_that_was_begun_anew_is_read_from_its_beginning(follow: Follow, daemon: FakeDaemon) -> None:
    def subscribe(params: dict[str, object]) -> dict[str, object]:
        if params["since"] == 99:
            raise RefusedError("invalid_params", "since 99 is ahead")
        return {"seq": 1}

    daemon.answers["subscribe"] = subscribe
    daemon.events = [ONE]
    with closing(follow(str(daemon.path), 99)) as happening:
        assert next(happening) == ONE
    assert [params["since"] for params in daemon.params_of("subscribe")] == [99, 0]


def test_a_daemon_that_cannot_give_events_now_is_waited_for(follow: Follow, daemon: FakeDaemon) -> None:
    daemon.answers["subscribe"] = RefusedError("daemon_leaving", "the daemon shuts down")
    daemon.events = [TWO]
    with closing(follow(str(daemon.path), 1)) as happening:
        lost = next(happening)
        assert isinstance(lost, DaemonLost)
        assert lost.reason == "the daemon shuts down"
        daemon.answers["subscribe"] = {"seq": 2}
        found, event = take(happening, 2)
        assert isinstance(found, DaemonFound)
        assert event == TWO
    assert {params["since"] for params in daemon.params_of("subscribe")} == {1}


def test_each_kind_of_loss_is_told(follow: Follow, socket_path: Path) -> None:
    with closing(follow(str(socket_path), 0)) as happening:
        absent = next(happening)
        with FakeDaemon(socket_path) as daemon:
            apis = iter([API_VERSION + 1, API_VERSION + 1, API_VERSION])
            daemon.answers["hello"] = lambda _: {"version": "9", "api": next(apis)}
            other, found = take(happening, 2)
    assert isinstance(absent, DaemonLost)
    assert isinstance(other, DaemonLost)
    assert isinstance(found, DaemonFound)
    assert "no daemon at" in absent.reason
    assert "slcpd 9, which slcp" in other.reason


def test_an_event_counts_as_done_when_the_next_is_asked_for(follow: Follow, daemon: FakeDaemon, cursor: Path) -> None:
    daemon.events = [ONE, PROGRESS, TWO]
    daemon.keeps_open = True
    with closing(follow(str(daemon.path), 0, str(cursor))) as happening:
        assert next(happening) == ONE
        assert not cursor.exists()
        assert take(happening, 2) == [PROGRESS, TWO]
        assert cursor.read_text() == "1\n"


def test_a_cursor_goes_on_where_it_stopped(follow: Follow, daemon: FakeDaemon, cursor: Path) -> None:
    cursor.write_text("2\n")
    daemon.events = [THREE]
    with closing(follow(str(daemon.path), since=0, cursor=str(cursor))) as happening:
        assert next(happening) == THREE
    assert daemon.params_of("subscribe") == [{"since": 2}]


def test_a_new_cursor_stands_before_the_first_event(follow: Follow, daemon: FakeDaemon, cursor: Path) -> None:
    daemon.events = [PROGRESS]
    with closing(follow(str(daemon.path), cursor=str(cursor))) as happening:
        next(happening)
    assert cursor.read_text() == "7\n"


def test_what_is_no_cursor_is_an_error(follow: Follow, daemon: FakeDaemon, cursor: Path) -> None:
    cursor.write_text("seven")
    with pytest.raises(CursorError), closing(follow(str(daemon.path), cursor=str(cursor))) as happening:
        next(happening)
