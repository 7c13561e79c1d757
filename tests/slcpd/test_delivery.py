"""What is queued goes out: to plain peers on real sockets, some of which misbehave."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from daemons import Json, free_port
from inside import Inside, inside
from PIL import Image
from plain import PlainPeer, read_all, reset

from slcp.errors import ErrorCode, RequestError
from slcpd.delivery import backoff

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


async def test_an_slcpd_without_a_key_is_told_first_who_writes(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        luca.say_hello()
        await ani.wait_for("user_joined", handle="Luca")
        hello = b"HELLO Ani %d 1 %s\n" % (ani.port, ani.fingerprint.encode())
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


# Images are sent as they were queued


@pytest.fixture
def uncopied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every image count as too large to be copied."""
    monkeypatch.setattr("slcpd.queued_images.COPIED_UP_TO", 0)


async def queue_image_for_later(ani: Inside, luca: PlainPeer, path: Path) -> str:
    """Queue an image for one who takes no connections now. Returns its id."""
    await meet(ani, luca)
    luca.tcp.close()
    queued = await ani.request("send_image", to="Luca", path=str(path))
    await ani.wait_for("user_left", handle="Luca")
    return str(queued["id"])


def come_back(peer: PlainPeer) -> None:
    peer.listen()
    peer.join()


def change(path: Path, how: str) -> None:
    match how:
        case "vanished":
            path.unlink()
        case "shorter":
            os.truncate(path, 100)
        case _:
            path.write_bytes(os.urandom(path.stat().st_size))


@pytest.mark.parametrize("how", ["vanished", "shorter", "other bytes"])
async def test_whatever_becomes_of_the_file_its_bytes_are_sent(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path, how: str
) -> None:
    data = cat.read_bytes()
    async with inside(tmp_path, "Ani", whoisport) as ani:
        message_id = await queue_image_for_later(ani, luca, cat)
        change(cat, how)
        come_back(luca)
        assert await asyncio.to_thread(luca.take) == b"IMG Luca %d\n" % len(data) + data
        await ani.wait_for("image_sent", id=message_id)
        assert (await message(ani, message_id))["path"] == str(cat)


async def test_a_copy_serves_all_recipients_and_is_gone_after_the_last(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Eve", whoisport, "127.0.0.2") as eve:
            for peer in (luca, eve):
                await meet(ani, peer)
                peer.tcp.close()
            queued = await ani.request("send_image", to="*", path=str(cat))
            data = cat.read_bytes()
            cat.unlink()
            for message_id, peer in zip(queued["ids"], (luca, eve), strict=True):
                assert [file.read_bytes() for file in ani.places.outbox.iterdir()] == [data]
                come_back(peer)
                assert (await asyncio.to_thread(peer.take)).endswith(data)
                await ani.wait_for("image_sent", id=message_id)
        assert list(ani.places.outbox.iterdir()) == []


@pytest.mark.usefixtures("uncopied")
@pytest.mark.parametrize("how", ["vanished", "shorter", "other bytes"])
async def test_a_large_image_that_is_not_as_it_was_queued_fails_with_words(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path, how: str
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        message_id = await queue_image_for_later(ani, luca, cat)
        change(cat, how)
        come_back(luca)
        failed = await ani.wait_for("image_failed", id=message_id)
        assert str(cat) in failed["reason"]
        assert ("cannot be read" if how == "vanished" else "has changed") in failed["reason"]
        assert "send it again" in failed["reason"]
        assert (await message(ani, message_id))["state"] == "failed"


@pytest.mark.usefixtures("uncopied")
async def test_a_large_image_is_sent_from_its_place(tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await queue_image_for_later(ani, luca, cat)
        assert not ani.places.outbox.exists()
        os.utime(cat, (1, 1))  # only its bytes count
        come_back(luca)
        assert (await asyncio.to_thread(luca.take)).endswith(cat.read_bytes())


@pytest.mark.usefixtures("impatient")
async def test_an_image_that_failed_is_sent_by_retry_from_its_copy(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.delivery.MAX_BROKEN", 1)
    data = cat.read_bytes()
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        queued = await ani.request("send_image", to="Luca", path=str(cat))
        cat.unlink()
        await asyncio.to_thread(luca.take_and_reset)
        failed = await ani.wait_for("image_failed", id=queued["id"])
        await ani.request("retry", id=queued["id"])
        assert (await asyncio.to_thread(luca.take)).endswith(b"\n" + data)
        await ani.wait_for("image_sent", since=failed["seq"], id=queued["id"])
        assert list(ani.places.outbox.iterdir()) == []


# Withdrawing


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a try that fails be followed by none, unless somebody is heard."""
    monkeypatch.setattr("slcpd.delivery.FIRST_PAUSE", 3600.0)
    monkeypatch.setattr("slcpd.delivery.LONGEST_PAUSE", 3600.0)


async def refused(ani: Inside, method: str, **params: object) -> RequestError:
    with pytest.raises(RequestError) as caught:
        await ani.request(method, **params)
    return caught.value


@pytest.mark.usefixtures("patient")
async def test_what_is_cancelled_is_not_sent_and_nobody_waits_for_it(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        luca.speak_from_elsewhere().tcp.close()
        message_id = await write_to(ani, "Luca", "a slip of the pen")
        await ani.wait_for("user_left", handle="Luca")
        await ani.until_waiting(message_id)
        assert await ani.request("cancel", id=message_id) == {}
        await ani.wait_for("text_cancelled", id=message_id, handle="Luca", ip=luca.ip, port=luca.port)
        assert (await message(ani, message_id))["state"] == "cancelled"
        luca.listen()
        await write_to(ani, "Luca", "what I meant")  # a pause that went on would hold this up
        assert await asyncio.to_thread(luca.take) == b"MSG Luca what I meant\n"


@pytest.mark.usefixtures("patient")
async def test_of_several_that_wait_one_can_be_cancelled(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        luca.speak_from_elsewhere().tcp.close()
        ids = [await write_to(ani, "Luca", text) for text in ("one", "two", "three")]
        await ani.until_waiting(ids[0])
        await ani.request("cancel", id=ids[1])
        come_back(luca)
        assert [await asyncio.to_thread(luca.take) for _ in range(2)] == [b"MSG Luca one\n", b"MSG Luca three\n"]


async def test_what_is_on_the_wire_cannot_be_cancelled(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca", "Hallo")
        with await asyncio.to_thread(luca.accept) as connection:
            refusal = await refused(ani, "cancel", id=message_id)
            assert (refusal.code, "on the wire" in str(refusal)) == (ErrorCode.NOT_CANCELLABLE, True)
            assert await asyncio.to_thread(read_all, connection) == b"MSG Luca Hallo\n"
        await ani.wait_for("text_sent", id=message_id)
        refusal = await refused(ani, "cancel", id=message_id)
        assert (refusal.code, "has been sent" in str(refusal)) == (ErrorCode.NOT_CANCELLABLE, True)


async def test_an_image_can_be_cancelled_on_its_way_and_the_next_message_goes(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    large = tmp_path / "large.bmp"
    Image.new("RGB", (3000, 3000)).save(large)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        message_id = str((await ani.request("send_image", to="Luca", path=str(large)))["id"])
        with await asyncio.to_thread(luca.accept) as connection:
            await asyncio.to_thread(connection.recv, 1)
            await ani.request("cancel", id=message_id)
            await ani.wait_for("image_cancelled", id=message_id)
            with pytest.raises(ConnectionResetError):
                await asyncio.to_thread(read_all, connection)
        await write_to(ani, "Luca", "not that one")
        assert await asyncio.to_thread(luca.take) == b"MSG Luca not that one\n"
        assert (await message(ani, message_id))["state"] == "cancelled"


async def test_an_image_cannot_be_cancelled_when_all_of_it_has_left(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        message_id = str((await ani.request("send_image", to="Luca", path=str(cat)))["id"])
        with await asyncio.to_thread(luca.accept) as connection:
            await asyncio.to_thread(read_all, connection)
            refusal = await refused(ani, "cancel", id=message_id)
            assert (refusal.code, "all of it" in str(refusal)) == (ErrorCode.NOT_CANCELLABLE, True)
        await ani.wait_for("image_sent", id=message_id)


async def test_what_waits_for_others_to_be_sent_can_be_cancelled(
    tmp_path: Path, whoisport: int, luca: PlainPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.delivery.MAX_AT_ONCE", 1)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Eve", whoisport, "127.0.0.2") as eve:
            await meet(ani, luca)
            await meet(ani, eve)
            await write_to(ani, "Luca", "Hallo")
            with await asyncio.to_thread(luca.accept):
                message_id = await write_to(ani, "Eve", "a slip of the pen")
                await ani.request("cancel", id=message_id)
            await write_to(ani, "Eve", "what I meant")
            assert await asyncio.to_thread(eve.take) == b"MSG Eve what I meant\n"


@pytest.mark.usefixtures("patient")
async def test_the_copy_of_a_cancelled_image_is_gone_and_retry_sends_the_file(
    tmp_path: Path, whoisport: int, luca: PlainPeer, cat: Path
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        message_id = await queue_image_for_later(ani, luca, cat)
        await ani.until_waiting(message_id)
        await ani.request("cancel", id=message_id)
        await ani.wait_for("image_cancelled", id=message_id)
        assert list(ani.places.outbox.iterdir()) == []
        luca.listen()
        await ani.request("retry", id=message_id)
        assert (await asyncio.to_thread(luca.take)).endswith(b"\n" + cat.read_bytes())


# Pauses


@pytest.mark.usefixtures("patient")
async def test_the_history_says_why_a_message_waits(tmp_path: Path, whoisport: int, luca: PlainPeer) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        luca.close()
        message_id = await write_to(ani, "Luca", "Hallo")
        waiting = await ani.until_waiting(message_id)
        assert (waiting["state"], luca.name.partition("@")[2] in waiting["reason"]) == ("queued", True)
        luca.listen()
        await ani.send(b"JOIN Luca %d\n" % luca.port)
        await asyncio.to_thread(luca.take)
        await ani.wait_for("text_sent", id=message_id)
        assert (await message(ani, message_id))["reason"] is None


@pytest.mark.usefixtures("patient")
async def test_what_has_kept_one_message_is_not_said_of_the_next(
    tmp_path: Path, whoisport: int, luca: PlainPeer
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        luca.speak_from_elsewhere().tcp.close()
        ids = [await write_to(ani, "Luca", text) for text in ("one", "two", "three")]
        await ani.until_waiting(ids[2])
        come_back(luca)
        await asyncio.to_thread(luca.take)
        with await asyncio.to_thread(luca.accept):
            assert (await message(ani, ids[1]))["state"] == "sending"
            assert ((await message(ani, ids[2]))["state"], (await message(ani, ids[2]))["reason"]) == ("queued", None)


def test_pauses_double_up_to_the_longest_and_no_two_peers_keep_step() -> None:
    exact = [5, 10, 20, 40, 80, 160, 300, 300]
    pauses = [[backoff(failures, random) for failures in range(1, 9)] for random in map(Random, range(200))]
    for drawn, middle in zip(zip(*pauses, strict=True), exact, strict=True):
        assert 0.8 * middle <= min(drawn) < 0.85 * middle
        assert 1.15 * middle < max(drawn) <= 1.2 * middle


def test_after_months_of_failures_there_is_still_a_pause() -> None:
    assert 240 <= backoff(100_000, Random(1)) <= 360


# Where nobody is


async def test_a_text_to_a_port_where_nobody_ever_was_stays_queued(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"KNOWNUSERS Luca 127.0.0.2 %d\n" % free_port(), host="127.0.0.2")
        message_id = await write_to(ani, "Luca", "Hallo")
        await ani.wait_for("user_left", handle="Luca", reason="refused")
        assert (await message(ani, message_id))["state"] == "queued"


async def test_a_bug_in_sending_one_message_fails_that_one_alone(
    tmp_path: Path, whoisport: int, luca: PlainPeer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_down(*_: object) -> None:
        raise ZeroDivisionError

    async with inside(tmp_path, "Ani", whoisport) as ani:
        await meet(ani, luca)
        with monkeypatch.context() as bug:
            bug.setattr("slcpd.dispatch.transmit", break_down)
            poison = await write_to(ani, "Luca", "poison")
            failed = await ani.wait_for("text_failed", id=poison)
        assert "slcpctl logs" in failed["reason"]
        assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True]
        await write_to(ani, "Luca", "the next")
        assert await asyncio.to_thread(luca.take) == b"MSG Luca the next\n"
