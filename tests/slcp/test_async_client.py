import asyncio
import os
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from daemons import WAIT
from fake_daemon import FakeDaemon, RefusedError

from slcp import API_VERSION
from slcp.async_client import (
    DaemonUnreachableError,
    ErrorCode,
    NoDaemonError,
    OtherApiError,
    RequestError,
    Requests,
)


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
