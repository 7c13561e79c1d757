"""Connections over real sockets: the limits, a bug in one of them, and the end of all."""

import asyncio
import logging
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest
from daemons import WAIT
from inside import hang_up
from plain import is_closed

from slcpd.connections import Connections, Serve


@asynccontextmanager
async def listening(connections: Connections, serve: Serve) -> AsyncIterator[int]:
    """Accept connections on a free port of loopback."""
    server = await asyncio.start_server(connections.accepting(serve), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def echo(reader: StreamReader, writer: StreamWriter) -> None:
    while line := await reader.readline():
        if line == b"bug\n":
            raise ZeroDivisionError
        if line == b"broken\n":
            raise ConnectionResetError("the wire is cut")
        writer.write(line)
        await writer.drain()


async def is_served(reader: StreamReader, writer: StreamWriter) -> bool:
    """Tell whether a connection is echoed; False if it is closed instead."""
    async with asyncio.timeout(WAIT):
        try:
            writer.write(b"hello\n")
            return await reader.readline() == b"hello\n"
        except ConnectionError:
            return False


async def connect(port: int, host: str = "127.0.0.1") -> tuple[StreamReader, StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))


async def test_a_host_may_have_so_many_connections_and_no_more() -> None:
    refused: list[str] = []
    async with asyncio.TaskGroup() as group:
        connections = Connections(group, 10, 2, refused.append)
        async with listening(connections, echo) as port:
            first, second, third = [await connect(port) for _ in range(3)]
            assert [await is_served(*each) for each in (first, second, third)] == [True, True, False]
            assert refused == ["127.0.0.1"]
            other_host = await connect(port, "127.0.0.2")
            assert await is_served(*other_host)
            assert connections.number == 3
            for each in (first, second, third, other_host):
                await hang_up(each[1])


async def test_there_is_a_limit_for_all_hosts_together() -> None:
    refused: list[str] = []
    async with asyncio.TaskGroup() as group:
        connections = Connections(group, 3, 2, refused.append)
        async with listening(connections, echo) as port:
            hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]
            each = [await connect(port, host) for host in hosts]
            assert [await is_served(*one) for one in each] == [True, True, True, False]
            assert refused == ["127.0.0.4"]
            for one in each:
                await hang_up(one[1])


async def test_a_closed_connection_makes_room() -> None:
    refused: list[str] = []
    ended = asyncio.Event()

    async def echo_and_tell(reader: StreamReader, writer: StreamWriter) -> None:
        await echo(reader, writer)
        ended.set()

    async with asyncio.TaskGroup() as group:
        connections = Connections(group, 1, 1, refused.append)
        async with listening(connections, echo_and_tell) as port:
            for _ in range(3):
                ended.clear()
                one = await connect(port)
                assert await is_served(*one)
                one[1].write_eof()
                async with asyncio.timeout(WAIT):
                    await ended.wait()
                    assert await one[0].read() == b""
                await hang_up(one[1])
            assert connections.number == 0
    assert refused == []


async def test_connections_that_come_all_at_once_are_counted_too() -> None:
    refused: list[str] = []
    let_go = asyncio.Event()

    async def greet(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"!")
        await let_go.wait()

    with ExitStack() as stack:
        async with asyncio.TaskGroup() as group, listening(Connections(group, 100, 4, refused.append), greet) as port:
            # the loop does not run meanwhile: all wait in the backlog and are accepted in one step
            each = [stack.enter_context(socket.create_connection(("127.0.0.1", port), WAIT)) for _ in range(10)]
            closed = [await asyncio.to_thread(is_closed, one) for one in each]
            let_go.set()
    assert closed.count(False) == 4
    assert refused == ["127.0.0.1"] * 6


async def test_a_bug_in_one_connection_is_logged_once_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    async with asyncio.TaskGroup() as group, listening(Connections(group, 10, 10, print), echo) as port:
        good, bad = await connect(port), await connect(port)
        assert await is_served(*good)
        bad[1].write(b"bug\n")
        async with asyncio.timeout(WAIT):
            assert await bad[0].read() == b""
        assert await is_served(*good)
        later = await connect(port)
        assert await is_served(*later)
        for each in (good, bad, later):
            await hang_up(each[1])
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "127.0.0.1" in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


async def test_a_connection_that_breaks_is_no_bug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with asyncio.TaskGroup() as group, listening(Connections(group, 10, 10, print), echo) as port:
        one = await connect(port)
        one[1].write(b"broken\n")
        async with asyncio.timeout(WAIT):
            assert await one[0].read() == b""
        await hang_up(one[1])
    assert [record.levelname for record in caplog.records if record.name == "slcpd.connections"] == ["INFO"]


async def test_the_end_of_the_group_ends_its_connections() -> None:
    served = asyncio.Event()
    ended: list[str] = []

    async def hold(reader: StreamReader, writer: StreamWriter) -> None:
        served.set()
        try:
            await reader.read()
        finally:
            ended.append("cleanly")

    async def run(port: "asyncio.Future[int]") -> None:
        async with asyncio.TaskGroup() as group, listening(Connections(group, 10, 10, print), hold) as bound:
            port.set_result(bound)
            await asyncio.Event().wait()

    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with asyncio.timeout(WAIT), asyncio.TaskGroup() as group:
        running = group.create_task(run(bound))
        reader, writer = await connect(await bound)
        await served.wait()
        running.cancel()
        assert await reader.read() == b""
        await hang_up(writer)
    assert ended == ["cleanly"]


async def test_a_connection_to_a_group_that_has_ended_is_closed() -> None:
    refused: list[str] = []
    async with asyncio.TaskGroup() as group:
        connections = Connections(group, 10, 10, refused.append)
    async with listening(connections, echo) as port:
        one = await connect(port)
        assert not await is_served(*one)
        await hang_up(one[1])
    assert connections.number == 0
