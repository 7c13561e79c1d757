"""A kept stream between a real daemon and another slcpd that says what it likes."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from daemons import WAIT
from encrypted_peer import EncryptedPeer, Stream, meet, text, until_user, write_to
from inside import Inside, hang_up, inside
from PIL import Image

from slcp.frames import (
    MAX_SIZE,
    Acknowledged,
    AnyFrame,
    Challenge,
    ImageOffered,
    ImagePart,
    ImageWanted,
    Ping,
    Pong,
    Proof,
    Refusal,
    Rejected,
    TextFrame,
    Welcome,
    encode_frame,
)

OFFER = ImageOffered("i1", "cat.png", 1000, "c" * 64)


async def image_to(ani: Inside, to: str, path: Path) -> str:
    return str((await ani.request("send_image", to=to, path=str(path)))["id"])


# What is taken


async def test_texts_are_taken_in_their_order_and_each_is_acknowledged_when_durable(
    tmp_path: Path, whoisport: int
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(*(text(f"t{number}", f"text {number}") for number in range(100)))
        for number in range(100):
            assert await stream.expect(Acknowledged) == Acknowledged(f"t{number}")
        assert await ani.texts() == [f"text {number}" for number in range(100)]
        assert [message["secure"] for message in await ani.messages(limit=1)] == [True]


async def test_a_ping_is_answered(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(Ping(), Pong(), Ping())
        await stream.expect(Pong)
        await stream.expect(Pong)


async def test_answers_that_nobody_waits_for_are_passed_over(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
        luca.opened(ani) as stream,
    ):
        strange = (Acknowledged("x"), Rejected("y", "no", for_good=True), ImageWanted("z", 0), ImagePart(b"part"))
        stream.send(*strange * 100)
        await stream.until_taken()
        assert await ani.dropped() == {}


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ([Challenge(1, "Luca", 1, "0f" * 32)], "bad_frame"),
        ([Proof(1, "Luca", 1, "00", "00")], "bad_frame"),
        ([Welcome()], "bad_frame"),
        ([Refusal("code", "reason")], "bad_frame"),
        ([OFFER, OFFER], "bad_frame"),
        ([TextFrame("t1", automatic=False, body=b"\xff")], "bad_text"),
        ([TextFrame("t1", automatic=False, body=b"a\0b")], "bad_text"),
    ],
    ids=lambda value: "-".join(frame.type for frame in value) if isinstance(value, list) else value,
)
async def test_a_frame_out_of_place_ends_the_stream_and_is_counted(
    tmp_path: Path, whoisport: int, frames: list[AnyFrame], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(text("t0", "before"), *frames, text("t9", "after"))
        while await stream.receive():
            pass
        await ani.until(lambda status: status["dropped"] == {reason: 1})
        assert await ani.texts() == ["before"]
        assert "a bug" not in caplog.text


async def test_bytes_that_are_no_frame_end_the_stream(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
        luca.opened(ani) as stream,
    ):
        stream.writer.write(b"MSG Ani Hallo\n")
        assert await stream.is_ended()
        await ani.until(lambda status: status["dropped"] == {"line_too_long": 1})


async def test_who_asks_and_asks_and_never_reads_is_dropped(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.session.MAX_UNSENT", 1 << 14)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
    ):
        stream = await luca.open(ani, buffer=1 << 12)
        stream.writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's own has it
        stream.writer.write(encode_frame(Ping()) * 100_000)  # ten times what the systems hold of the answers
        await ani.until(lambda status: status["dropped"] == {"too_slow": 1})
        await ani.until(lambda status: status["connections"] == 0)


# What is sent


async def open_with_text(ani: Inside, luca: EncryptedPeer) -> tuple[Stream, str]:
    """Let the daemon send a text to a peer. Returns the stream, on which the text has come, and its id."""
    await meet(ani, luca)
    message_id = await write_to(ani, luca.handle)
    stream = await luca.serve()
    frame = await stream.expect(TextFrame)
    assert (frame.id, frame.text) == (message_id, "Hallo Luca!")
    return stream, message_id


async def test_a_text_is_delivered_when_the_peer_says_so_and_the_stream_is_kept(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, message_id = await open_with_text(ani, luca)
        assert (await ani.messages())[0]["state"] == "sending"
        stream.send(Acknowledged(message_id))
        await ani.wait_for("text_delivered", id=message_id)
        [message] = await ani.messages()
        assert (message["state"], message["secure"]) == ("delivered", True)
        again = await write_to(ani, "Luca", "again")
        assert (await stream.expect(TextFrame)).text == "again"
        stream.send(Acknowledged(again), text("1"))
        await ani.wait_for("text_received", text="Hallo Ani!")
        assert luca.connections == 1


async def test_a_text_that_is_rejected_for_good_fails_with_the_reason(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, message_id = await open_with_text(ani, luca)
        stream.send(Rejected(message_id, "no more today", for_good=True))
        failed = await ani.wait_for("text_failed", id=message_id)
        assert "no more today" in failed["reason"]


async def test_a_text_that_is_rejected_for_now_waits_with_the_reason(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, message_id = await open_with_text(ani, luca)
        for _ in range(2):  # it is tried again at once
            stream.send(Rejected(message_id, "the disk is full", for_good=False))
            assert (await stream.expect(TextFrame)).id == message_id
        stream.send(Rejected(message_id, "the disk is full", for_good=False))
        assert "the disk is full" in (await ani.until_waiting(message_id))["reason"]


async def test_a_nul_in_a_text_does_not_hold_up_the_others(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        inside(tmp_path, "Luca", whoisport) as luca,
    ):
        await until_user(ani, "Luca", fingerprint=luca.fingerprint)
        await write_to(ani, "Luca", "a\0b")
        await luca.wait_for("text_received", text="ab")


@pytest.mark.parametrize("offset", [0, MAX_SIZE])
async def test_a_text_that_is_wanted_like_an_image_does_not_count_as_delivered(
    tmp_path: Path, whoisport: int, offset: int
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, message_id = await open_with_text(ani, luca)
        stream.send(ImageWanted(message_id, offset))
        assert await stream.is_ended()
        stream = await luca.serve()
        assert (await stream.expect(TextFrame)).id == message_id
        stream.send(Acknowledged(message_id))
        await ani.wait_for("text_delivered", id=message_id)


async def offered(ani: Inside, luca: EncryptedPeer, cat: Path) -> tuple[Stream, ImageOffered]:
    """Let the daemon offer an image to a peer."""
    await meet(ani, luca)
    await image_to(ani, luca.handle, cat)
    stream = await luca.serve()
    return stream, await stream.expect(ImageOffered)


async def take_image(stream: Stream, offer: ImageOffered, offset: int = 0) -> bytes:
    """Take the rest of an image, and say so."""
    stream.send(ImageWanted(offer.id, offset))
    data = b""
    while len(data) < offer.size - offset:
        data += (await stream.expect(ImagePart)).body
    stream.send(Acknowledged(offer.id))
    return data


async def test_an_image_is_announced_and_sent_from_where_it_is_wanted(
    tmp_path: Path, whoisport: int, cat: Path
) -> None:
    data = cat.read_bytes()
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, offer = await offered(ani, luca, cat)
        assert (offer.name, offer.size) == ("cat.png", len(data))
        assert offer.sha256 == hashlib.sha256(data).hexdigest()
        assert await take_image(stream, offer, 1000) == data[1000:]
        await ani.wait_for("image_delivered", id=offer.id)


async def test_an_image_that_is_there_already_is_not_sent(tmp_path: Path, whoisport: int, cat: Path) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, offer = await offered(ani, luca, cat)
        stream.send(Acknowledged(offer.id), Ping())
        await ani.wait_for("image_delivered", id=offer.id)
        await stream.expect(Pong)


async def test_an_image_that_is_cancelled_on_its_way_ends_the_stream_and_texts_take_another(
    tmp_path: Path, whoisport: int
) -> None:
    large = tmp_path / "large.bmp"
    Image.new("RGB", (3000, 3000)).save(large)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, offer = await offered(ani, luca, large)
        stream.send(ImageWanted(offer.id, 0))
        await stream.expect(ImagePart)
        text_id = await write_to(ani, "Luca", "not that one")
        await ani.request("cancel", id=offer.id)
        await ani.wait_for("image_cancelled", id=offer.id)
        stream = await luca.serve()
        frame = await stream.expect(TextFrame)
        assert (frame.id, frame.text) == (text_id, "not that one")
        stream.send(Acknowledged(text_id))
        await ani.wait_for("text_delivered", id=text_id)


async def test_others_have_their_turn_while_an_image_leaves_and_its_refusal_is_heard(
    tmp_path: Path, whoisport: int, cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.session.PART", 256)  # bytes: the system takes all parts without waiting
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, offer = await offered(ani, luca, cat)
        stream.send(ImageWanted(offer.id, 0))
        await stream.expect(ImagePart)
        stream.send(Rejected(offer.id, "enough", for_good=True), Ping())
        came = 256
        while isinstance(frame := await stream.receive(), ImagePart):
            came += len(frame.body)
        assert isinstance(frame, Pong)
        assert came < offer.size
        await ani.wait_for("image_failed", id=offer.id)


@pytest.mark.parametrize("extra", [1, 2**40, None], ids=["one byte more", "much more", "the largest number"])
async def test_an_image_wanted_from_behind_its_end_does_the_daemon_no_harm(
    tmp_path: Path, whoisport: int, cat: Path, extra: int | None
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, offer = await offered(ani, luca, cat)
        stream.send(ImageWanted(offer.id, MAX_SIZE if extra is None else offer.size + extra))
        assert await stream.is_ended()
        stream = await luca.serve()
        assert await take_image(stream, await stream.expect(ImageOffered)) == cat.read_bytes()
        await ani.wait_for("image_delivered", id=offer.id)


async def test_an_image_wanted_twice_does_not_count_as_delivered(tmp_path: Path, whoisport: int, cat: Path) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, offer = await offered(ani, luca, cat)
        stream.send(*[ImageWanted(offer.id, 0)] * 8)
        while await stream.receive():
            pass
        stream = await luca.serve()
        await take_image(stream, await stream.expect(ImageOffered))
        await ani.wait_for("image_delivered", id=offer.id)


async def test_two_images_over_one_stream_go_one_after_the_other(tmp_path: Path, whoisport: int, cat: Path) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, first = await offered(ani, luca, cat)
        with EncryptedPeer("luke", whoisport, luca.key, "127.0.0.2") as luke:  # the same key under another handle
            luke.say_hello()
            await ani.wait_for("user_joined", handle="luke")
        second = await image_to(ani, "luke", cat)
        stream.send(ImageWanted(first.id, 0))
        parts = b""
        while len(parts) < first.size:
            parts += (await stream.expect(ImagePart)).body
        assert parts == cat.read_bytes()
        stream.send(Acknowledged(first.id))
        offer = await stream.expect(ImageOffered)
        assert offer.id == second
        await take_image(stream, offer)
        await ani.wait_for("image_delivered", id=second)


async def test_a_stream_that_breaks_is_replaced_at_once(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, message_id = await open_with_text(ani, luca)
        await stream.close()
        stream = await luca.serve()
        assert (await stream.expect(TextFrame)).id == message_id
        stream.send(Acknowledged(message_id))
        await ani.wait_for("text_delivered", id=message_id)


# Several texts on their way


async def write_many(ani: Inside, texts: Sequence[str]) -> list[str]:
    """Send requests without waiting for their answers. Returns the ids."""
    reader, writer = await ani.open_control()
    params = [{"to": "Luca", "text": one} for one in texts]
    calls = [{"jsonrpc": "2.0", "id": 1, "method": "send_text", "params": one} for one in params]
    writer.write(b"".join(json.dumps(call).encode() + b"\n" for call in calls))
    async with asyncio.timeout(WAIT):
        ids = [json.loads(await reader.readline())["result"]["id"] for _ in calls]
    await hang_up(writer)
    return ids


@asynccontextmanager
async def many_texts_for_luca(
    ani: Inside, luca: EncryptedPeer, number: int
) -> AsyncGenerator[tuple[Stream, dict[str, str]]]:
    """Queue texts behind one that is not answered yet, then answer that. Yields the stream, and the texts by id."""
    stream, first = await open_with_text(ani, luca)
    texts = [f"text {index}" for index in range(number)]
    ids = await write_many(ani, texts)
    stream.send(Acknowledged(first))
    yield stream, dict(zip(ids, texts, strict=True))


async def test_texts_go_out_behind_each_other_and_each_is_told_as_it_is_answered(
    tmp_path: Path, whoisport: int
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        many_texts_for_luca(ani, luca, 10) as (stream, texts),
    ):
        came = [await stream.expect(TextFrame) for _ in texts]  # before any is answered
        assert {frame.id: frame.text for frame in came} == texts
        assert [frame.id for frame in came] == list(texts)
        states = {message["id"]: message["state"] for message in await ani.messages()}
        assert {states[message_id] for message_id in texts} == {"sending"}
        for message_id in texts:
            stream.send(Acknowledged(message_id))
            await ani.wait_for("text_delivered", id=message_id)
            states = {message["id"]: message["state"] for message in await ani.messages()}
            assert states[message_id] == "delivered"


async def test_more_go_out_before_all_have_an_answer_and_never_too_many(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        many_texts_for_luca(ani, luca, 150) as (stream, texts),
    ):
        ids = list(texts)
        assert [(await stream.expect(TextFrame)).id for _ in ids[:33]] == ids[:33]
        stream.send(Acknowledged(ids[0]))
        assert [(await stream.expect(TextFrame)).id for _ in ids[33:65]] == ids[33:65]
        stream.send(Ping())
        assert isinstance(await stream.receive(), Pong)  # and no text before it: 64 wait
        stream.send(*map(Acknowledged, ids[1:65]))
        for message_id in ids[65:]:
            assert (await stream.expect(TextFrame)).id == message_id
            stream.send(Acknowledged(message_id))
        await ani.wait_for("text_delivered", id=ids[-1])
        assert {message["state"] for message in await ani.messages(limit=500)} == {"delivered"}


async def test_one_that_is_rejected_among_several_fails_alone(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        many_texts_for_luca(ani, luca, 3) as (stream, texts),
    ):
        first, second, third = texts
        stream.send(Acknowledged(first), Rejected(second, "not this one", for_good=True), Acknowledged(third))
        await ani.wait_for("text_delivered", id=third)
        states = {message["id"]: message["state"] for message in await ani.messages()}
        assert [states[message_id] for message_id in texts] == ["delivered", "failed", "delivered"]


async def test_of_several_only_those_without_an_answer_are_sent_again_when_the_stream_breaks(
    tmp_path: Path, whoisport: int
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        many_texts_for_luca(ani, luca, 5) as (stream, texts),
    ):
        first, second, *others = texts
        stream.send(Acknowledged(first), Acknowledged(second))
        await ani.wait_for("text_delivered", id=second)
        await stream.close()
        stream = await luca.serve()
        assert [(await stream.expect(TextFrame)).id for _ in others] == others
        stream.send(*map(Acknowledged, others))
        await ani.wait_for("text_delivered", id=others[-1])


async def test_an_image_between_texts_keeps_its_place(tmp_path: Path, whoisport: int, cat: Path) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, first = await open_with_text(ani, luca)
        before = await write_many(ani, ["before"])
        await image_to(ani, "Luca", cat)
        after = await write_many(ani, ["after"])
        stream.send(Acknowledged(first))
        assert (await stream.expect(TextFrame)).id == before[0]
        stream.send(Acknowledged(before[0]))
        await take_image(stream, await stream.expect(ImageOffered))
        assert (await stream.expect(TextFrame)).id == after[0]


async def test_the_same_text_twice_in_one_go_is_one(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
        luca.opened(ani) as stream,
    ):
        stream.writer.write(b"".join(map(encode_frame, [text("t1"), text("t1"), text("t2")])))  # in one record
        assert [(await stream.expect(Acknowledged)).id for _ in range(3)] == ["t1", "t1", "t2"]
        newest, received = (await ani.request("hello"))["seq"], 0
        async with contextlib.aclosing(ani.events()) as events:
            async for event in events:
                received += event["type"] == "text_received"
                if event["seq"] == newest:
                    break
        assert received == 2


# Time


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.session.PING_AFTER", 0.05)
    monkeypatch.setattr("slcpd.session.STALL_AFTER", 0.3)


@pytest.mark.usefixtures("impatient")
async def test_who_has_gone_without_a_word_is_asked_and_then_given_up(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, message_id = await open_with_text(ani, luca)
        await stream.expect(Ping)
        async with asyncio.timeout(WAIT):
            while isinstance(await stream.receive(), Ping):
                pass
        stream = await luca.serve()
        assert (await stream.expect(TextFrame)).id == message_id
        stream.send(Acknowledged(message_id))
        await ani.wait_for("text_delivered", id=message_id)


@pytest.mark.usefixtures("impatient")
async def test_who_takes_long_and_answers_pings_is_waited_for(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, message_id = await open_with_text(ani, luca)
        for _ in range(10):  # longer than STALL_AFTER
            await stream.expect(Ping)
            stream.send(Pong())
        stream.send(Acknowledged(message_id))
        await ani.wait_for("text_delivered", id=message_id)


@pytest.mark.usefixtures("impatient")
async def test_silence_before_a_message_does_not_count_against_its_answer(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, message_id = await open_with_text(ani, luca)
        stream.send(Acknowledged(message_id))
        await ani.wait_for("text_delivered", id=message_id)
        await asyncio.sleep(0.4)  # nobody has anything to say for longer than STALL_AFTER
        message_id = await write_to(ani, "Luca", "after a pause")
        await stream.expect(TextFrame)
        await stream.expect(Ping)
        stream.send(Pong(), Acknowledged(message_id))
        await ani.wait_for("text_delivered", id=message_id)
        assert luca.connections == 1


async def test_who_takes_very_long_is_given_up_though_it_answers_pings(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.session.PING_AFTER", 0.05)
    monkeypatch.setattr("slcpd.session.ANSWER_WITHIN", 0.3)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, _ = await open_with_text(ani, luca)
        pings = 0
        async with asyncio.timeout(WAIT):
            while isinstance(await stream.receive(), Ping):
                stream.send(Pong())
                pings += 1
        assert pings >= 3


async def test_an_image_that_stops_coming_ends_the_stream(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.session.STALL_AFTER", 0.2)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(OFFER, ImagePart(b"some"))
        await stream.expect(ImageWanted)
        assert await stream.is_ended()
        await ani.until(lambda status: status["dropped"] == {"too_slow": 1})


@pytest.mark.parametrize("frame", [ImagePart(b"x"), Ping()], ids=["small parts", "other frames"])
async def test_an_image_that_trickles_ends_the_stream(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch, frame: AnyFrame
) -> None:
    monkeypatch.setattr("slcpd.pace.WINDOW", 0.3)
    monkeypatch.setattr("slcpd.pace.SLOWEST", 1 << 20)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(replace(OFFER, size=1 << 20))
        await stream.expect(ImageWanted)
        with contextlib.suppress(OSError):
            async with asyncio.timeout(WAIT):
                while not (await ani.dropped()):  # which takes some ms
                    stream.send(frame)
        await ani.until(lambda status: status["dropped"] == {"too_slow": 1})


async def test_who_does_not_take_the_bytes_of_an_image_is_given_up(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.session.STALL_AFTER", 0.3)
    large = tmp_path / "large.bmp"
    Image.new("RGB", (3000, 2400)).save(large)  # 21 MB, more than sockets hold
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, offer = await offered(ani, luca, large)
        stream.send(ImageWanted(offer.id, 0))
        await stream.expect(ImagePart)
        stream.writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's own has it
        stream = await luca.serve()
        assert (await stream.expect(ImageOffered)).id == offer.id


async def test_a_stream_without_a_word_is_closed_by_whoever_tires_first(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.session.IDLE_FOR", 0.1)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
        luca.opened(ani) as stream,
    ):
        assert await stream.is_ended()
        await ani.until(lambda status: status["connections"] == 0)
        assert await ani.dropped() == {}


async def test_a_stream_on_which_an_answer_is_owed_is_not_idle(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.session.IDLE_FOR", 0.05)
    monkeypatch.setattr("slcpd.session.PING_AFTER", 0.3)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream, message_id = await open_with_text(ani, luca)
        await stream.expect(Ping)
        stream.send(Acknowledged(message_id))
        await ani.wait_for("text_delivered", id=message_id)
        assert luca.connections == 1
