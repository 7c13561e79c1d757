"""Whom we know by hearsay is asked before it is written to."""

import asyncio
from pathlib import Path

import pytest
from inside import Inside, inside
from plain import PlainPeer

from slcpd.introducing import ANSWER_WITHIN


async def tell_of(ani: Inside, whoisport: int, name: str, ip: str, port: int) -> None:
    """Let somebody name a peer that Ani has not heard."""
    with PlainPeer("Tom", whoisport, "127.0.0.9") as tom:
        tom.broadcast(b"KNOWNUSERS %s %s %d\n" % (name.encode(), ip.encode(), port))
        await ani.wait_for("user_joined", handle=name, second_hand=True)


async def test_an_slcpd_that_others_have_named_gets_its_first_text_encrypted(tmp_path: Path, whoisport: int) -> None:
    other_whoisport = whoisport + 1  # so that the two do not hear each other
    async with inside(tmp_path, "Ani", whoisport) as ani, inside(tmp_path, "Luca", other_whoisport) as luca:
        await tell_of(ani, whoisport, "Luca", "127.0.0.1", luca.port)
        sent = (await ani.request("send_text", to="Luca", text="Hallo"))["id"]
        await ani.wait_for("text_delivered", id=sent)
        [message] = await luca.messages()
        assert (message["handle"], message["secure"]) == ("Ani", True)


async def test_a_plain_program_that_says_nothing_gets_its_text_a_little_later(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Luca", whoisport + 1, "127.0.0.2") as luca:
            await tell_of(ani, whoisport, "Luca", luca.ip, luca.port)
            loop = asyncio.get_running_loop()
            began = loop.time()
            await ani.request("send_text", to="Luca", text="Hallo")
            assert await asyncio.to_thread(luca.take) == b"MSG Luca Hallo\n"
            assert loop.time() - began >= ANSWER_WITHIN
            assert [luca.udp.recv(200)[:6] for _ in range(2)] == [b"HELLO ", b"WHO\n"]


async def test_who_has_not_answered_is_not_asked_before_each_text(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Luca", whoisport + 1, "127.0.0.2") as luca:
            await tell_of(ani, whoisport, "Luca", luca.ip, luca.port)
            for number in range(3):
                await ani.request("send_text", to="Luca", text=str(number))
                await asyncio.to_thread(luca.take)
            assert [luca.udp.recv(200)[:6] for _ in range(2)] == [b"HELLO ", b"WHO\n"]
            luca.udp.setblocking(False)
            with pytest.raises(BlockingIOError):
                luca.udp.recv(100)
