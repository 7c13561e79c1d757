"""The requests of who writes: to whom, and what is refused."""

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from inside import Inside, inside
from plain import PlainPeer

from slcp.errors import ErrorCode, RequestError


async def refused(ani: Inside, method: str, **params: object) -> RequestError:
    with pytest.raises(RequestError) as caught:
        await ani.request(method, **params)
    return caught.value


async def know(ani: Inside, *lines: str, host: str = "127.0.0.2") -> None:
    """Let a daemon know peers by their JOINs, over a stream from that host."""
    await ani.send("".join(f"{line}\n" for line in lines).encode(), host=host)


def queued_for(messages: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(m["handle"], m["ip"], m["port"], m["text"]) for m in messages]


# To whom


@pytest.mark.parametrize("to", ["Luca", "luca", "LUCA", "Luca@127.0.0.2:5002"])
async def test_a_text_to_one(tmp_path: Path, whoisport: int, to: str) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002", "JOIN Eve 5003")
        result = await ani.request("send_text", to=to, text="Hallo")
        messages = await ani.messages()
        assert [message["id"] for message in messages] == [result["id"]]
        assert queued_for(messages) == [("Luca", "127.0.0.2", 5002, "Hallo")]


async def test_a_text_to_several_has_an_id_for_each_and_nobody_gets_it_twice(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002", "JOIN Eve 5003", "JOIN Bo 5004")
        result = await ani.request("send_text", to=["Eve", "Luca", "Eve@127.0.0.2:5003"], text="Hallo")
        messages = await ani.messages()
        assert [message["id"] for message in messages] == result["ids"]
        assert [message["handle"] for message in messages] == ["Eve", "Luca"]


async def test_a_text_to_everyone_goes_to_all_that_are_here(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002", "JOIN Eve 5003", "JOIN Gone 5004", "LEAVE Gone")
        result = await ani.request("send_text", to="*", text="Hallo")
        assert result["names"] == ["Luca@127.0.0.2:5002", "Eve@127.0.0.2:5003"]
        messages = await ani.messages()
        assert [message["id"] for message in messages] == result["ids"]
        assert [message["handle"] for message in messages] == ["Luca", "Eve"]


async def test_to_several_of_whom_one_cannot_be_recorded_nothing_is_sent(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002", "JOIN Eve 5003")
        with closing(sqlite3.connect(ani.places.database, isolation_level=None)) as other:
            eve = "new.handle = 'Eve' BEGIN SELECT RAISE(FAIL, 'full'); END"
            other.execute(f"CREATE TRIGGER full BEFORE INSERT ON messages WHEN {eve}")
            assert (await refused(ani, "send_text", to="*", text="Hallo")).code is ErrorCode.STORAGE_FAILED
            other.execute("DROP TRIGGER full")
        assert await ani.messages() == []


async def test_what_goes_to_several_at_once_shares_a_batch(tmp_path: Path, whoisport: int, cat: Path) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002", "JOIN Eve 5003")
        await ani.request("send_text", to="*", text="to everyone")
        await ani.request("send_text", to=["Luca", "Eve"], text="to both")
        await ani.request("send_image", to=["Luca", "Eve"], path=str(cat))
        await ani.request("send_text", to=["Luca"], text="to a list of one")
        await ani.request("send_text", to="Luca", text="to one")
        await ani.send(b"HELLO Luca 5002 1 -\nMSG Ani Hallo\n", host="127.0.0.2")
        batches = [message["batch"] for message in await ani.messages()]
        assert batches[0::2][:3] == batches[1::2][:3]
        assert len({*batches[:7], None}) == 5
        assert batches[7:] == [None, None]
        assert (await ani.wait_for("text_queued", text="to everyone"))["batch"] == batches[0]
        assert (await ani.wait_for("image_queued"))["batch"] == batches[4]


async def test_what_is_queued_again_keeps_its_batch(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002", "LEAVE Luca")
        [message_id] = (await ani.request("send_text", to=["Luca"], text="Hallo"))["ids"]
        first = await ani.wait_for("text_queued", id=message_id)
        assert first["batch"]
        await ani.request("cancel", id=message_id)
        await ani.request("retry", id=message_id)
        again = await ani.wait_for("text_queued", since=first["seq"], id=message_id)
        [message] = await ani.messages()
        assert again["batch"] == message["batch"] == first["batch"]


async def test_hearsay_of_who_is_here_gets_nothing_for_everyone(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002", "KNOWNUSERS Luca 127.0.0.9 5009, Eve 127.0.0.3 5003")
        assert (await ani.request("send_text", to="*", text="Hallo"))["names"] == [
            "Luca@127.0.0.2:5002",
            "Eve@127.0.0.3:5003",
        ]


async def test_one_whose_handle_is_everyone_is_written_to_by_its_name(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN everyone 5002", "JOIN Eve 5003")
        await ani.request("send_text", to="everyone@127.0.0.2:5002", text="Hallo")
        assert queued_for(await ani.messages()) == [("everyone", "127.0.0.2", 5002, "Hallo")]


async def test_to_everyone_when_nobody_is_here_is_refused(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Gone 5004", "LEAVE Gone")
        assert (await refused(ani, "send_text", to="*", text="Hallo")).code == ErrorCode.NOBODY_HERE


async def test_to_several_of_whom_one_is_unknown_nothing_is_sent(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002")
        refusal = await refused(ani, "send_text", to=["Luca", "Nobody"], text="Hallo")
        assert refusal.code == ErrorCode.UNKNOWN_USER
        assert "Nobody" in str(refusal)
        assert await ani.messages() == []


async def test_an_unknown_user_is_refused_with_who_is_here(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002", "JOIN Eve 5003")
        assert "Eve, Luca" in str(await refused(ani, "send_text", to="Lucy", text="Hallo"))


async def test_of_two_with_one_handle_the_user_must_say_which(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002", "JOIN Luca 5003")
        refusal = await refused(ani, "send_text", to="Luca", text="Hallo")
        assert refusal.code == ErrorCode.AMBIGUOUS_USER
        for name in ("Luca@127.0.0.2:5002", "Luca@127.0.0.2:5003"):
            assert name in str(refusal)
            await ani.request("send_text", to=name, text=name)
        assert [message["port"] for message in await ani.messages()] == [5002, 5003]


async def test_one_that_has_left_can_be_written_to(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002", "LEAVE Luca")
        await ani.request("send_text", to="Luca", text="for later")
        assert queued_for(await ani.messages()) == [("Luca", "127.0.0.2", 5002, "for later")]


async def test_one_known_from_the_history_alone_can_be_written_to(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"HELLO Luca 5002 1 -\nMSG Ani Hallo\n", host="127.0.0.2")
    async with inside(tmp_path, "Ani", whoisport) as ani:
        assert (await ani.request("users"))["users"] == []
        await ani.request("send_text", to="Luca", text="are you there?")
        assert queued_for(await ani.messages())[-1] == ("Luca", "127.0.0.2", 5002, "are you there?")


# What


@pytest.mark.parametrize("text", ["", " ", "\n\r\n", "\t", "\0"], ids=ascii)
async def test_an_empty_text_is_refused(tmp_path: Path, whoisport: int, text: str) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002")
        assert (await refused(ani, "send_text", to="Luca", text=text)).code == ErrorCode.INVALID_PARAMS
        assert await ani.messages() == []


async def test_a_text_may_have_64_kib_of_utf_8_and_no_more(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002")
        text = "ü" * (1 << 15)
        await ani.request("send_text", to="Luca", text=text)
        assert await ani.texts() == [text]
        assert (await refused(ani, "send_text", to="Luca", text=text + "!")).code == ErrorCode.TOO_LARGE


async def test_an_image_must_be_an_image_with_an_absolute_path(
    tmp_path: Path, whoisport: int, cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.png").write_text("no image")
    (tmp_path / "cut.png").write_bytes(cat.read_bytes()[:-50])
    (tmp_path / "empty.png").touch()
    os.mkfifo(tmp_path / "pipe.png")
    monkeypatch.chdir(tmp_path)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await know(ani, "JOIN Luca 5002")
        for name, code in (
            ("notes.png", ErrorCode.NOT_AN_IMAGE),
            ("cut.png", ErrorCode.NOT_AN_IMAGE),
            ("empty.png", ErrorCode.NOT_AN_IMAGE),
            ("pipe.png", ErrorCode.NOT_AN_IMAGE),
            ("", ErrorCode.NOT_AN_IMAGE),  # the folder
            ("nothing.png", ErrorCode.NO_SUCH_FILE),
            ("notes.png/cat.png", ErrorCode.NO_SUCH_FILE),
        ):
            refusal = await refused(ani, "send_image", to="Luca", path=str(tmp_path / name))
            assert refusal.code == code, name
            assert str(tmp_path / name) in str(refusal)
        relative = await refused(ani, "send_image", to="Luca", path="cat.png")
        assert (relative.code, "absolute" in str(relative)) == (ErrorCode.NO_SUCH_FILE, True)
        assert await ani.messages() == []
        await ani.request("send_image", to="Luca", path=str(cat))
        [message] = await ani.messages()
        assert (message["path"], message["size"]) == (str(cat), cat.stat().st_size)
        assert message["sha256"] == hashlib.sha256(cat.read_bytes()).hexdigest()


async def test_an_image_for_nobody_leaves_no_copy(tmp_path: Path, whoisport: int, cat: Path) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        assert (await refused(ani, "send_image", to="Luca", path=str(cat))).code == ErrorCode.UNKNOWN_USER
        assert list(ani.places.outbox.iterdir()) == []


# Again, and not at all


async def test_cancel_of_what_does_not_wait_or_does_not_exist_is_refused(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"MSG Ani Hallo\n")
        [received] = await ani.messages()
        assert (await refused(ani, "cancel", id=received["id"])).code == ErrorCode.NOT_CANCELLABLE
        assert (await refused(ani, "cancel", id="nonsense")).code == ErrorCode.UNKNOWN_MESSAGE


async def test_retry_of_what_has_not_failed_or_does_not_exist_is_refused(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"MSG Ani Hallo\n")
        [received] = await ani.messages()
        assert (await refused(ani, "retry", id=received["id"])).code == ErrorCode.NOT_RETRIABLE
        assert (await refused(ani, "retry", id="nonsense")).code == ErrorCode.UNKNOWN_MESSAGE


async def test_what_is_returned_an_id_is_on_disk(tmp_path: Path, whoisport: int) -> None:
    with PlainPeer("Luca", whoisport) as luca:
        async with inside(tmp_path, "Ani", whoisport) as ani:
            luca.join()
            await ani.wait_for("user_joined")
            luca.tcp.close()
            ids = [(await ani.request("send_text", to="Luca", text=str(number)))["id"] for number in range(10)]
        async with inside(tmp_path, "Ani", whoisport) as ani:
            assert [message["id"] for message in await ani.messages()] == ids
            assert await ani.texts() == [str(number) for number in range(10)]


@pytest.mark.parametrize("automatic", [True, False])
async def test_what_a_program_writes_is_answered_by_no_other(tmp_path: Path, whoisport: int, automatic: bool) -> None:
    async with (
        inside(tmp_path / "Ani", "Ani", whoisport) as ani,
        inside(tmp_path / "Luca", "Luca", whoisport, inactive=True, autoreply="Back at noon") as luca,
    ):
        await ani.wait_for("user_joined", handle="Luca")
        await luca.wait_for("user_joined", handle="Ani")
        for text, is_automatic in (("done", automatic), ("the last", True)):
            await ani.request("send_text", to="Luca", text=text, automatic=is_automatic)
        await luca.wait_for("text_received", text="done", automatic=automatic)
        await luca.wait_for("text_received", text="the last", automatic=True)
        answers = [message["text"] for message in await luca.messages() if message["direction"] == "out"]
        assert answers == ([] if automatic else ["Back at noon"])
