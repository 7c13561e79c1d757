"""The answer to `status`."""

import asyncio
import os
from pathlib import Path

from inside import hang_up, inside
from plain import PlainPeer

from slcp import API_VERSION, __version__


async def test_who_and_where_the_daemon_is(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        status = await ani.request("status")
        assert (status["version"], status["api"], status["pid"]) == (__version__, API_VERSION, os.getpid())
        assert (status["handle"], status["port"], status["whoisport"]) == ("Ani", ani.port, whoisport)
        assert (status["profile"], status["here"]) == ("default", True)
        assert [link.split()[1] for link in status["links"]] == ["127.0.0.1"]
        assert status["files"]["history"] == str(ani.places.database)
        assert status["files"]["config"] == str(ani.places.config)
        assert set(status["limits"]) >= {"peers", "connections", "connections_per_host", "images_per_host"}
        hello = await ani.request("hello")
        assert hello == {"version": __version__, "api": API_VERSION, "handle": "Ani", "seq": status["seq"]}


async def test_the_uptime_grows(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        first = (await ani.request("status"))["uptime"]
        assert first >= 0
        await ani.until(lambda status: status["uptime"] > first)


async def test_what_is_open_and_queued_is_counted(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        idle = await ani.request("status")
        assert (idle["connections"], idle["clients"], idle["subscribers"], idle["queued"]) == (0, 1, 0, 0)
        _, peer = await ani.open_chat()
        _, client = await ani.open_control()
        await ani.until(lambda status: (status["connections"], status["clients"]) == (1, 2))
        await hang_up(peer)
        await hang_up(client)
        await ani.until(lambda status: (status["connections"], status["clients"]) == (0, 1))
        await ani.send(b"JOIN Luca 9\nJOIN Eve 10\nLEAVE Eve\n", host="127.0.0.2")
        await ani.request("send_text", to="Eve", text="Hallo")
        status = await ani.until(lambda status: status["queued"] == 1)
        assert status["users"] == {"present": 1, "gone": 1}


async def test_connections_over_the_limit_of_a_host_are_closed_and_counted(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        limit = (await ani.request("status"))["limits"]["connections_per_host"]
        with PlainPeer("Luca", whoisport, "127.0.0.2"):
            each = [await ani.open_chat("127.0.0.2") for _ in range(limit + 1)]
            await ani.until(lambda status: status["dropped"].get("too_many_connections", 0) == 1)
            await ani.send(b"MSG Ani another host\n", host="127.0.0.3")
            assert await ani.texts() == ["another host"]
            for _, writer in each:
                await hang_up(writer)
        await ani.until(lambda status: status["connections"] == 0)
        await asyncio.gather(*(ani.send(b"MSG Ani again\n", host="127.0.0.2") for _ in range(limit)))
        assert len(await ani.texts()) == limit + 1
