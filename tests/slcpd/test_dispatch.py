"""In which way a message goes, and that nobody can talk us down to plain text."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from encrypted_peer import EncryptedPeer, Stream, make_known, meet, pins, until_user, write_to
from inside import Inside, inside
from plain import PlainPeer

from slcp.frames import Acknowledged, TextFrame
from slcpd.identity import load_identity


async def deliver(stream: Stream, ani: Inside, message_id: str) -> None:
    while True:
        frame = await stream.expect(TextFrame)
        stream.send(Acknowledged(frame.id))
        if frame.id == message_id:
            break
    await ani.wait_for("text_delivered", id=message_id)


async def reason(ani: Inside, message_id: str) -> str:
    return str((await ani.until_waiting(message_id))["reason"])


async def come_plain_by_join(peer: EncryptedPeer, ani: Inside) -> None:
    """Come from another address, as a program without a key does."""
    with PlainPeer(peer.handle, peer._whoisport, "127.0.0.9") as elsewhere:
        elsewhere.join()
        await ani.wait_for("user_joined", handle=peer.handle, ip="127.0.0.9")


async def come_plain_by_hello(peer: EncryptedPeer, ani: Inside) -> None:
    """Say HELLO without a key."""
    peer.say_hello("-")
    await until_user(ani, peer.handle, fingerprint=None)


# Peers without a key


async def test_a_plain_peer_is_written_to_in_plain_text_and_nothing_is_pinned(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
            luca.join()
            await ani.wait_for("user_joined", handle="Luca")
            message_id = await write_to(ani, "Luca")
            assert await asyncio.to_thread(luca.take) == b"MSG Luca Hallo Luca!\n"
            await ani.wait_for("text_sent", id=message_id)
            [message] = await ani.messages()
            assert message["secure"] is False
        assert await pins(ani) == []


# A pinned peer that comes back in plain text


async def test_one_that_had_a_key_and_says_it_has_none_gets_nothing_until_the_user_agrees(
    tmp_path: Path, whoisport: int
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await make_known(ani, luca)
        await come_plain_by_hello(luca, ani)
        message_id = await write_to(ani, "Luca", "a secret")
        refused = await ani.wait_for("key_refused", handle="Luca", ip=luca.ip, fingerprint=None)
        assert "slcpctl trust Luca --plain" in refused["reason"]
        assert await reason(ani, message_id) == refused["reason"]
        luca.say_hello()
        await deliver(await luca.serve(), ani, message_id)  # its key is enough; nobody had to say anything


async def test_one_that_had_a_key_and_joins_elsewhere_without_gets_nothing_until_the_user_agrees(
    tmp_path: Path, whoisport: int
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await make_known(ani, luca)
        with PlainPeer("Luca", whoisport, "127.0.0.9") as plain:
            plain.join()
            await ani.wait_for("user_joined", handle="Luca", ip=plain.ip)
            message_id = await write_to(ani, plain.name, "a secret")
            await ani.wait_for("key_refused", handle="Luca", ip=plain.ip, fingerprint=None)
            assert "plain text" in await reason(ani, message_id)
            await ani.request("trust", handle=plain.name, plain=True)
            assert await asyncio.to_thread(plain.take) == b"MSG Luca a secret\n"
            await ani.wait_for("text_sent", id=message_id)
        again = await write_to(ani, luca.name, "for Luca of before")
        luca.say_hello()
        await deliver(await luca.serve(), ani, again)  # the other address keeps its key


@pytest.mark.parametrize("come_back", [come_plain_by_hello, come_plain_by_join])
async def test_a_join_or_hello_without_a_key_does_not_change_where_a_text_goes_in_plain(
    tmp_path: Path, whoisport: int, come_back: Callable[..., object]
) -> None:
    """Whatever comes by UDP is cheap to forge: nothing of a pinned peer may ever leave in plain text."""
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await make_known(ani, luca)
        await come_back(luca, ani)  # type: ignore[misc]
        message_id = await write_to(ani, luca.name, "a secret")
        if come_back is come_plain_by_hello:
            assert "plain text" in await reason(ani, message_id)
            luca.say_hello()
        await deliver(await luca.serve(), ani, message_id)


async def test_plain_texts_and_images_of_a_pinned_handle_are_refused_until_the_user_agrees(
    tmp_path: Path, whoisport: int, cat: Path
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await make_known(ani, luca)
        hello = b"HELLO Luca %d 1 -\n" % luca.port
        data = cat.read_bytes()
        streams = [
            hello + b"MSG Ani in plain text\n",
            hello + b"AUTO Ani in plain text\n",
            hello + b"IMG Ani %d\n" % len(data) + data,
            hello.replace(b"Luca", b"LUCA") + b"MSG Ani in plain text\n",
        ]
        for stream in streams:
            await ani.send(stream, host=luca.ip)
        await ani.until(lambda status: status["dropped"] == {"plain_text": 4})
        with PlainPeer("Luca", whoisport, "127.0.0.9") as forger:
            forger.join()
            await ani.wait_for("user_joined", handle="Luca", ip=forger.ip)
            forger.udp.sendto(b"MSG Ani by UDP\n", ("127.0.0.1", ani.port))
            await ani.until(lambda status: status["dropped"] == {"plain_text": 5})
            assert await ani.messages() == []
            await ani.request("trust", handle=forger.name, plain=True)
            await ani.send(b"HELLO Luca %d 1 -\nMSG Ani from there\n" % forger.port, host=forger.ip)
            await ani.send(streams[0], host=luca.ip)
            assert await ani.texts() == ["from there"]


async def test_after_trust_plain_the_handle_begins_anew(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await make_known(ani, luca)
        stream = await luca.open(ani)
        await ani.request("trust", handle="Luca", plain=True)
        assert await stream.is_ended()
        await ani.send(b"HELLO Luca %d 1 -\nMSG Ani in plain text\n" % luca.port, host=luca.ip)
        assert await ani.texts() == ["in plain text"]
        luca.key = load_identity(tmp_path / "new.pem")
        async with luca.opened(ani):
            assert [key for _, key in await pins(ani)][-1] == luca.key.fingerprint


# Security required


async def test_where_encryption_is_required_a_message_to_a_plain_peer_fails_with_the_reason(
    tmp_path: Path, whoisport: int, cat: Path
) -> None:
    async with inside(tmp_path, "Ani", whoisport, security="require") as ani:
        with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
            luca.join()
            await ani.wait_for("user_joined", handle="Luca")
            message_id = await write_to(ani, "Luca", "a secret")
            failed = await ani.wait_for("text_failed", id=message_id)
            assert "security" in failed["reason"]
            image_id = (await ani.request("send_image", to="Luca", path=str(cat)))["id"]
            await ani.wait_for("image_failed", id=image_id)
            await ani.request("set_config", key="security", value="prefer")
            await ani.request("retry", id=message_id)
            assert await asyncio.to_thread(luca.take) == b"MSG Luca a secret\n"


async def test_where_encryption_is_required_nothing_plain_is_taken(tmp_path: Path, whoisport: int, cat: Path) -> None:
    data = cat.read_bytes()
    async with inside(tmp_path, "Ani", whoisport, security="require") as ani:
        await ani.send(b"MSG Ani Hallo\n", host="127.0.0.2")
        await ani.send(b"IMG Ani %d\n" % len(data) + data, host="127.0.0.2")
        with PlainPeer("Luca", whoisport, "127.0.0.3") as luca:
            luca.udp.sendto(b"MSG Ani by UDP\n", ("127.0.0.1", ani.port))
            await ani.until(lambda status: status["dropped"] == {"plain_text": 3})
        assert await ani.messages() == []
        await ani.request("set_config", key="security", value="prefer")
        await ani.send(b"MSG Ani Hallo\n", host="127.0.0.2")
        assert await ani.texts() == ["Hallo"]


async def test_where_encryption_is_required_two_slcpd_talk(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport, security="require") as ani,
        inside(tmp_path, "Luca", whoisport, security="require") as luca,
    ):
        await until_user(ani, "Luca", fingerprint=luca.fingerprint)
        await ani.wait_for("text_delivered", id=await write_to(ani, "Luca"))


async def test_two_of_which_one_wants_no_encryption_talk_in_plain_text(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        inside(tmp_path, "Luca", whoisport, security="off") as luca,
    ):
        await until_user(ani, "Luca", dialect="slcpd", fingerprint=None)
        await until_user(luca, "Ani", dialect="slcpd")
        await ani.wait_for("text_sent", id=await write_to(ani, "Luca"))
        await luca.wait_for("text_sent", id=await write_to(luca, "Ani", "Hallo Ani!"))
        assert await ani.texts() == await luca.texts() == ["Hallo Luca!", "Hallo Ani!"]
        assert await pins(ani) == await pins(luca) == []


# Where a peer is


async def test_a_pinned_peer_that_is_not_here_is_only_looked_for_encrypted(tmp_path: Path, whoisport: int) -> None:
    async with EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca:
        async with inside(tmp_path, "Ani", whoisport) as ani:
            await make_known(ani, luca)
            await deliver_first(ani, luca)
        async with inside(tmp_path, "Ani", whoisport) as ani:  # it has not heard of Luca since it started
            message_id = await write_to(ani, "Luca", "still a secret")
            await deliver(await luca.serve(), ani, message_id)


async def deliver_first(ani: Inside, luca: EncryptedPeer) -> None:
    luca.say_hello()
    message_id = await write_to(ani, "Luca", "first")
    await deliver(await luca.serve(), ani, message_id)


async def test_a_peer_is_found_where_it_has_moved_by_handle_and_key(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        async with EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca:
            await meet(ani, luca)
        message_id = await write_to(ani, "Luca")
        await ani.wait_for("user_left", handle="Luca", reason="refused")
        async with EncryptedPeer("Luca", whoisport, luca.key, "127.0.0.3") as moved:
            moved.say_hello()
            await deliver(await moved.serve(), ani, message_id)
