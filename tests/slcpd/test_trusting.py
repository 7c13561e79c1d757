"""What the user is told of keys, and says of them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from daemons import Json
from encrypted_peer import EncryptedPeer, make_known, meet, pins, text, until_user, write_to
from inside import Inside, inside

from slcp.errors import ErrorCode, RequestError
from slcp.fingerprint import spoken
from slcp.frames import Acknowledged, Refusal, TextFrame
from slcpd.identity import load_identity


def entry(fingerprint: str) -> Json:
    return {"fingerprint": fingerprint, "spoken": spoken(fingerprint)}


async def verify(ani: Inside, handle: str = "Luca") -> Json:
    return await ani.request("verify", handle=handle)


async def refused(ani: Inside, method: str, **params: object) -> ErrorCode:
    with pytest.raises(RequestError) as caught:
        await ani.request(method, **params)
    return caught.value.code


async def try_in_vain(ani: Inside, peer: EncryptedPeer) -> None:
    """Connect with a key that is not the pinned one."""
    stream = await peer.begin(ani)
    await peer.prove(stream)
    await stream.expect(Refusal)
    assert await stream.is_ended()
    await ani.wait_for("key_refused", fingerprint=peer.key.fingerprint)


async def test_before_a_message_the_key_that_a_peer_says_it_has_is_shown(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        assert await verify(ani) == {
            "handle": "Luca",
            "standing": "new",
            "own": entry(ani.fingerprint),
            "pinned": [],
            "shown": entry(luca.key.fingerprint),
        }


async def test_two_see_the_same_two_keys(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani, inside(tmp_path, "Luca", whoisport) as luca:
        await until_user(ani, "Luca", fingerprint=luca.fingerprint)
        await ani.wait_for("text_delivered", id=await write_to(ani, "Luca"))
        seen, seen_there = await verify(ani, "Luca"), await verify(luca, "Ani")
        assert seen["standing"] == seen_there["standing"] == "pinned"
        assert seen["own"] == seen_there["shown"] == seen_there["pinned"][0]
        assert seen["shown"] == seen["pinned"][0] == seen_there["own"]


async def test_a_key_that_was_compared_is_verified_here_and_after_a_restart(tmp_path: Path, whoisport: int) -> None:
    async with EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca:
        async with inside(tmp_path, "Ani", whoisport) as ani:
            await make_known(ani, luca)
            await ani.request("trust", handle="Luca")
            event = await ani.wait_for("key_pinned", handle="Luca", verified=True)
            assert event["fingerprint"] == luca.key.fingerprint
            assert (await verify(ani))["standing"] == "verified"
            await until_user(ani, "Luca", trust="verified")
        async with inside(tmp_path, "Ani", whoisport) as ani:
            assert (await verify(ani))["standing"] == "verified"  # though nobody has been heard yet


async def test_a_changed_key_is_shown_beside_the_pinned_one_and_taken_in_its_place(
    tmp_path: Path, whoisport: int
) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await make_known(ani, luca)
        before = luca.key.fingerprint
        luca.key = load_identity(tmp_path / "new.pem")
        luca.say_hello()
        await until_user(ani, "Luca", fingerprint=luca.key.fingerprint, trust="changed")
        seen = await verify(ani)
        assert (seen["standing"], seen["pinned"], seen["shown"]["fingerprint"]) == (
            "changed",
            [entry(before)],
            luca.key.fingerprint,
        )
        await ani.request("trust", handle="Luca")
        assert (await verify(ani))["pinned"] == [entry(luca.key.fingerprint)]
        async with luca.opened(ani) as stream:
            stream.send(text("1"))
            await stream.expect(Acknowledged)


async def test_a_stranger_who_tries_the_handle_is_not_the_one_who_gets_trusted(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        EncryptedPeer("Luca", whoisport, tmp_path / "eve.pem", "127.0.0.6") as eve,
    ):
        await make_known(ani, luca)
        await try_in_vain(ani, eve)
        assert (await verify(ani, luca.name))["shown"] == entry(luca.key.fingerprint)
        eve.leave()
        await ani.wait_for("user_left", handle="Luca", ip=eve.ip)
        assert (await verify(ani))["shown"] == entry(luca.key.fingerprint)
        await ani.request("trust", handle="Luca")
        assert (await verify(ani))["pinned"] == [entry(luca.key.fingerprint)]
        await try_in_vain(ani, eve)


async def test_while_two_have_a_handle_the_user_must_say_which(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        EncryptedPeer("Luca", whoisport, tmp_path / "other.pem", "127.0.0.3") as other,
    ):
        await make_known(ani, luca)
        await try_in_vain(ani, other)
        assert await refused(ani, "verify", handle="Luca") is ErrorCode.AMBIGUOUS_USER
        assert await refused(ani, "trust", handle="Luca") is ErrorCode.AMBIGUOUS_USER
        assert (await verify(ani, other.name))["shown"] == entry(other.key.fingerprint)
        await ani.request("trust", handle=other.name)
        assert (await verify(ani, other.name))["pinned"] == [entry(each.key.fingerprint) for each in (luca, other)]
        for peer in (luca, other):
            async with peer.opened(ani) as stream:
                stream.send(text("1", f"from {peer.ip}"))
                await stream.expect(Acknowledged)
        assert [key for _, key in await pins(ani)] == [luca.key.fingerprint, other.key.fingerprint]


async def test_what_waited_for_the_user_goes_out_at_once(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.delivery.FIRST_PAUSE", 3600.0)
    monkeypatch.setattr("slcpd.delivery.LONGEST_PAUSE", 3600.0)
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await make_known(ani, luca)
        luca.key = load_identity(tmp_path / "new.pem")
        luca.say_hello()
        await until_user(ani, "Luca", fingerprint=luca.key.fingerprint)
        message_id = await write_to(ani, "Luca")
        stream = await luca.take_stream()
        stream.send(luca.challenge())
        assert "another key" in (await ani.until_waiting(message_id))["reason"]
        await ani.request("trust", handle="Luca")
        stream = await luca.serve()
        assert (await stream.expect(TextFrame)).id == message_id


async def test_the_stream_of_a_key_that_is_trusted_no_more_is_closed(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        stream = await luca.open(ani)
        luca.handle = "Luca"
        luca.key = load_identity(tmp_path / "new.pem")
        luca.say_hello()
        await until_user(ani, "Luca", fingerprint=luca.key.fingerprint)
        await ani.request("trust", handle="Luca")
        assert await stream.is_ended()


async def test_who_is_not_known_or_has_no_key_cannot_be_trusted(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        assert await refused(ani, "verify", handle="Luca") is ErrorCode.UNKNOWN_USER
        assert await refused(ani, "trust", handle="Luca") is ErrorCode.UNKNOWN_USER
        luca.join()
        await ani.wait_for("user_joined", handle="Luca")
        assert await refused(ani, "trust", handle="Luca") is ErrorCode.NO_KEY
        assert ((await verify(ani))["standing"], (await verify(ani))["shown"]) == ("plain", None)


async def test_only_the_key_that_was_compared_is_accepted(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        assert await refused(ani, "trust", handle="Luca", fingerprint="0" * 64) is ErrorCode.NO_KEY
        assert (await verify(ani))["standing"] == "new"
        told = await ani.request("trust", handle="Luca", fingerprint=luca.key.fingerprint)
        assert (told["standing"], told["pinned"]) == ("verified", [entry(luca.key.fingerprint)])


async def test_the_key_of_one_who_is_not_here_can_be_forgotten(tmp_path: Path, whoisport: int) -> None:
    async with EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca:
        async with inside(tmp_path, "Ani", whoisport) as ani:
            await make_known(ani, luca)
        async with inside(tmp_path, "Ani", whoisport) as ani:
            assert (await ani.request("trust", handle="Luca", plain=True))["pinned"] == []


async def test_a_key_that_cannot_be_recorded_is_not_trusted(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        await meet(ani, luca)
        with closing(sqlite3.connect(ani.places.database, isolation_level=None)) as other:
            other.execute("CREATE TRIGGER full BEFORE INSERT ON pins BEGIN SELECT RAISE(FAIL, 'full'); END")
            assert await refused(ani, "trust", handle="Luca") is ErrorCode.STORAGE_FAILED
            assert (await verify(ani))["standing"] == "new"
            other.execute("DROP TRIGGER full")
        assert (await ani.request("trust", handle="Luca"))["standing"] == "verified"
        await ani.wait_for("key_pinned", fingerprint=luca.key.fingerprint, verified=True)
