"""The kept streams: two real daemons, or one and another slcpd that comes at the wrong moment."""

import asyncio
from pathlib import Path

import pytest
from daemons import Json, World
from encrypted_peer import EncryptedPeer, Stream, make_known, meet, text, until_user, write_to
from inside import Inside, inside
from PIL import Image

from slcp.frames import Acknowledged, Ping, TextFrame, Welcome
from slcpd.identity import Identity, load_identity
from slcpd.messaging import MAX_TEXT


async def acquaint(ani: Inside, luca: Inside) -> None:
    await until_user(ani, luca.handle, fingerprint=luca.fingerprint)
    await until_user(luca, ani.handle, fingerprint=ani.fingerprint)


async def connections(*daemons: Inside) -> int:
    """Count the connections between daemons: each is accepted by one of them."""
    return sum([(await daemon.request("status"))["connections"] for daemon in daemons])


async def message(daemon: Inside, message_id: str) -> Json:
    return next(each for each in await daemon.messages() if each["id"] == message_id)


# Two daemons


async def test_texts_and_images_go_both_ways_over_one_stream(tmp_path: Path, whoisport: int, cat: Path) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani, inside(tmp_path, "Luca", whoisport) as luca:
        await acquaint(ani, luca)
        for number in range(3):
            for one, other in ((ani, luca), (luca, ani)):
                words = f"{number} from {one.handle}"
                message_id = await write_to(one, other.handle, words)
                received = await other.wait_for("text_received", text=words)
                assert (received["handle"], received["port"], received["secure"]) == (one.handle, one.port, True)
                await one.wait_for("text_delivered", id=message_id)
                image_id = (await one.request("send_image", to=other.handle, path=str(cat)))["id"]
                await one.wait_for("image_delivered", id=image_id)
                received = await other.wait_for("image_received", since=received["seq"])
                assert Path(received["path"]).read_bytes() == cat.read_bytes()
                assert (await message(one, image_id))["secure"] is True
        assert await connections(ani, luca) == 1
        assert await ani.dropped() == await luca.dropped() == {}


async def test_a_text_arrives_as_it_was_written_however_long_it_is(tmp_path: Path, whoisport: int) -> None:
    lines = "first line\n\n  third, indented\twith a tab  \r\nGrüße 🐱\n"
    words = (lines * (MAX_TEXT // len(lines.encode()) + 1)).encode()[:MAX_TEXT].decode(errors="ignore")
    words += "x" * (MAX_TEXT - len(words.encode()))
    assert len(words.encode()) == MAX_TEXT
    async with inside(tmp_path, "Ani", whoisport) as ani, inside(tmp_path, "Luca", whoisport) as luca:
        await acquaint(ani, luca)
        await ani.wait_for("text_delivered", id=await write_to(ani, "Luca", words))
        assert await luca.texts() == [words]


@pytest.mark.parametrize("size", [1000, 8 << 20], ids=["small", "large"])
async def test_images_that_cross_each_other_both_arrive(tmp_path: Path, whoisport: int, size: int) -> None:
    paths = []
    for name in ("a", "b"):
        paths.append(tmp_path / f"{name}.bmp")
        Image.effect_noise((size // 1000, 1000), 60).save(paths[-1])
    async with inside(tmp_path, "Ani", whoisport) as ani, inside(tmp_path, "Luca", whoisport) as luca:
        await acquaint(ani, luca)
        for one, other, path in ((ani, luca, paths[0]), (luca, ani, paths[1])):
            await one.request("send_image", to=other.handle, path=str(path))
        for one, other, path in ((ani, luca, paths[0]), (luca, ani, paths[1])):
            received = await other.wait_for("image_received")
            assert Path(received["path"]).read_bytes() == path.read_bytes()
            await one.wait_for("image_delivered")
        assert await connections(ani, luca) == 1


@pytest.mark.parametrize("round_", range(5))
async def test_when_both_write_at_once_one_stream_is_left_and_each_text_is_there_once(
    tmp_path: Path, whoisport: int, round_: int
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani, inside(tmp_path, "Luca", whoisport) as luca:
        await acquaint(ani, luca)
        ids = await asyncio.gather(write_to(ani, "Luca", "from Ani"), write_to(luca, "Ani", "from Luca"))
        await ani.wait_for("text_delivered", id=ids[0])
        await luca.wait_for("text_delivered", id=ids[1])
        assert sorted(await ani.texts()) == sorted(await luca.texts()) == ["from Ani", "from Luca"]
        async with asyncio.timeout(5):
            while await connections(ani, luca) != 1:
                pass
        await ani.wait_for("text_delivered", id=await write_to(ani, "Luca", "again"))
        assert await connections(ani, luca) == 1
        assert await ani.dropped() == await luca.dropped() == {}


async def test_a_new_handle_is_known_to_who_had_a_stream_before(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani, inside(tmp_path, "Luca", whoisport) as luca:
        await acquaint(ani, luca)
        await luca.wait_for("text_delivered", id=await write_to(luca, "Ani", "as Luca"))
        await luca.request("set_config", key="handle", value="Luke")
        await luca.wait_for("text_delivered", id=await write_to(luca, "Ani", "as Luke"))
        assert [each["handle"] for each in await ani.messages()] == ["Luca", "Luke"]


async def test_a_stream_ends_when_nobody_has_a_word_to_say(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.session.IDLE_FOR", 0.1)
    async with inside(tmp_path, "Ani", whoisport) as ani, inside(tmp_path, "Luca", whoisport) as luca:
        await acquaint(ani, luca)
        for number in range(3):
            await ani.wait_for("text_delivered", id=await write_to(ani, "Luca", str(number)))
            await luca.until(lambda status: status["connections"] == 0)
        assert await luca.texts() == ["0", "1", "2"]
        assert await ani.dropped() == await luca.dropped() == {}


# Streams that meet


def key_beside(folder: Path, is_smaller: bool) -> Identity:
    """Make a key for Ani, who has not started yet, and return one with a smaller fingerprint, or a larger one."""
    keys = [load_identity(folder / f"key{number}.pem") for number in range(2)]
    smaller, larger = sorted(keys, key=lambda key: key.fingerprint)
    other, anis = (smaller, larger) if is_smaller else (larger, smaller)
    place = World(folder / "Ani").identity
    place.parent.mkdir(parents=True)
    anis.path.rename(place)
    return other


@pytest.mark.parametrize("is_ours_kept", [True, False], ids=["that of the daemon", "that of the peer"])
async def test_of_two_streams_that_were_opened_at_once_one_is_kept(
    tmp_path: Path, whoisport: int, is_ours_kept: bool
) -> None:
    key = key_beside(tmp_path, is_smaller=not is_ours_kept)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, key, "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca")
        daemons = await luca.take_stream()
        ours = await luca.begin(ani)
        await luca.prove(ours)
        await ours.expect(Welcome)
        await luca.welcome(daemons)
        kept, closed = (daemons, ours) if is_ours_kept else (ours, daemons)
        while (frame := await closed.receive()) is not None:
            assert isinstance(frame, TextFrame)  # it may have been sent before the other was known
        assert (await kept.expect(TextFrame)).id == message_id
        kept.send(Acknowledged(message_id), text("1"))
        await ani.wait_for("text_delivered", id=message_id)
        await ani.wait_for("text_received")
        assert await ani.dropped() == {}


@pytest.mark.parametrize("is_smaller", [True, False])
async def test_who_connects_anew_later_has_lost_the_older_stream(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch, is_smaller: bool
) -> None:
    monkeypatch.setattr("slcpd.sessions.SIMULTANEOUS", 0.0)
    key = key_beside(tmp_path, is_smaller)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, key, "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca")
        older = await luca.serve()
        await older.expect(TextFrame)
        newer = await luca.open(ani)
        assert await older.is_ended()
        assert (await newer.expect(TextFrame)).id == message_id


async def test_of_two_streams_of_one_key_the_newer_is_kept(
    tmp_path: Path, whoisport: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        older = await luca.open(ani)
        older.send(*(text(f"t{number}") for number in range(50)))
        newer = await luca.open(ani)
        while await older.receive():
            pass
        newer.send(*(text(f"t{number}") for number in range(50)))
        for number in range(50):
            assert await newer.expect(Acknowledged) == Acknowledged(f"t{number}")
        assert len(await ani.messages(limit=500)) == 50
        assert await ani.dropped() == {}
        assert "a bug" not in caplog.text


async def test_so_many_streams_of_ours_are_kept_and_the_longest_unused_is_closed(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.sessions.MAX_KEPT", 2)
    peers = [EncryptedPeer(f"user{n}", whoisport, tmp_path / f"{n}.pem", f"127.0.0.{n + 2}") for n in range(3)]
    async with inside(tmp_path, "Ani", whoisport) as ani, peers[0], peers[1], peers[2]:
        streams: list[Stream] = []
        for peer in peers:
            await meet(ani, peer)
            message_id = await write_to(ani, peer.handle)
            streams.append(await deliver(ani, peer, message_id))
        assert await streams[0].is_ended()
        for peer, stream in zip(peers[1:], streams[1:], strict=True):
            message_id = await write_to(ani, peer.handle, "again")
            await stream.expect(TextFrame)
            stream.send(Acknowledged(message_id))
            await ani.wait_for("text_delivered", id=message_id)


async def test_streams_that_strangers_have_opened_take_no_room_from_ours(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.sessions.MAX_KEPT", 2)
    strangers = [EncryptedPeer(f"user{n}", whoisport, tmp_path / f"{n}.pem") for n in range(3)]
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        EncryptedPeer("Mia", whoisport, tmp_path / "mia.pem", "127.0.0.3") as mia,
        strangers[0],
        strangers[1],
        strangers[2],
    ):
        for stranger in strangers:
            await stranger.open(ani)
        for peer in (luca, mia):
            await meet(ani, peer)
            await deliver(ani, peer, await write_to(ani, peer.handle))
        await write_to(ani, "Luca", "again")
        await ani.until(lambda status: status["queued"] == 1)
        assert luca.connections == 1


async def test_a_new_stream_is_not_closed_for_those_that_are_in_use(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.sessions.MAX_KEPT", 1)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        EncryptedPeer("Mia", whoisport, tmp_path / "mia.pem", "127.0.0.3") as mia,
    ):
        await meet(ani, luca)
        await write_to(ani, "Luca")
        await (await luca.serve()).expect(TextFrame)  # and is not answered
        await meet(ani, mia)
        await deliver(ani, mia, await write_to(ani, "Mia"))
        assert mia.connections == 1


async def deliver(ani: Inside, peer: EncryptedPeer, message_id: str) -> Stream:
    """Take a new stream, and the text that comes over it."""
    stream = await peer.serve()
    assert (await stream.expect(TextFrame)).id == message_id
    stream.send(Acknowledged(message_id))
    await ani.wait_for("text_delivered", id=message_id)
    return stream


# Whose stream it is


async def test_of_two_people_with_one_handle_each_gets_what_is_for_it(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "one.pem", "127.0.0.2") as one,
        EncryptedPeer("Luca", whoisport, tmp_path / "other.pem", "127.0.0.3") as other,
    ):
        await make_known(ani, one)
        await meet(ani, other)
        await ani.request("trust", handle=other.name)
        one.say_hello()
        streams = {one.name: await one.open(ani), other.name: await other.open(ani)}
        for name, stream in streams.items():
            message_id = await write_to(ani, name, f"for {name}")
            assert (await stream.expect(TextFrame)).text == f"for {name}"
            stream.send(Acknowledged(message_id))
            await ani.wait_for("text_delivered", id=message_id)


async def test_a_peer_that_has_opened_a_stream_from_elsewhere_is_written_to_over_it(
    tmp_path: Path, whoisport: int
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as at_home,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.3") as by_cable,
    ):
        await meet(ani, at_home)
        stream = await by_cable.open(ani)
        message_id = await write_to(ani, at_home.name)
        assert (await stream.expect(TextFrame)).id == message_id
        assert at_home.connections == by_cable.connections == 0


async def test_what_is_for_another_of_the_same_handle_does_not_go_to_the_one_who_is_trusted(
    tmp_path: Path, whoisport: int
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "one.pem", "127.0.0.2") as one,
        EncryptedPeer("Luca", whoisport, tmp_path / "other.pem", "127.0.0.3") as other,
    ):
        await meet(ani, one)
        stream = await one.open(ani)
        await meet(ani, other)
        message_id = await write_to(ani, other.name, "not for Luca of before")
        asked = await other.take_stream()
        asked.send(other.challenge())
        assert await asked.is_ended()  # its key is not the pinned one
        await ani.wait_for("key_refused", fingerprint=other.key.fingerprint)
        assert "another key" in (await ani.until_waiting(message_id))["reason"]
        stream.send(Ping())
        assert not isinstance(await stream.receive(), TextFrame)


# Encryption switched off


async def test_while_security_is_off_nothing_encrypted_is_taken_or_offered(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport, security="off") as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        with pytest.raises(ConnectionError):
            await luca.begin(ani)
        await ani.until(lambda status: status["dropped"] == {"encrypted": 1})
        await ani.request("join")
        hello, _ = await asyncio.to_thread(luca.hear, lambda data: data.startswith(b"HELLO"))
        assert hello == b"HELLO Ani %d 1 -\n" % ani.port
        await ani.send(b"MSG Ani in plain text\n", host="127.0.0.3")
        assert await ani.texts() == ["in plain text"]


async def test_security_that_is_switched_off_and_on_again_works_at_once(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani, inside(tmp_path, "Luca", whoisport) as luca:
        await acquaint(ani, luca)
        await ani.wait_for("text_delivered", id=await write_to(ani, "Luca", "encrypted"))
        await luca.request("set_config", key="security", value="off")
        await until_user(ani, "Luca", fingerprint=None, trust="changed")
        await luca.until(lambda status: status["connections"] == 0)
        message_id = await write_to(ani, "Luca", "held back")
        refused = await ani.wait_for("key_refused", handle="Luca")
        assert (refused["fingerprint"], "plain text" in refused["reason"]) == (None, True)
        assert "slcpctl trust Luca --plain" in (await ani.until_waiting(message_id))["reason"]
        await luca.request("set_config", key="security", value="prefer")
        await ani.wait_for("text_delivered", id=message_id)
        assert await luca.texts() == ["encrypted", "held back"]
