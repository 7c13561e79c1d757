import asyncio
import os
import socket
from contextlib import ExitStack, aclosing
from pathlib import Path

import pytest
from daemons import WAIT
from fake_daemon import FakeDaemon, RefusedError

from slcp.client import DaemonUnreachableError
from slcp.errors import ErrorCode, RequestError
from slcpctl.chat import connection
from slcpctl.chat.connection import DaemonFound, DaemonLost, Requests, events


async def test_requests_at_once_are_answered_in_order(daemon: FakeDaemon) -> None:
    daemon.answers["echo"] = lambda params: params
    requests = Requests(str(daemon.path))
    answers = await asyncio.gather(*(requests.request("echo", number=number) for number in range(20)))
    assert [answer["number"] for answer in answers] == list(range(20))
    requests.close()


async def test_a_refusal_leaves_the_connection_usable(daemon: FakeDaemon) -> None:
    daemon.answers["users"] = RefusedError("daemon_leaving", "the daemon is shutting down")
    requests = Requests(str(daemon.path))
    with pytest.raises(RequestError) as refused:
        await requests.request("users")
    assert refused.value.code is ErrorCode.DAEMON_LEAVING
    assert (await requests.request("hello"))["handle"] == "Ani"
    requests.close()


async def test_a_request_reaches_the_next_daemon_when_the_first_has_ended(socket_path: Path) -> None:
    requests = Requests(str(socket_path))
    for _ in range(2):
        with ExitStack() as running:
            daemon = running.enter_context(FakeDaemon(socket_path))
            daemon.answers["shutdown"] = {}
            assert await requests.request("shutdown") == {}
            await asyncio.to_thread(running.close)
    with pytest.raises(DaemonUnreachableError):
        await requests.request("hello")


async def test_a_request_that_is_cancelled_leaves_no_answer_for_the_next(daemon: FakeDaemon) -> None:
    slow = asyncio.Event()
    loop = asyncio.get_running_loop()

    def answer(params: dict[str, object]) -> dict[str, object]:
        asyncio.run_coroutine_threadsafe(slow.wait(), loop).result()
        return params

    daemon.answers["slow"] = answer
    requests = Requests(str(daemon.path))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(requests.request("slow", number=1), 0.05)
    slow.set()
    assert (await requests.request("hello"))["handle"] == "Ani"
    requests.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PAUSE", 0.01)


async def test_events_go_on_over_the_end_of_a_daemon(socket_path: Path) -> None:
    one, two, three = ({"seq": seq, "type": "text_sent"} for seq in (1, 2, 3))
    progress = {"type": "image_progressed"}
    async with aclosing(events(str(socket_path), 0)) as happening:
        with FakeDaemon(socket_path) as daemon:
            daemon.events = [one, progress, two]
            daemon.keeps_open = True
            assert [await anext(happening) for _ in range(3)] == [one, progress, two]
        lost = await anext(happening)
        assert isinstance(lost, DaemonLost)
        assert "no daemon at" in lost.reason
        with FakeDaemon(socket_path) as daemon:
            daemon.events = [three]
            daemon.keeps_open = True
            assert [await anext(happening), await anext(happening)] == [DaemonFound(), three]
            assert daemon.params_of("subscribe") == [{"since": 2}]


async def test_a_history_that_was_begun_anew_is_read_from_its_beginning(daemon: FakeDaemon) -> None:
    def subscribe(params: dict[str, object]) -> dict[str, object]:
        if params["since"] == 99:
            raise RefusedError("invalid_params", "since 99 is ahead")
        return {"seq": 1}

    daemon.answers["subscribe"] = subscribe
    daemon.events = [{"seq": 1, "type": "user_joined"}]
    async with aclosing(events(str(daemon.path), 99)) as happening:
        assert await anext(happening) == daemon.events[0]
    assert [params["since"] for params in daemon.params_of("subscribe")] == [99, 0]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can pass for another user")
async def test_nothing_is_said_to_a_daemon_of_another_user(socket_path: Path) -> None:
    socket_path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_path))
        os.seteuid(65534)
        try:
            listener.listen()  # whoever does this is the peer that clients see (unix(7))
        finally:
            os.seteuid(0)
        with pytest.raises(DaemonUnreachableError, match="another user's"):
            async with asyncio.timeout(WAIT):
                await Requests(str(socket_path)).request("hello")
        accepted, _ = listener.accept()
        with accepted:
            accepted.settimeout(WAIT)
            assert await asyncio.to_thread(accepted.recv, 1) == b""
