import asyncio
import json
import os
import socket
from contextlib import ExitStack, aclosing, suppress
from pathlib import Path

import pytest
from daemons import WAIT
from fake_daemon import FakeDaemon, RefusedError

from slcp import API_VERSION, async_client
from slcp.async_client import (
    DaemonLost,
    DaemonUnreachableError,
    ErrorCode,
    NoDaemonError,
    OtherApiError,
    RequestError,
    Requests,
    events,
)
from slcp.local_stream import MAX_LINE


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


async def test_a_daemon_that_is_silent_is_waited_for_within_limits(daemon: FakeDaemon) -> None:
    daemon.answers["users"] = daemon.say_nothing
    with Requests(str(daemon.path), timeout=0.1) as requests:
        with pytest.raises(DaemonUnreachableError, match=rf"does not answer within 0\.1 s; .*`kill -9 {os.getpid()}`"):
            async with asyncio.timeout(WAIT):
                await requests.request("users")
        assert (await requests.request("hello"))["handle"] == "Ani"


async def test_so_is_one_that_does_not_even_say_who_it_is(daemon: FakeDaemon) -> None:
    daemon.answers["hello"] = daemon.say_nothing
    with (
        Requests(str(daemon.path), timeout=0.1) as requests,
        pytest.raises(DaemonUnreachableError, match="does not answer within"),
    ):
        async with asyncio.timeout(WAIT):
            await requests.request("users")


async def test_events_of_a_daemon_that_is_silent_are_told_to_be_lost(
    daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(async_client, "ANSWERS_WITHIN", 0.1)
    daemon.answers["subscribe"] = daemon.say_nothing
    async with aclosing(events(str(daemon.path))) as happening, asyncio.timeout(WAIT):
        lost = await anext(happening)
    assert isinstance(lost, DaemonLost)
    assert "does not answer within 0.1 s" in lost.reason


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"x" * (MAX_LINE + 1) + b"\n" + b'{"id":2,"result":{}}\n', "over 64 MiB; ask for less at once"),
        (b'nonsense\n{"id":2,"result":{}}\n', "is no JSON"),
        (b'{"id":2,"res', "ended before it answered"),
    ],
    ids=["too long", "no JSON", "half of it"],
)
async def test_an_answer_that_cannot_be_read_leaves_nothing_for_the_next_request(
    socket_path: Path, answer: bytes, why: str
) -> None:
    answers = iter([answer, b'{"id":4,"result":{"users":[]}}\n'])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # the client may go in the midst
            assert json.loads(await reader.readline())["method"] == "hello"
            writer.write(b'{"id":1,"result":{"api":%d}}\n' % API_VERSION)
            await reader.readline()
            writer.write(next(answers))
            await writer.drain()
        writer.close()

    socket_path.parent.mkdir(parents=True)
    async with await asyncio.start_unix_server(serve, socket_path):
        with Requests(str(socket_path)) as requests:
            async with asyncio.timeout(WAIT):
                with pytest.raises(DaemonUnreachableError, match=why):
                    await requests.request("history")
                assert await requests.request("users") == {"users": []}


async def test_a_daemon_of_another_api_is_asked_nothing(daemon: FakeDaemon) -> None:
    daemon.answers["hello"] = {"version": "9", "api": API_VERSION + 1}
    with Requests(str(daemon.path)) as requests, pytest.raises(OtherApiError, match="cannot speak to"):
        await requests.request("users")
    assert daemon.asked == []


@pytest.mark.usefixtures("daemon")
async def test_without_a_path_it_is_the_daemon_of_the_default_profile() -> None:
    with Requests() as requests:
        assert (await requests.request("hello"))["handle"] == "Ani"


async def test_who_is_not_there_is_said_with_the_next_step(socket_path: Path) -> None:
    with Requests(str(socket_path)) as requests, pytest.raises(NoDaemonError, match="`slcpctl start` starts one"):
        await requests.request("users")


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
