"""The answer of one who is away: once per person and absence, and never to another answer."""

import asyncio
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from inside import Inside, inside
from plain import PlainPeer

AWAY = b"MSG Luca Back at noon\n"


@pytest.fixture
def luca(whoisport: int) -> Iterator[PlainPeer]:
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        yield luca


async def meet(ani: Inside, peer: PlainPeer) -> None:
    peer.join()
    await ani.wait_for("user_joined", handle=peer.handle)


async def automatic(ani: Inside) -> list[str]:
    """Return to whom automatic answers have gone."""
    return [m["handle"] for m in await ani.messages() if m["automatic"] and m["direction"] == "out"]


async def test_each_sender_gets_one_answer(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport, inactive=True, autoreply="Back at noon") as ani:
        with PlainPeer("Bo", whoisport, "127.0.0.3") as bo:
            await meet(ani, luca)
            await meet(ani, bo)
            for peer in (luca, luca, bo, luca):
                await asyncio.to_thread(peer.send, ani.port, b"MSG Ani are you there?\nMSG Ani hello?\n")
            assert await asyncio.to_thread(luca.take) == AWAY
            assert await asyncio.to_thread(bo.take) == b"MSG Bo Back at noon\n"
            assert await automatic(ani) == ["Luca", "Bo"]


async def test_a_text_by_udp_is_answered_too(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport, inactive=True, autoreply="Back at noon") as ani:
        await meet(ani, luca)
        luca.udp.sendto(b"MSG Ani are you there?\n", ("127.0.0.1", ani.port))
        assert await asyncio.to_thread(luca.take) == AWAY


@pytest.mark.parametrize(
    "keys", [{"inactive": False}, {"inactive": True, "autoreply": ""}, {"inactive": True, "autoreply": "  "}], ids=str
)
async def test_one_that_is_here_or_has_nothing_to_say_answers_nobody(
    tmp_path: Path, whoisport: int, luca: PlainPeer, keys: dict[str, object]
) -> None:
    async with inside(tmp_path, "Ani", whoisport, **keys) as ani:
        await meet(ani, luca)
        await asyncio.to_thread(luca.send, ani.port, b"MSG Ani Hallo\n")
        assert len(await ani.messages()) == 1


async def test_an_automatic_answer_is_not_answered(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport, inactive=True) as ani:
        await ani.send(b"HELLO Luca %d 1 -\nAUTO Ani I am away.\n" % luca.port, host=luca.ip)
        [message] = await ani.messages()
        assert (message["direction"], message["automatic"]) == ("in", True)


async def test_one_whose_port_nobody_knows_is_not_answered(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport, inactive=True) as ani:
        await ani.send(b"MSG Ani Hallo\n", host="127.0.0.9")
        assert len(await ani.messages()) == 1


async def test_an_slcpd_without_a_key_is_told_that_nobody_wrote_the_answer(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport, inactive=True, autoreply="Back at noon") as ani:
        luca.say_hello()
        await ani.send(b"HELLO Luca %d 1 -\nMSG Ani Hallo\n" % luca.port, host=luca.ip)
        hello = b"HELLO Ani %d 1 %s\n" % (ani.port, ani.fingerprint.encode())
        assert await asyncio.to_thread(luca.take) == hello + b"AUTO Luca Back at noon\n"


async def test_two_that_are_away_answer_each_other_once_at_most(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport, inactive=True, autoreply="Ani is away") as ani,
        inside(tmp_path, "Luca", whoisport, inactive=True, autoreply="Luca is away") as luca,
    ):
        await ani.wait_for("user_joined", handle="Luca")
        await luca.wait_for("user_joined", handle="Ani")
        await ani.request("send_text", to="Luca", text="Hallo")
        await ani.wait_for("text_received", text="Luca is away", automatic=True)
        await ani.request("send_text", to="Luca", text="the last word")
        await luca.wait_for("text_received", text="the last word")
        assert await luca.texts() == ["Hallo", "Luca is away", "the last word"]
        assert await ani.texts() == ["Hallo", "Luca is away", "the last word"]


async def test_two_plain_answerers_do_not_loop_either(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport, inactive=True, autoreply="Back at noon") as ani:
        await meet(ani, luca)
        for _ in range(5):  # a plain program cannot say that its answers are automatic
            await asyncio.to_thread(luca.send, ani.port, b"MSG Ani I am away, too\n")
        assert await automatic(ani) == ["Luca"]


async def test_a_restart_during_an_absence_answers_nobody_twice(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport, autoreply="Back at noon") as ani:
        await ani.request("set_config", key="inactive", value=True)
        await meet(ani, luca)
        await asyncio.to_thread(luca.send, ani.port, b"MSG Ani Hallo\n")
        assert await asyncio.to_thread(luca.take) == AWAY
    async with inside(tmp_path, "Ani", whoisport, autoreply="Back at noon") as ani:
        await meet(ani, luca)
        await asyncio.to_thread(luca.send, ani.port, b"MSG Ani Hallo?\n")
        assert await automatic(ani) == ["Luca"]


async def test_a_new_absence_answers_again(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport, autoreply="Back at noon") as ani:
        await meet(ani, luca)
        for _ in range(2):
            await ani.request("set_config", key="inactive", value=True)
            for _ in range(2):
                await asyncio.to_thread(luca.send, ani.port, b"MSG Ani Hallo\n")
            assert await asyncio.to_thread(luca.take) == AWAY
            await ani.request("set_config", key="inactive", value=False)
        await asyncio.to_thread(luca.send, ani.port, b"MSG Ani Hallo\n")
        assert await automatic(ani) == ["Luca", "Luca"]


async def test_another_text_is_used_at_once(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport, inactive=True, autoreply="old") as ani:
        await meet(ani, luca)
        await ani.request("set_config", key="autoreply", value="Back at noon")
        await asyncio.to_thread(luca.send, ani.port, b"MSG Ani Hallo\n")
        assert await asyncio.to_thread(luca.take) == AWAY


async def test_answers_do_not_fill_the_outbox_without_end(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.autoreply.MAX_QUEUED", 3)
    async with inside(tmp_path, "Ani", whoisport, inactive=True) as ani:
        for number in range(10, 20):
            await ani.send(b"HELLO Stranger%d 9 1 -\nMSG Ani Hallo\n" % number, host=f"127.0.0.{number}")
        assert len(await automatic(ani)) == 3


async def test_an_answer_that_cannot_be_recorded_leaves_the_text_taken_and_is_given_to_the_next(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport, inactive=True, autoreply="Back at noon") as ani:
        await meet(ani, luca)
        with closing(sqlite3.connect(ani.places.database, isolation_level=None)) as other:
            other.execute(
                "CREATE TRIGGER full BEFORE INSERT ON messages WHEN new.direction = 'out' "
                "BEGIN SELECT RAISE(FAIL, 'full'); END"
            )
            with luca.connected(ani.port) as connection:
                connection.sendall(b"MSG Ani are you there?\n")
                assert await asyncio.to_thread(is_taken, connection)
            other.execute("DROP TRIGGER full")
        assert await ani.texts() == ["are you there?"]
        await asyncio.to_thread(luca.send, ani.port, b"MSG Ani hello?\n")
        assert await asyncio.to_thread(luca.take) == AWAY
        assert await ani.dropped() == {}


def is_taken(connection: socket.socket) -> bool:
    """End a stream; tell whether the other side ends it in order, too."""
    connection.shutdown(socket.SHUT_WR)
    return connection.recv(1) == b""  # a reset raises
