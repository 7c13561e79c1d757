"""What peers send over real connections of loopback, to a daemon inside the test's loop."""

import asyncio
import contextlib
import io
import struct
from pathlib import Path

import pytest
from daemons import WAIT
from inside import Inside, hang_up, inside, trickle
from PIL import Image
from plain import PlainPeer, reset

from slcp.stream import StreamState
from slcpd.receiving import MAX_IMAGES_PER_HOST, TIME_OUTS


def picture(format: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:  # noqa: A002  # Pillow's word
    with io.BytesIO() as file:
        Image.effect_noise(size, 60).save(file, format)
        return file.getvalue()


CAT = picture()
LARGE = picture("BMP", (2500, 1500))  # of several buffers


def header(size: int = len(CAT)) -> bytes:
    return b"IMG Ani %d\n" % size


def image_files(ani: Inside) -> list[str]:
    return sorted(path.name for path in ani.places.images.iterdir()) if ani.places.images.exists() else []


# Texts


@pytest.mark.parametrize("end", [b"\n", b"", b"\r\n", b"\0\n"], ids=ascii)
async def test_a_text_ends_with_any_line_end_or_none(tmp_path: Path, whoisport: int, end: bytes) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"MSG Ani Hallo Ani!" + end)
        assert await ani.texts() == ["Hallo Ani!"]
        assert await ani.dropped() == {}


async def test_a_text_comes_through_in_every_cut(tmp_path: Path, whoisport: int) -> None:
    data = "MSG Ani Grüße 🐱\n".encode()
    async with inside(tmp_path, "Ani", whoisport) as ani:
        for cut in range(1, len(data)):
            await ani.send(data[:cut], data[cut:])
        assert await ani.texts() == ["Grüße 🐱"] * (len(data) - 1)


async def test_a_text_comes_through_byte_by_byte(tmp_path: Path, whoisport: int) -> None:
    data = b"MSG Ani Hallo Ani!\nMSG Ani again\n"
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(*(data[place : place + 1] for place in range(len(data))))
        assert await ani.texts() == ["Hallo Ani!", "again"]


async def test_several_texts_of_a_connection_keep_their_order(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"".join(b"MSG Ani %d\n" % number for number in range(100)))
        assert await ani.texts() == [str(number) for number in range(100)]


async def test_a_text_is_in_the_history_before_the_connection_is_closed(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        for number in range(10):
            await ani.send(b"MSG Ani %d\n" % number)  # returns when the daemon has closed
            assert len(await ani.texts()) == number + 1


async def test_texts_and_images_may_share_a_connection(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"MSG Ani look:\n" + header() + CAT + b"MSG Ani nice?\n")
        assert [message["kind"] for message in await ani.messages()] == ["text", "image", "text"]
        assert await ani.dropped() == {}


async def test_an_unknown_command_is_counted_and_the_stream_goes_on(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"MSG Ani one\nDANCE Ani\nMSG Ani two\n")
        assert await ani.texts() == ["one", "two"]
        assert await ani.dropped() == {"unknown_command": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"MSG Ani \xff\xfe\n", "not_utf8"),
        (b"MSG Ani " + b"x" * 600 + b"\n", "line_too_long"),
        (b"MSG\n", "missing_parameter"),
        (b"MSG A:i Hallo\n", "bad_handle"),
        (b"MSG Ani\n", "bad_text"),
        (b"IMG Ani much\n", "bad_number"),
        (b"IMG Ani 0\n", "bad_number"),
        (b"IMG Ani -5\n", "bad_number"),
        (b"HELLO Luca 99999 1 -\n", "bad_address"),
    ],
    ids=ascii,
)
async def test_after_a_bad_line_the_connection_is_closed_and_the_line_counted(
    tmp_path: Path, whoisport: int, line: bytes, reason: str
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"MSG Ani before\n" + line + b"MSG Ani after\n")
        assert await ani.texts() == ["before"]
        assert await ani.dropped() == {reason: 1}


@pytest.mark.parametrize(
    ("data", "is_taken"),
    [
        (b"", True),
        (b"MSG Ani Hallo", True),
        (b"DANCE\nMSG Ani Hallo\n", True),
        (b"MSG Ani Hallo\nMSG A:i Hallo\n", False),
        (b"IMG Ani 100\nbroken off", False),
        (b"IMG Ani 12\nnot an image", False),
    ],
    ids=ascii,
)
async def test_only_a_stream_that_was_taken_to_its_end_is_closed_without_a_reset(
    tmp_path: Path, whoisport: int, data: bytes, is_taken: bool
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        reader, writer = await ani.open_chat()
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(WAIT):
            if is_taken:
                assert await reader.read() == b""
            else:
                with pytest.raises(ConnectionResetError):
                    await reader.read()
        await hang_up(writer)


async def test_a_connection_without_a_word_is_no_fault(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send()
        assert await ani.dropped() == {}


async def is_ended(ani: Inside, data: bytes, monkeypatch: pytest.MonkeyPatch, state: StreamState) -> bool:
    """Tell whether the daemon ends a connection that falls silent after `data`."""
    monkeypatch.setitem(TIME_OUTS, state, 0.05)
    reader, writer = await ani.open_chat()
    writer.write(data)
    try:
        async with asyncio.timeout(WAIT):
            with contextlib.suppress(ConnectionResetError):  # how what was not taken ends
                return await reader.read() == b""
            return True
    finally:
        await hang_up(writer)


async def test_a_header_that_does_not_end_is_given_up(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        assert await is_ended(ani, b"MSG Ani Hal", monkeypatch, StreamState.LINE)
        assert await ani.dropped() == {"too_slow": 1}


async def test_a_header_that_trickles_is_given_up_all_the_same(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TIME_OUTS, StreamState.LINE, 0.1)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        reader, writer = await ani.open_chat()
        await trickle(reader, writer, b"x")
        await hang_up(writer)
        assert await ani.dropped() == {"too_slow": 1}


async def test_a_text_that_cannot_be_stored_is_refused_counted_and_may_be_sent_again(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with monkeypatch.context() as full:
            full.setattr("slcpd.disk.KEEP_FREE", 1 << 60)
            reader, writer = await ani.open_chat()
            writer.write(b"MSG Ani Hallo\n")
            writer.write_eof()
            with pytest.raises(ConnectionResetError):
                await reader.read()
            await hang_up(writer)
            assert await ani.dropped() == {"not_stored": 1}
            assert "nearly full" in (await ani.request("status"))["storage"]
        assert (await ani.request("status"))["storage"] == "ok"
        await ani.send(b"MSG Ani Hallo\n")
        assert await ani.texts() == ["Hallo"]


async def test_silence_between_messages_ends_the_connection_and_is_no_fault(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        assert await is_ended(ani, b"MSG Ani Hallo\n", monkeypatch, StreamState.IDLE)
        assert await ani.texts() == ["Hallo"]
        assert await ani.dropped() == {}


async def test_a_stream_of_more_texts_than_anyone_writes_is_read_slowly_and_loses_nothing(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.receiving.TEXTS_BURST", 5)
    monkeypatch.setattr("slcpd.receiving.TEXTS_RATE", 20.0)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        began = asyncio.get_running_loop().time()
        await ani.send(b"".join(b"MSG Ani %d\n" % number for number in range(15)))
        assert asyncio.get_running_loop().time() - began > 9 / 20.0
        assert await ani.texts() == [str(number) for number in range(15)]
        assert await ani.dropped() == {}


async def test_of_more_datagrams_than_anyone_writes_the_first_are_taken(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.receiving.TEXTS_BURST", 5)
    monkeypatch.setattr("slcpd.receiving.TEXTS_RATE", 1e-9)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Luca", whoisport) as luca:
            for number in range(10):
                luca.udp.sendto(b"MSG Ani %d\n" % number, ("127.0.0.1", ani.port))
        await ani.until(lambda status: status["dropped"] == {"rate_limited": 5})
        await ani.send(b"MSG Ani from elsewhere\n", host="127.0.0.2")
        assert await ani.texts() == ["0", "1", "2", "3", "4", "from elsewhere"]


# Images


async def test_an_image_that_trickles_is_given_up(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.pace.WINDOW", 0.2)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        reader, writer = await ani.open_chat()
        writer.write(header(1_000_000))
        await trickle(reader, writer, b"x")
        await hang_up(writer)
        assert await ani.dropped() == {"too_slow": 1}
        assert image_files(ani) == []


async def test_an_image_is_on_disk_when_it_is_told(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(header(), CAT[:500], CAT[500:])
        received = await ani.wait_for("image_received")
        assert Path(received["path"]).read_bytes() == CAT
        assert (received["size"], received["format"]) == (len(CAT), "PNG")
        assert (received["width"], received["height"]) == (40, 30)
        assert image_files(ani) == [Path(received["path"]).name]


async def test_the_progress_of_an_image_is_told_live(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.receiving.PROGRESS_STEP", 1)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        reader, writer = await ani.open_chat()
        writer.write(header() + CAT[:500])
        progressed = await ani.wait_for("image_progressed", done=500)
        assert (progressed["size"], progressed["direction"]) == (len(CAT), "in")
        writer.write(CAT[500:])
        writer.write_eof()
        assert await reader.read() == b""
        await hang_up(writer)
        assert (await ani.wait_for("image_received"))["id"] == progressed["id"]


async def test_an_image_that_is_too_large_is_refused_before_its_bytes(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport, max_image_size=1024) as ani:
        reader, writer = await ani.open_chat()
        writer.write(header(1025))
        async with asyncio.timeout(WAIT):
            with pytest.raises(ConnectionResetError):  # a clean end would be taken for a receipt
                await reader.read()
        await hang_up(writer)
        rejected = await ani.wait_for("image_rejected", ip="127.0.0.1")
        assert "1025" in rejected["reason"]
        assert "1024" in rejected["reason"]
        assert await ani.dropped() == {"image_rejected": 1}
        assert image_files(ani) == []


async def test_what_is_no_image_leaves_nothing_but_an_event(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(header(12) + b"not an image")
        assert "not an image" in (await ani.wait_for("image_rejected"))["reason"]
        assert image_files(ani) == []
        assert await ani.messages() == []


@pytest.mark.parametrize("how", ["closed", "reset", "silent"])
async def test_an_image_that_breaks_off_leaves_nothing_but_an_event(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("slcpd.receiving.PROGRESS_STEP", 1)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Luca", whoisport) as luca, luca.connected(ani.port) as connection:
            if how == "silent":
                monkeypatch.setitem(TIME_OUTS, StreamState.BODY, 0.05)
            connection.sendall(header() + CAT[:500])
            if how == "closed":
                connection.shutdown(1)
            if how == "reset":
                await ani.wait_for("image_progressed", done=500)
                reset(connection)
            await ani.wait_for("image_rejected", ip="127.0.0.1")
        assert image_files(ani) == []
        assert await ani.messages() == []


async def test_bytes_behind_an_image_are_the_next_line(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(header() + CAT + CAT)
        await ani.wait_for("image_received")
        assert len(await ani.messages()) == 1


@pytest.mark.parametrize("cut", [20, 300_000, 2_000_000, -1, None], ids=str)
async def test_a_large_image_and_what_stands_behind_it_come_whole_in_any_cut(
    tmp_path: Path, whoisport: int, cut: int | None
) -> None:
    data = header(len(LARGE)) + LARGE
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(
            b"MSG Ani before\n" + data[:cut], data[cut:] if cut else b"", b"MSG Ani behind\n" + data, b"MSG Ani end"
        )
        assert await ani.texts() == ["before", None, "behind", None, "end"]
        images = [message["path"] for message in await ani.messages() if message["path"]]
        assert [Path(path).read_bytes() == LARGE for path in images] == [True, True]
        assert await ani.dropped() == {}


@pytest.mark.parametrize("how", ["closed", "reset", "silent"])
async def test_a_large_image_that_breaks_off_leaves_nothing_but_an_event(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "silent":
        monkeypatch.setitem(TIME_OUTS, StreamState.BODY, 0.5)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Luca", whoisport) as luca, luca.connected(ani.port) as connection:
            await asyncio.to_thread(connection.sendall, header(len(LARGE)) + LARGE[:2_000_000])
            await ani.wait_for("image_progressed", size=len(LARGE))
            if how == "closed":
                connection.shutdown(1)
            if how == "reset":
                reset(connection)
            await ani.wait_for("image_rejected", ip="127.0.0.1")
        assert image_files(ani) == []
        assert await ani.messages() == []


async def test_one_host_may_send_so_many_images_at_once_and_others_still_may(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.receiving.PROGRESS_STEP", 1)
    async with inside(tmp_path, "Ani", whoisport) as ani:
        slow = []
        for number in range(1, MAX_IMAGES_PER_HOST + 1):
            slow.append(await ani.open_chat("127.0.0.2"))
            slow[-1][1].write(header() + CAT[: 100 + number])
            await ani.wait_for("image_progressed", done=100 + number)
        await ani.send(header() + CAT, host="127.0.0.2")
        rejected = await ani.wait_for("image_rejected", ip="127.0.0.2")
        assert str(MAX_IMAGES_PER_HOST) in rejected["reason"]
        await ani.send(b"MSG Ani a text still comes through\n", host="127.0.0.2")
        await ani.send(header() + CAT, host="127.0.0.3")
        await ani.wait_for("image_received", ip="127.0.0.3")
        slow[0][1].write(CAT[101:])
        slow[0][1].write_eof()
        await ani.wait_for("image_received", ip="127.0.0.2")
        await ani.send(header() + CAT, host="127.0.0.2")
        assert len(await ani.messages()) == 4
        for _, writer in slow:
            await hang_up(writer)


async def test_too_many_pixels_are_refused_though_the_file_is_small(tmp_path: Path, whoisport: int) -> None:
    bomb = CAT[:16] + struct.pack(">2I", 2**31 - 1, 2**31 - 1) + CAT[24:]
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(header() + bomb)
        await ani.wait_for("image_rejected")
        assert image_files(ani) == []


# Who has sent it


async def test_one_that_said_hello_at_the_head_is_known_by_it(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        for handle, port in (("Luca", 5002), ("Eve", 5003)):
            await ani.send(b"HELLO %s %d 1 -\nMSG Ani Hallo\n" % (handle.encode(), port), host="127.0.0.2")
        assert [(m["handle"], m["port"], m["ip"]) for m in await ani.messages()] == [
            ("Luca", 5002, "127.0.0.2"),
            ("Eve", 5003, "127.0.0.2"),
        ]


async def test_a_plain_peer_alone_at_its_host_is_the_sender(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
            luca.join()
            await ani.wait_for("user_joined", handle="Luca")
            await asyncio.to_thread(luca.send, ani.port, b"MSG Ani Hallo\n")
            [message] = await ani.messages()
            assert (message["handle"], message["ip"], message["port"]) == ("Luca", "127.0.0.2", luca.port)


async def test_where_two_plain_peers_share_a_host_the_sender_style_tells_them_apart(
    tmp_path: Path, whoisport: int
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        with PlainPeer("Luca", whoisport, "127.0.0.2") as luca, PlainPeer("Eve", whoisport, "127.0.0.2") as eve:
            for peer in (luca, eve):
                peer.join()
                await ani.wait_for("user_joined", handle=peer.handle)
            await ani.send(b"MSG Eve it is me\n", host="127.0.0.2")
            await ani.send(b"MSG Ani whoever I am\n", host="127.0.0.2")
        first, second = await ani.messages()
        assert (first["handle"], first["port"]) == ("Eve", eve.port)
        assert (second["handle"], second["port"]) == ("127.0.0.2", None)


async def test_one_that_nobody_knows_goes_by_its_address(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"MSG Ani Hallo\n" + header() + CAT, host="127.0.0.7")
        text, image = await ani.messages()
        assert (text["handle"], text["ip"], text["port"]) == ("127.0.0.7", "127.0.0.7", None)
        assert (image["handle"], image["ip"], image["port"]) == ("127.0.0.7", "127.0.0.7", None)


async def test_a_blocked_peer_is_heard_neither_by_text_nor_by_image(tmp_path: Path, whoisport: int) -> None:
    with PlainPeer("Eve", whoisport, "127.0.0.6") as eve:
        async with inside(tmp_path, "Ani", whoisport, blocked=[eve.name]) as ani:
            hello = b"HELLO Eve %d 1 -\n" % eve.port
            await ani.send(b"MSG Eve Hallo\n", hello + b"MSG Ani Hallo\n", host=eve.ip)
            await ani.send(hello + header() + CAT, host=eve.ip)
            eve.join()
            eve.udp.sendto(b"MSG Ani by UDP\n", ("127.0.0.1", ani.port))
            await ani.until(lambda status: status["dropped"].get("blocked", 0) >= 4)
            assert await ani.messages() == []
            assert (await ani.request("users"))["users"] == []
            assert image_files(ani) == []


async def test_presence_may_be_told_in_a_stream_too(tmp_path: Path, whoisport: int) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(b"KNOWUSERS Luca 127.0.0.9 5002\n", host="127.0.0.2")
        joined = await ani.wait_for("user_joined", handle="Luca")
        assert (joined["ip"], joined["port"], joined["second_hand"]) == ("127.0.0.9", 5002, True)
        await ani.send(b"JOIN Luca 5002\nLEAVE Luca\n", host="127.0.0.9")
        await ani.wait_for("user_left", handle="Luca", ip="127.0.0.9")
