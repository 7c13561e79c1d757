"""Who is at the other end of a stream: a real daemon, and another slcpd that lies at every step."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from encrypted_peer import NONCE, EncryptedPeer, make_known, meet, pins, text, until_user, write_to
from inside import Inside, inside

from slcp.fingerprint import fingerprint_of
from slcp.frames import Acknowledged, AnyFrame, Challenge, Ping, Proof, Refusal, TextFrame, Welcome, statement
from slcpd.identity import load_identity

EC_KEY = generate_private_key(SECP256R1()).public_key()
P256 = EC_KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()
ED448_KEY = Ed448PrivateKey.generate()
ED448 = ED448_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
UNKNOWN_KIND = "300c300706032b65630500030100"  # well-formed DER, of an algorithm that nobody knows


# As a server


async def test_who_has_proven_its_key_is_welcome_and_pinned(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        luca.opened(ani) as stream,
    ):
        stream.send(text("1"))
        received = await ani.wait_for("text_received", handle="Luca", ip="127.0.0.2", port=luca.port)
        assert (received["text"], received["secure"]) == ("Hallo Ani!", True)
        event = await ani.wait_for("key_pinned")
        assert (event["handle"], event["fingerprint"], event["verified"]) == ("Luca", luca.key.fingerprint, False)
        assert stream.server == ani.fingerprint
        [user] = (await ani.request("users"))["users"]
        assert (user["handle"], user["trust"], user["fingerprint"]) == ("Luca", "pinned", luca.key.fingerprint)


def forged(how: str, luca: EncryptedPeer, eve: EncryptedPeer, nonce: str, server: str) -> Proof:
    """Return a proof by which Eve passes for Luca, or tries another trick."""
    match how:
        case "signed by another key":
            return luca.proof(nonce, server, signer=eve.key)
        case "with another's key":
            return replace(eve.proof(nonce, server), key=luca.key.public_key.hex())
        case "of another nonce":
            return luca.proof(NONCE, server)
        case "for another server":
            return luca.proof(nonce, eve.key.fingerprint)
        case "no signature":
            return replace(luca.proof(nonce, server), signature="00")
        case "no key":
            return replace(luca.proof(nonce, server), key="00")
        case "a key of another kind":
            return replace(luca.proof(nonce, server), key=P256)
        case "a key of another kind, rightly signed":
            signature = ED448_KEY.sign(statement(nonce, server, fingerprint_of(ED448)))
            return replace(luca.proof(nonce, server), key=ED448.hex(), signature=signature.hex())
        case "a key of an unknown kind":
            return replace(luca.proof(nonce, server), key=UNKNOWN_KIND)
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize(
    "how",
    [
        "signed by another key",
        "with another's key",
        "of another nonce",
        "for another server",
        "no signature",
        "no key",
        "a key of another kind",
        "a key of another kind, rightly signed",
        "a key of an unknown kind",
    ],
)
async def test_a_wrong_proof_ends_the_stream_and_pins_nothing(
    tmp_path: Path, whoisport: int, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
        EncryptedPeer("Eve", whoisport, tmp_path / "eve.pem") as eve,
    ):
        stream = await eve.begin(ani)
        challenge = await stream.expect(Challenge)
        stream.send(forged(how, luca, eve, challenge.nonce, stream.server), text("1"))
        assert await stream.is_ended()
        await ani.until(lambda status: status["dropped"] == {"bad_proof": 1})
        assert await ani.messages() == []
        assert await pins(ani) == []
        assert "a bug" not in caplog.text


async def test_a_proof_that_was_seen_is_good_for_nothing_else(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        inside(tmp_path, "Mia", whoisport) as mia,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
    ):
        to_ani = await luca.begin(ani)
        seen = luca.proof((await to_ani.expect(Challenge)).nonce, to_ani.server)
        for daemon in (ani, mia):
            again = await luca.begin(daemon)
            await again.expect(Challenge)
            again.send(seen)
            assert await again.is_ended()
            await daemon.until(lambda status: status["dropped"] == {"bad_proof": 1})


async def test_who_is_in_the_middle_cannot_pass_a_proof_on(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        inside(tmp_path, "Luca", whoisport) as luca,
        EncryptedPeer("Eve", whoisport, tmp_path / "eve.pem", "127.0.0.6") as eve,
    ):
        await meet(ani, eve)
        await write_to(ani, "Eve")
        from_ani = await eve.take_stream()
        to_luca = await eve.begin(luca)
        challenge = await to_luca.expect(Challenge)
        from_ani.send(replace(eve.challenge(), nonce=challenge.nonce))
        to_luca.send(await from_ani.expect(Proof))
        assert await to_luca.is_ended()
        await luca.until(lambda status: status["dropped"] == {"bad_proof": 1})
        assert await pins(luca) == []


async def test_our_own_key_is_not_let_in(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Ani", whoisport, ani.places.identity, "127.0.0.2") as copy,
    ):
        stream = await copy.begin(ani)
        await copy.prove(stream)
        assert await stream.is_ended()
        await ani.until(lambda status: status["dropped"] == {"bad_proof": 1})


@pytest.mark.parametrize("frame", [Ping(), text("1"), Welcome(), Challenge(1, "Eve", 1, NONCE)], ids=lambda f: f.type)
async def test_before_its_proof_a_client_has_nothing_to_say(tmp_path: Path, whoisport: int, frame: AnyFrame) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Eve", whoisport, tmp_path / "eve.pem") as eve,
    ):
        stream = await eve.begin(ani)
        await stream.expect(Challenge)
        stream.send(frame)
        assert await stream.is_ended()
        await ani.until(lambda status: status["dropped"] == {"bad_frame": 1})
        assert await ani.messages() == []


@pytest.mark.parametrize("after", ["connecting", "a part of TLS", "TLS", "the challenge", "the proof"])
async def test_a_client_that_goes_at_any_step_leaves_nothing(
    tmp_path: Path, whoisport: int, after: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Eve", whoisport, tmp_path / "eve.pem") as eve,
    ):
        if after in ("connecting", "a part of TLS"):
            _, writer = await ani.open_chat()
            writer.write(b"\x16\x03\x01\x02\x00\x01" if after == "a part of TLS" else b"")
            await ani.until(lambda status: status["connections"] == 1)
            writer.close()
            await writer.wait_closed()
        else:
            stream = await eve.begin(ani)
            if after == "the challenge":
                await stream.expect(Challenge)
            if after == "the proof":
                await eve.prove(stream)
            stream.writer.close()
        await ani.until(lambda status: status["connections"] == 0)
        assert await ani.messages() == []
        assert "a bug" not in caplog.text


async def test_a_client_that_takes_long_to_prove_itself_is_dropped(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.sessions.HANDSHAKE_WITHIN", 0.2)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Eve", whoisport, tmp_path / "eve.pem") as eve,
    ):
        stream = await eve.begin(ani)
        await stream.expect(Challenge)
        assert await stream.is_ended()
        await ani.until(lambda status: status["dropped"] == {"too_slow": 1})


async def test_another_key_under_a_pinned_handle_is_told_and_told_why(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        EncryptedPeer("luca", whoisport, tmp_path / "eve.pem", "127.0.0.6") as eve,
    ):
        async with luca.opened(ani):
            pass
        stream = await eve.begin(ani)
        await eve.prove(stream)
        refusal = await stream.expect(Refusal)
        assert (refusal.code, "another key" in refusal.reason) == ("key_changed", True)
        assert await stream.is_ended()
        refused = await ani.wait_for("key_refused")
        assert (refused["handle"], refused["ip"], refused["fingerprint"]) == ("luca", "127.0.0.6", eve.key.fingerprint)
        assert "slcpctl verify" in refused["reason"]
        await ani.until(lambda status: status["dropped"] == {"key_changed": 1})
        assert await pins(ani) == [("Luca", luca.key.fingerprint)]


# As a client


async def deliver_to(peer: EncryptedPeer, ani: Inside, message_id: str) -> None:
    """Be the server that one would wish for, until a message is delivered."""
    stream = await peer.serve()
    frame = await stream.expect(TextFrame)
    stream.send(Acknowledged(frame.id))
    await ani.wait_for("text_delivered", id=message_id)


async def waits_with(ani: Inside, message_id: str) -> str:
    return str((await ani.until_waiting(message_id))["reason"])


@pytest.mark.parametrize("after", ["TLS", "the challenge", "the proof"])
async def test_a_server_that_goes_at_any_step_gets_the_text_another_time(
    tmp_path: Path, whoisport: int, after: str
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca")
        stream = await luca.take_stream()
        if after != "TLS":
            stream.send(luca.challenge())
        if after == "the proof":
            await stream.expect(Proof)
        stream.writer.close()
        assert str(luca.port) in await waits_with(ani, message_id)
        luca.say_hello()
        await deliver_to(luca, ani, message_id)


async def test_a_server_that_speaks_no_tls_gets_the_text_another_time(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        with EncryptedPeer("Luca", whoisport, luca.key, "127.0.0.3") as other:
            await meet(ani, other)
            message_id = await write_to(ani, "Luca")

            def speak_no_tls() -> bytes:
                with other.accept() as connection:
                    connection.sendall(b"220 mail.example\r\n")
                    return connection.recv(1 << 16)

            hello = await asyncio.to_thread(speak_no_tls)
            assert hello[:1] == b"\x16"
            assert b"Hallo Luca!" not in hello
            assert "no encrypted stream" in await waits_with(ani, message_id)


async def test_a_server_that_takes_long_gets_the_text_another_time(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.sessions.HANDSHAKE_WITHIN", 0.2)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca")
        stream = await luca.take_stream()
        assert await stream.is_ended()
        assert "no answer" in await waits_with(ani, message_id)


@pytest.mark.parametrize("frame", [Ping(), Welcome(), text("1"), Proof(1, "Luca", 1, "00", "00")], ids=lambda f: f.type)
async def test_a_server_that_does_not_say_who_it_is_learns_nothing(
    tmp_path: Path, whoisport: int, frame: AnyFrame
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca")
        stream = await luca.take_stream()
        stream.send(frame)
        assert await stream.is_ended()
        assert "handshake" in await waits_with(ani, message_id)
        assert await pins(ani) == []


async def test_who_offers_a_key_and_has_another_gets_nothing(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "eve.pem", "127.0.0.6") as eve,
    ):
        eve.say_hello(load_identity(tmp_path / "luca.pem").fingerprint)
        await ani.wait_for("user_joined", handle="Luca")
        message_id = await write_to(ani, "Luca")
        stream = await eve.take_stream()
        stream.send(eve.challenge())
        assert await stream.is_ended()
        assert "unknown key" in await waits_with(ani, message_id)
        assert await pins(ani) == []


async def test_who_says_it_is_somebody_else_gets_nothing(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca")
        stream = await luca.take_stream()
        stream.send(replace(luca.challenge(), handle="Mia"))
        assert await stream.is_ended()
        assert "Mia" in await waits_with(ani, message_id)
        assert await pins(ani) == []


async def test_who_has_a_pinned_key_may_have_a_new_handle(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await make_known(ani, luca)
        message_id = await write_to(ani, "Luca")
        stream = await luca.take_stream()
        luca.handle = "Luke"
        await luca.welcome(stream)
        stream.send(Acknowledged((await stream.expect(TextFrame)).id))
        await ani.wait_for("text_delivered", id=message_id)


async def test_another_key_at_the_address_of_a_pinned_one_gets_nothing_until_the_user_says_so(
    tmp_path: Path, whoisport: int
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await make_known(ani, luca)
        luca.say_hello()
        luca.key = load_identity(tmp_path / "another.pem")
        message_id = await write_to(ani, "Luca")
        stream = await luca.take_stream()
        stream.send(luca.challenge())
        assert await stream.is_ended()
        refused = await ani.wait_for("key_refused", handle="Luca", fingerprint=luca.key.fingerprint)
        assert "slcpctl trust Luca" in refused["reason"]
        assert "another key" in await waits_with(ani, message_id)
        luca.say_hello()  # by now it says so itself
        await until_user(ani, "Luca", fingerprint=luca.key.fingerprint)
        await ani.request("trust", handle="Luca")
        await deliver_to(luca, ani, message_id)


async def test_a_peer_that_refuses_our_key_is_told_of_and_the_text_waits(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        message_id = await write_to(ani, "Luca")
        stream = await luca.take_stream()
        stream.send(luca.challenge())
        await stream.expect(Proof)
        stream.send(Refusal("key_changed", "Luca knows Ani by another key"))
        refused = await ani.wait_for("key_refused", handle="Luca")
        assert refused["fingerprint"] is None
        assert "Luca knows Ani by another key" in refused["reason"]
        assert "Luca knows Ani by another key" in await waits_with(ani, message_id)
        luca.say_hello()
        await deliver_to(luca, ani, message_id)


async def test_what_was_not_refused_is_still_there_after_a_restart(tmp_path: Path, whoisport: int) -> None:
    key = load_identity(tmp_path / "luca.pem")
    async with inside(tmp_path, "Ani", whoisport) as ani:
        async with EncryptedPeer("Luca", whoisport, key, "127.0.0.2") as luca:
            await make_known(ani, luca)
        before = ani.fingerprint
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "eve.pem", "127.0.0.2") as eve,
    ):
        assert ani.fingerprint == before
        stream = await eve.begin(ani)
        await eve.prove(stream)
        await stream.expect(Refusal)
