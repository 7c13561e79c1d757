"""What a proven peer sends is in the history once, however often and in however many pieces it comes."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from daemons import WAIT, Daemon
from encrypted_peer import EncryptedPeer, Stream, meet, text, until_user, write_to
from inside import Inside, inside
from PIL import Image

from slcp.fingerprint import received_id
from slcp.frames import Acknowledged, AnyFrame, ImageOffered, ImagePart, ImageWanted, Ping, Pong, Rejected, TextFrame
from slcpd.instance import try_lock

PART = 1 << 14  # bytes


def offer_of(data: bytes) -> ImageOffered:
    return ImageOffered("i1", "cat.png", len(data), hashlib.sha256(data).hexdigest())


def parts_of(data: bytes) -> list[AnyFrame]:
    return [ImagePart(data[start : start + PART]) for start in range(0, len(data), PART)]


def files(ani: Inside) -> list[Path]:
    """The files of the image folder, hidden ones too."""
    return sorted(ani.places.images.iterdir()) if ani.places.images.exists() else []


async def taken(stream: Stream) -> None:
    """Return when everything that was sent has been taken."""
    stream.send(Ping())
    await stream.expect(Pong)


# Texts


async def test_a_text_that_comes_again_is_acknowledged_again_and_recorded_once(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        for _ in range(2):  # streams
            async with luca.opened(ani) as stream:
                for _ in range(2):
                    stream.send(text("same"))
                    assert await stream.expect(Acknowledged) == Acknowledged("same")
        [message] = await ani.messages()
        assert message["id"] == received_id(luca.key.fingerprint, "same")
        told = await ani.wait_for("text_received")
        assert (await ani.request("hello"))["seq"] == told["seq"]  # nobody is told twice


async def test_two_senders_may_have_messages_of_one_id(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        EncryptedPeer("Mia", whoisport, tmp_path / "mia.pem", "127.0.0.3") as mia,
    ):
        for peer in (luca, mia, luca):
            async with peer.opened(ani) as stream:
                stream.send(text("same", f"from {peer.handle}"))
                await stream.expect(Acknowledged)
        assert await ani.texts() == ["from Luca", "from Mia"]


async def test_nobody_can_take_the_id_of_a_message_of_ours(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca")
        stream = await luca.serve()
        await stream.expect(TextFrame)
        stream.send(text(message_id, "yours has my id"), Acknowledged(message_id))
        await ani.wait_for("text_delivered", id=message_id)
        assert await ani.texts() == ["Hallo Luca!", "yours has my id"]


async def test_an_automatic_text_is_not_answered_and_another_is(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport, inactive=True, autoreply="Back at noon") as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(text("1", automatic=True))
        await stream.expect(Acknowledged)
        stream.send(text("2"))
        frames = [await stream.receive() for _ in range(2)]
        [answer] = [frame for frame in frames if isinstance(frame, TextFrame)]
        assert (answer.text, answer.automatic) == ("Back at noon", True)
        assert [message["automatic"] for message in await ani.messages()] == [True, False, True]


async def test_what_was_acknowledged_is_there_after_a_kill(
    tmp_path: Path, whoisport: int, start: Callable[..., Daemon]
) -> None:
    ani, luca = start("Ani"), start("Luca")
    ani.wait_for("user_joined", handle="Luca")
    luca.wait_for("user_joined", handle="Ani")
    ids = [luca.request("send_text", to="Ani", text=str(number))["id"] for number in range(20)]
    luca.wait_for("text_delivered", id=ids[9])
    ani.kill()
    delivered = [message["text"] for message in luca.messages() if message["state"] == "delivered"]
    ani.start()
    assert set(delivered) <= {message["text"] for message in ani.messages()}
    luca.wait_for("text_delivered", id=ids[-1])
    assert [message["text"] for message in ani.messages()] == [str(number) for number in range(20)]


# Images


async def test_an_image_is_acknowledged_when_it_is_on_disk(tmp_path: Path, whoisport: int, cat: Path) -> None:
    data = cat.read_bytes()
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(offer_of(data))
        assert await stream.expect(ImageWanted) == ImageWanted("i1", 0)
        stream.send(*parts_of(data))
        assert await stream.expect(Acknowledged) == Acknowledged("i1")
        received = await ani.wait_for("image_received", handle="Luca", ip="127.0.0.2", port=luca.port)
        assert (received["size"], received["format"], received["secure"]) == (len(data), "PNG", True)
        await taken(stream)
        assert files(ani) == [Path(received["path"])]
        assert files(ani)[0].read_bytes() == data
        stream.send(offer_of(data))
        assert await stream.expect(Acknowledged) == Acknowledged("i1")
        assert len(await ani.messages()) == 1


CUTS = [0, 1, 2, 100, 1000, PART - 1, PART, PART + 1, 2 * PART, 3 * PART + 7, -2, -1]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("how", ["closed", "broken"])
async def test_an_image_that_broke_off_goes_on_where_it_stopped(
    tmp_path: Path, whoisport: int, cut: int, how: str
) -> None:
    path = tmp_path / "noise.png"
    Image.effect_noise((400, 300), 60).save(path)
    data = path.read_bytes()
    assert len(data) > 4 * PART
    before = data[:cut]
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream = await luca.open(ani)
        stream.send(offer_of(data))
        await stream.expect(ImageWanted)
        stream.send(*parts_of(before))
        if how == "closed":
            stream.writer.close()
        else:
            await taken(stream)
            await stream.close()
        await ani.until(lambda status: status["connections"] == 0)
        [partial] = files(ani)
        assert (partial.name[0], partial.read_bytes()) == (".", before)
        assert await ani.messages() == []
        async with luca.opened(ani) as stream:
            stream.send(offer_of(data))
            assert await stream.expect(ImageWanted) == ImageWanted("i1", len(before))
            stream.send(*parts_of(data[len(before) :]))
            await stream.expect(Acknowledged)
            await taken(stream)
        [image] = files(ani)
        assert image.read_bytes() == data
        assert len(await ani.messages()) == 1


async def test_an_image_goes_on_after_a_restart_of_the_daemon(tmp_path: Path, whoisport: int, cat: Path) -> None:
    data = cat.read_bytes()
    async with EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca:
        async with inside(tmp_path, "Ani", whoisport) as ani:
            stream = await luca.open(ani)
            stream.send(offer_of(data), *parts_of(data[:1000]))
            await stream.expect(ImageWanted)
            await taken(stream)
        async with inside(tmp_path, "Ani", whoisport) as ani:
            stream = await luca.open(ani)
            stream.send(offer_of(data))
            assert await stream.expect(ImageWanted) == ImageWanted("i1", 1000)


async def test_other_bytes_under_the_same_id_are_found_out_and_begun_anew(
    tmp_path: Path, whoisport: int, cat: Path
) -> None:
    data = cat.read_bytes()
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(offer_of(data), ImagePart(b"other bytes"), *parts_of(data[11:]))
        await stream.expect(ImageWanted)
        rejected = await stream.expect(Rejected)
        assert (rejected.id, rejected.for_good) == ("i1", False)
        assert "announced" in (await ani.wait_for("image_rejected", handle="Luca"))["reason"]
        stream.send(offer_of(data))
        assert await stream.expect(ImageWanted) == ImageWanted("i1", 0)
        stream.send(*parts_of(data))
        await stream.expect(Acknowledged)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"not an image", "not an image"), (b"x" * 2000, "over the limit")],
    ids=["no image", "too large"],
)
async def test_what_is_not_taken_for_good_is_told_to_both(
    tmp_path: Path, whoisport: int, data: bytes, reason: str
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport, max_image_size=1024) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(offer_of(data), *parts_of(data))
        while not isinstance(frame := await stream.receive(), Rejected):
            assert isinstance(frame, ImageWanted)
        assert (frame.for_good, reason in frame.reason) == (True, True)
        assert reason in (await ani.wait_for("image_rejected", handle="Luca", ip="127.0.0.2"))["reason"]
        stream.send(text("1"))
        await stream.expect(Acknowledged)  # the stream goes on
        assert files(ani) == []


async def test_more_bytes_than_announced_are_rejected_and_the_stream_goes_on(
    tmp_path: Path, whoisport: int, cat: Path
) -> None:
    data = cat.read_bytes()
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(offer_of(data[:100]), ImagePart(data), text("1"))
        await stream.expect(ImageWanted)
        assert (await stream.expect(Rejected)).for_good
        await stream.expect(Acknowledged)


async def test_the_same_image_over_two_streams_is_not_lost(tmp_path: Path, whoisport: int, cat: Path) -> None:
    data = cat.read_bytes()
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        partial = f".slcp-{received_id(luca.key.fingerprint, 'i1')}.partial"
        ani.places.images.mkdir(parents=True)
        with (ani.places.images / partial).open("wb") as busy:  # as a stream that is still being kept holds it
            assert try_lock(busy.fileno())
            async with luca.opened(ani) as stream:
                stream.send(offer_of(data))
                rejected = await stream.expect(Rejected)
                assert not rejected.for_good
        async with luca.opened(ani) as stream:
            stream.send(offer_of(data), *parts_of(data))
            await stream.expect(ImageWanted)
            await stream.expect(Acknowledged)
        newest = (await ani.request("hello"))["seq"]
        async with aclosing(ani.events()) as events:
            async for event in events:
                assert event["type"] != "image_rejected"
                if event.get("seq") == newest:
                    break


async def test_killed_between_the_final_name_and_the_record_there_is_one_file(
    tmp_path: Path, whoisport: int, cat: Path
) -> None:
    data = cat.read_bytes()
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        luca.opened(ani) as stream,
    ):
        ani.places.images.mkdir(parents=True)
        partial = ani.places.images / f".slcp-{received_id(luca.key.fingerprint, 'i1')}.partial"
        partial.write_bytes(data)
        final = ani.places.images / "2026-11-23_1402_Luca.png"
        final.hardlink_to(partial)
        stream.send(offer_of(data))
        await stream.expect(Acknowledged)
        received = await ani.wait_for("image_received")
        assert received["path"] == str(final)
        assert files(ani) == [final]


async def test_an_image_that_has_come_whole_is_kept_though_the_stream_breaks(
    tmp_path: Path, whoisport: int, cat: Path
) -> None:
    data = cat.read_bytes()
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream = await luca.open(ani)
        stream.send(offer_of(data), *parts_of(data), TextFrame("t1", automatic=False, body=b"\xff"))  # ends the stream
        await stream.expect(ImageWanted)
        received = await ani.wait_for("image_received")
        assert Path(received["path"]).read_bytes() == data


# Whom the user has blocked


async def test_who_is_blocked_reaches_nothing_from_anywhere_under_any_handle(
    tmp_path: Path, whoisport: int, cat: Path
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Eve", whoisport, tmp_path / "eve.pem", "127.0.0.6") as eve,
    ):
        await meet(ani, eve)
        before = await eve.open(ani)
        await ani.request("block", handle="Eve")
        assert await before.is_ended()
        async with EncryptedPeer("Mallory", whoisport, eve.key, "127.0.0.7") as mallory:
            for peer in (eve, mallory):
                peer.say_hello()
                stream = await peer.begin(ani)
                await peer.prove(stream)
                stream.send(text("1"), offer_of(cat.read_bytes()))
                assert await stream.is_ended()
            await ani.until(lambda status: status["dropped"].get("blocked", 0) >= 4)
            assert (await ani.request("users"))["users"] == []
            await ani.send(b"HELLO Mallory %d 1 -\nMSG Ani Hallo\n" % mallory.port, host=mallory.ip)
        assert await ani.messages() == []
        assert files(ani) == []


async def test_who_is_blocked_cannot_answer_over_a_stream_that_we_have_opened(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Eve", whoisport, tmp_path / "eve.pem", "127.0.0.6") as eve,
    ):
        await meet(ani, eve)
        await ani.request("block", handle="Eve")
        await write_to(ani, eve.name, "a last word")
        stream = await eve.serve()
        await stream.expect(TextFrame)
        stream.send(text("1"))
        while await stream.receive():
            pass
        assert await ani.texts() == ["a last word"]


async def test_a_stream_that_is_closed_while_an_image_is_looked_at_leaves_the_image_as_it_was(
    tmp_path: Path, whoisport: int, caplog: pytest.LogCaptureFixture
) -> None:
    data = bytes(50 << 20)  # to hash what is here takes longer than to block somebody
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Eve", whoisport, tmp_path / "eve.pem", "127.0.0.6") as eve,
    ):
        await meet(ani, eve)
        ani.places.images.mkdir(parents=True)
        partial = ani.places.images / f".slcp-{received_id(eve.key.fingerprint, 'i1')}.partial"
        partial.write_bytes(data[:-1])
        stream = await eve.open(ani)
        stream.send(offer_of(data))
        await taken_by_disk(partial)
        await ani.request("block", handle="Eve")
        assert await stream.is_ended()
        await ani.until(lambda status: status["connections"] == 0)
        with partial.open("rb") as free:
            assert try_lock(free.fileno())
        assert partial.stat().st_size == len(data) - 1
        assert "a bug" not in caplog.text


async def taken_by_disk(partial: Path) -> None:
    """Wait until the daemon holds a file."""
    async with asyncio.timeout(WAIT):
        while True:
            with partial.open("rb") as file:
                if not try_lock(file.fileno()):
                    return
            await asyncio.sleep(0)


async def test_who_is_unblocked_is_heard_again(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Eve", whoisport, tmp_path / "eve.pem", "127.0.0.6") as eve,
    ):
        await meet(ani, eve)
        await ani.request("block", handle="Eve")
        await ani.request("unblock", handle="Eve")
        async with eve.opened(ani) as stream:
            stream.send(text("1"))
            await stream.expect(Acknowledged)
        await until_user(ani, "Eve", fingerprint=eve.key.fingerprint)


# Two real daemons, one of which is killed


def test_an_image_whose_recipient_is_killed_goes_on_after_the_restart(
    tmp_path: Path, start: Callable[..., Daemon]
) -> None:
    path = tmp_path / "large.bmp"
    Image.frombytes("L", (7000, 7000), os.urandom(7000 * 7000)).save(path)
    ani, luca = start("Ani"), start("Luca")
    luca.wait_for("user_joined", handle="Ani")
    image_id = luca.request("send_image", to="Ani", path=str(path))["id"]
    ani.wait_for("image_progressed")
    ani.kill()
    [partial] = ani.world.images.iterdir()
    done = partial.stat().st_size
    assert 0 < done < path.stat().st_size
    began = partial.stat().st_ino
    ani.start()
    luca.wait_for("image_delivered", id=image_id)
    [image] = ani.world.images.iterdir()
    assert image.stat().st_ino == began  # the bytes of before are part of it
    assert image.read_bytes() == path.read_bytes()
    assert len(ani.messages()) == 1
