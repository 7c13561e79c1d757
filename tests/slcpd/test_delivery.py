"""What is queued goes out: to plain peers on real sockets, some of which misbehave."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemons import Json, free_port
from inside import Inside, inside
from plain import PlainPeer, read_all, reset

MAX_LINE = 512  # bytes, docs/protocol.md


@pytest.fixture
def luca(whoisport: int) -> Iterator[PlainPeer]:
    with PlainPeer("Luca", whoisport) as luca:
        yield luca


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no try wait longer than some ms for the next."""
    monkeypatch.setattr("slcpd.delivery.FIRST_PAUSE", 0.005)
    monkeypatch.setattr("slcpd.delivery.LONGEST_PAUSE", 0.005)


async def meet(ani: Inside, peer: PlainPeer) -> None:
    peer.join()
    await ani.wait_for("user_joined", handle=peer.handle)


async def write_to(ani: Inside, to: str, text: str) -> str:
    """Queue a text. Returns its id."""
    return str((await ani.request("send_text", to=to, text=text))["id"])


async def message(ani: Inside, message_id: str) -> Json:
    [found] = [message for message in await ani.messages() if message["id"] == message_id]
    return found


# What is on the wire


async def test_a_plain_peer_gets_the_canonical_line_and_nothing_else(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca", "Hallo Luca!")
        assert await asyncio.to_thread(luca.take) == b"MSG Luca Hallo Luca!\n"
        await ani.wait_for("text_sent", id=message_id, handle="Luca", ip=luca.ip, port=luca.port)
        assert (await message(ani, message_id))["state"] == "sent"


async def test_a_plain_peer_gets_an_image_as_header_and_bytes(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        queued = await ani.request("send_image", to="Luca", path=str(cat))
        data = cat.read_bytes()
        assert await asyncio.to_thread(luca.take) == b"IMG Luca %d\n" % len(data) + data
        await ani.wait_for("image_sent", id=queued["id"])


async def test_an_slcpd_is_told_first_who_writes(tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.say_hello()
        await ani.wait_for("user_joined", handle="Luca")
        hello = b"HELLO Ani %d 1 -\n" % ani.port
        await write_to(ani, "Luca", "Hallo Luca!")
        assert await asyncio.to_thread(luca.take) == hello + b"MSG Luca Hallo Luca!\n"
        await ani.request("send_image", to="Luca", path=str(cat))
        data = cat.read_bytes()
        assert await asyncio.to_thread(luca.take) == hello + b"IMG Luca %d\n" % len(data) + data


@pytest.mark.parametrize("text", ["word " * 1000, "x" * 3000, "🐱" * 700, "ä ö\tü " * 400], ids=lambda text: text[:5])
async def test_a_long_text_goes_out_in_lines_that_fit(
    tmp_path: Path, whoisport: int, luca: PlainPeer, text: str
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        await write_to(ani, "Luca", text)
        lines = (await asyncio.to_thread(luca.take)).splitlines(keepends=True)
        assert len(lines) > 1
        assert all(line.startswith(b"MSG Luca ") and len(line) <= MAX_LINE for line in lines)
        arrived = "".join(line.decode().removeprefix("MSG Luca ") for line in lines)
        assert arrived.replace("\n", "").replace(" ", "") == text.replace(" ", "")
        assert await ani.texts() == [text]


async def test_line_breaks_become_lines_and_blank_ones_go(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        await write_to(ani, "Luca", "one\r\ntwo\n\n  \n three\n")
        assert await asyncio.to_thread(luca.take) == b"MSG Luca one\nMSG Luca two\nMSG Luca  three\n"


async def test_quotes_around_a_text_survive(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        await write_to(ani, "Luca", '"quoted"')
        assert await asyncio.to_thread(luca.take) == b'MSG Luca ""quoted""\n'


# Order


async def test_two_hundred_texts_keep_their_order(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        for number in range(200):
            await write_to(ani, "Luca", str(number))
        taken = b"".join([await asyncio.to_thread(luca.take) for _ in range(200)])
        assert taken == b"".join(b"MSG Luca %d\n" % number for number in range(200))


async def test_a_recipient_that_does_not_take_its_texts_holds_up_nobody_else(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Slow", whoisport) as slow:
            await meet(ani, slow)
            await meet(ani, luca)
            waiting = await write_to(ani, "Slow", "take your time")
            with await asyncio.to_thread(slow.accept) as connection:
                for number in range(5):
                    await write_to(ani, "Luca", str(number))
                    assert await asyncio.to_thread(luca.take) == b"MSG Luca %d\n" % number
                assert (await message(ani, waiting))["state"] == "sending"
                assert await asyncio.to_thread(read_all, connection) == b"MSG Slow take your time\n"
            await ani.wait_for("text_sent", id=waiting)


# Peers that are not there


async def test_one_that_refuses_is_gone_and_its_text_waits_for_its_return(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.speak_from_elsewhere()
        await meet(ani, luca)
        luca.tcp.close()
        ids = [await write_to(ani, "Luca", text) for text in ("one", "two")]
        left = await ani.wait_for("user_left", handle="Luca", reason="refused")
        assert (await ani.request("users"))["users"] == []
        assert [message["state"] for message in await ani.messages()] == ["queued", "queued"]
        assert (await ani.request("status"))["queued"] == 2
        luca.listen()
        luca.join()  # at once: nothing waits for the pause to end
        assert await asyncio.to_thread(luca.take) == b"MSG Luca one\n"
        assert await asyncio.to_thread(luca.take) == b"MSG Luca two\n"
        for message_id in ids:
            await ani.wait_for("text_sent", since=left["seq"], id=message_id)


async def test_the_queue_goes_on_after_a_restart(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.speak_from_elsewhere()
        await meet(ani, luca)
        luca.tcp.close()
        await write_to(ani, "Luca", "before the restart")
        await ani.wait_for("user_left", handle="Luca")
    luca.listen()
    async with inside(tmp_path, "Ani", whoisport):
        assert await asyncio.to_thread(luca.take) == b"MSG Luca before the restart\n"


async def test_one_that_came_back_at_another_port_gets_what_waits_for_it(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        luca.close()
        message_id = await write_to(ani, "Luca", "where are you?")
        left = await ani.wait_for("user_left", handle="Luca")
        with PlainPeer("Luca", whoisport) as moved:
            moved.join()
            assert await asyncio.to_thread(moved.take) == b"MSG Luca where are you?\n"
            await ani.wait_for("text_sent", since=left["seq"], id=message_id)


@pytest.mark.usefixtures("impatient")
async def test_what_waits_for_one_is_not_given_to_another_who_took_its_address(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.speak_from_elsewhere()
        await meet(ani, luca)
        luca.tcp.close()
        message_id = await write_to(ani, "Luca", "for Luca alone")
        await ani.wait_for("user_left", handle="Luca")
        luca.handle = "Eve"
        luca.join()
        await ani.wait_for("user_joined", handle="Eve")
        luca.listen()
        for number in range(20):  # meanwhile the other is tried again and again
            await write_to(ani, "Eve", str(number))
            assert await asyncio.to_thread(luca.take) == b"MSG Eve %d\n" % number
        assert (await message(ani, message_id))["state"] == "queued"


# Peers that break off


@pytest.mark.usefixtures("impatient")
async def test_one_that_breaks_off_is_tried_again(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca", "Hallo")
        await asyncio.to_thread(luca.take_and_reset)
        assert await asyncio.to_thread(luca.take) == b"MSG Luca Hallo\n"
        await ani.wait_for("text_sent", id=message_id)


@pytest.mark.usefixtures("impatient")
async def test_one_that_always_breaks_off_fails_with_a_reason_and_can_be_retried(
    tmp_path: Path, whoisport: int, luca: PlainPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.delivery.MAX_BROKEN", 3)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca", "Hallo")
        for _ in range(3):
            await asyncio.to_thread(luca.take_and_reset)
        failed = await ani.wait_for("text_failed", id=message_id)
        assert f"{luca.ip}:{luca.port}" in failed["reason"]
        assert (await message(ani, message_id))["reason"] == failed["reason"]
        assert await ani.request("retry", id=message_id) == {"id": message_id}
        assert await asyncio.to_thread(luca.take) == b"MSG Luca Hallo\n"
        await ani.wait_for("text_sent", since=failed["seq"], id=message_id)
        sent = await message(ani, message_id)
        assert (sent["state"], sent["reason"]) == ("sent", None)


@pytest.mark.usefixtures("impatient")
async def test_a_text_that_fails_lets_the_next_ones_try(
    tmp_path: Path, whoisport: int, luca: PlainPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.delivery.MAX_BROKEN", 1)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        first, second = [await write_to(ani, "Luca", text) for text in ("one", "two")]
        await asyncio.to_thread(luca.take_and_reset)
        assert await asyncio.to_thread(luca.take) == b"MSG Luca two\n"
        await ani.wait_for("text_sent", id=second)
        assert (await message(ani, first))["state"] == "failed"


async def test_one_that_breaks_off_is_tried_at_once_when_it_is_heard_again(
    tmp_path: Path, whoisport: int, luca: PlainPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.delivery.FIRST_PAUSE", 3600.0)
    monkeypatch.setattr("slcpd.delivery.LONGEST_PAUSE", 3600.0)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca", "Hallo")
        await asyncio.to_thread(luca.take_and_reset)
        luca.join()  # its program has been started again
        assert await asyncio.to_thread(luca.take) == b"MSG Luca Hallo\n"
        await ani.wait_for("text_sent", id=message_id)


@pytest.mark.usefixtures("impatient")
async def test_a_peer_that_resets_images_over_and_over_does_not_end_the_daemon(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.delivery.MAX_BROKEN", 1000)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        await ani.request("send_image", to="Luca", path=str(cat))
        for _ in range(20):
            reset(await asyncio.to_thread(luca.accept))
        assert (await asyncio.to_thread(luca.take)).endswith(b"\n" + cat.read_bytes())


async def test_one_that_never_closes_has_taken_the_text(
    tmp_path: Path, whoisport: int, luca: PlainPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.sending.CLOSE_WITHIN", 0.05)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca", "Hallo")
        with await asyncio.to_thread(luca.accept):
            await ani.wait_for("text_sent", id=message_id)


# Images that are not what they were


@pytest.mark.parametrize("what", ["vanished", "changed"])
async def test_an_image_that_is_not_as_it_was_queued_fails_with_words(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path, what: str
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        luca.tcp.close()
        queued = await ani.request("send_image", to="Luca", path=str(cat))
        await ani.wait_for("user_left", handle="Luca")
        if what == "vanished":
            cat.unlink()
        else:
            os.truncate(cat, 100)
        luca.join()
        failed = await ani.wait_for("image_failed", id=queued["id"])
        assert str(cat) in failed["reason"]
        assert ("cannot be read" if what == "vanished" else "has changed") in failed["reason"]
        assert (await message(ani, queued["id"]))["state"] == "failed"


@pytest.mark.usefixtures("impatient")
async def test_an_image_that_failed_can_be_retried(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.delivery.MAX_BROKEN", 1)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        queued = await ani.request("send_image", to="Luca", path=str(cat))
        await asyncio.to_thread(luca.take_and_reset)
        failed = await ani.wait_for("image_failed", id=queued["id"])
        await ani.request("retry", id=queued["id"])
        assert (await asyncio.to_thread(luca.take)).endswith(b"\n" + cat.read_bytes())
        await ani.wait_for("image_sent", since=failed["seq"], id=queued["id"])


async def test_a_text_to_a_port_where_nobody_ever_was_stays_queued(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"KNOWNUSERS Luca 127.0.0.2 %d\n" % free_port(), host="127.0.0.2")
        message_id = await write_to(ani, "Luca", "Hallo")
        await ani.wait_for("user_left", handle="Luca", reason="refused")
        assert (await message(ani, message_id))["state"] == "queued"
