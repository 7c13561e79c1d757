"""Images: previewed in the colours that there are, followed on their way, opened and saved."""

import os
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from awaited import until
from chat_stage import Come, Open
from daemons import Daemon, Json
from emulated_screen import Cell, EmulatedScreen
from full_screen import Chat, pane, said, typed
from PIL import Image
from plain import finish, read_all

BLOCK = "▀"
PIECE = 6 << 20  # bytes
MOVES = 6  # of pieces: more than there are
PROGRESS = re.compile(r"[█░]{20} +(\d+)%  of 36 MB")
TOLD_WITHIN = 0.15  # seconds: some more than the daemon lets pass between two signs of progress


@pytest.fixture(scope="module")
def picture(ani: Daemon, luca: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """An image of Luca's that Ani has: red at the left, navy at the right."""
    path = tmp_path_factory.mktemp("luca") / "flag.png"
    image = Image.new("RGB", (64, 48), "red")
    image.paste((0, 0, 128), (32, 0, 64, 48))
    image.save(path)
    luca.request("send_image", to="Ani", path=str(path))
    return ani.wait_for("image_received", handle="Luca")


def blocks(chat: Chat) -> list[Cell]:
    """Return the cells of the first row of the preview."""
    return [cell for cell in said(chat.screen, BLOCK) if cell.data == BLOCK]


@pytest.mark.parametrize(
    ("look", "red", "navy"),
    [
        ({"COLORTERM": "truecolor"}, "ff0000", {"000088"}),
        ({}, "ff0000", {"000087"}),
        ({"term": "xterm", "PROMPT_TOOLKIT_COLOR_DEPTH": "DEPTH_4_BIT"}, "brightred", {"blue", "black"}),
    ],
    ids=["24 bits", "256 colours", "16 colours"],
)
def test_an_image_is_previewed(chat: Open, picture: Json, look: dict[str, str], red: str, navy: set[str]) -> None:
    row = blocks(chat(**look).wait_in(pane, "64x48").wait_in(pane, BLOCK))
    assert {colour for cell in row[:4] for colour in (cell.fg, cell.bg)} == {red}
    assert {colour for cell in row[-4:] for colour in (cell.fg, cell.bg)} == navy


def test_without_colours_an_image_is_named(chat: Open, picture: Json) -> None:
    with_luca = chat(NO_COLOR="1").wait_in(pane, "64x48").echo()
    assert BLOCK not in with_luca.text
    cells = [with_luca.cell(x, y) for y in range(with_luca.screen.lines) for x in range(with_luca.screen.columns)]
    assert {(cell.fg, cell.bg) for cell in cells} == {("default", "default")}


def test_ones_own_image(chat: Open, come: Come, tmp_path: Path) -> None:
    ines = come("Ines")
    Image.new("RGB", (64, 48), (255, 0, 0)).save(tmp_path / "my red.png")
    data = (tmp_path / "my red.png").read_bytes()
    with_ines = chat("Ines", folder=tmp_path, COLORTERM="truecolor").type("/img my\\ red.png\r")
    assert ines.take() == b"IMG Ines %d\n" % len(data) + data
    with_ines.wait_state("my red.png  ", "sent").wait_until(
        lambda _: {cell.fg for cell in blocks(with_ines)} == {"ff0000"}, "the red preview"
    )


def test_what_is_no_image_is_not_sent(chat: Open, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not an image")
    with_luca = chat(folder=tmp_path)
    for path in ("nowhere.png", "text.png"):
        with_luca.type(f"/img {path}\r").wait_in(typed, f"> /img {path}")
        assert any(path in line and "> " not in line for line in typed(with_luca.screen))  # why
        with_luca.press("c-c").wait_gone(f"> /img {path}")


# On their way


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """An image that no system holds in its buffers."""
    Image.new("RGB", (4000, 3000), "green").save(tmp_path / "large.bmp")
    return tmp_path / "large.bmp"


def percent(screen: EmulatedScreen) -> int:
    """Return how far the transfer is that is seen, 0 without any."""
    return max((int(found[1]) for found in map(PROGRESS.search, pane(screen)) if found), default=0)


def move_to_half(chat: Chat, move: Callable[[], object]) -> None:
    """Move pieces until half of an image is seen to be done: how far it is the daemon tells now and then."""
    for _ in range(MOVES):
        move()
        with suppress(AssertionError):
            chat.wait_until(lambda screen: percent(screen) >= 50, "half of it", TOLD_WITHIN)
            return
    raise AssertionError(f"half of the image is not seen\n{chat}")


def test_an_image_on_its_way_to_a_peer(chat: Open, come: Come, large: Path) -> None:
    inge, got = come("Inge"), bytearray()
    with_inge = chat("Inge", folder=large.parent).type("/img large.bmp\r")

    def take(connection: socket.socket) -> None:
        wanted = len(got) + PIECE
        while len(got) < wanted and (data := connection.recv(wanted - len(got))):
            got.extend(data)

    with inge.accept() as connection:
        move_to_half(with_inge, lambda: take(connection))
        assert len(got) < large.stat().st_size
        got += read_all(connection)
    assert got == b"IMG Inge %d\n" % large.stat().st_size + large.read_bytes()
    with_inge.wait_in(pane, "sent").wait_gone("░")


def test_an_image_on_its_way_from_a_peer(chat: Open, come: Come, ani: Daemon, large: Path) -> None:
    ingo, left = come("Ingo"), bytearray(large.read_bytes())
    with_ingo = chat("Ingo")

    def send(connection: socket.socket, size: int) -> None:
        connection.sendall(left[:size])
        del left[:size]

    with ingo.connected(ani.request("status")["port"]) as connection:
        connection.sendall(b"IMG Ani %d\n" % len(left))
        move_to_half(with_ingo.wait_for("to Ingo"), lambda: send(connection, PIECE))
        with_ingo.wait_in(pane, "Ingo sends an image")
        send(connection, len(left))
        finish(connection)
    with_ingo.wait_in(pane, "4000x3000").wait_gone("sends an image")


# Opened and saved


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    """What the stand-in of the desktop's viewer, beside it, is given."""
    viewer = tmp_path / "xdg-open"
    viewer.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/new" && mv "{tmp_path}/new" "{tmp_path}/opened"\n')
    viewer.chmod(0o755)
    return tmp_path / "opened"


def choose(chat: Chat, text: str) -> Chat:
    """Choose the newest message, which has this text."""
    chat.wait_in(pane, text).press("tab")
    return chat.wait_until(lambda screen: any(cell.reverse for cell in said(screen, text)), f"{text} chosen")


async def test_an_image_is_opened(chat: Open, picture: Json, opened: Path) -> None:
    with_luca = choose(chat(DISPLAY=":99", PATH=f"{opened.parent}:{os.environ['PATH']}"), "64x48")
    for typing in ("o", "\r", "\t/open\r"):
        with_luca.type(typing).wait_in(typed, "opened /")
        await until(opened.exists)
        assert opened.read_text() == f"{picture['path']}\n"
        opened.unlink()


def test_without_a_desktop_it_is_said_where_the_image_is(chat: Open, picture: Json) -> None:
    with_luca = chat(columns=200).wait_in(pane, "64x48").type("/open\r")
    with_luca.wait_in(typed, f"no desktop here; the image is {picture['path']}")


def test_without_a_viewer_too(chat: Open, picture: Json, tmp_path: Path) -> None:
    with_luca = chat(columns=200, DISPLAY=":99", PATH=str(tmp_path)).wait_in(pane, "64x48").type("/open\r")
    with_luca.wait_in(typed, f"xdg-open: No such file or directory; the image is {picture['path']}")


def test_an_image_is_saved_by_key(chat: Open, picture: Json, tmp_path: Path) -> None:
    """Into a folder, under its own name; never over another file."""
    with_luca = choose(chat(columns=200), "64x48").press("s").wait_in(typed, "to Luca > /save")
    with_luca.type(f"{tmp_path}\r").wait_in(typed, f"saved as {tmp_path}/")
    saved = tmp_path / Path(picture["path"]).name
    assert saved.read_bytes() == Path(picture["path"]).read_bytes()
    with_luca.type(f"/save {tmp_path}\r").wait_in(typed, f"{saved}: File exists; not saved")


def test_an_image_is_saved_by_command(chat: Open, picture: Json, tmp_path: Path) -> None:
    with_luca = chat(columns=200).wait_in(pane, "64x48").type(f"/save {tmp_path}/a\\ copy.png\r")
    with_luca.wait_in(typed, f"saved as {tmp_path}/a copy.png")
    assert (tmp_path / "a copy.png").read_bytes() == Path(picture["path"]).read_bytes()


def test_where_there_is_no_image(chat: Open, come: Come) -> None:
    come("Iris")
    chat("Iris").type("/open\r").wait_in(typed, "no image is here").wait_in(typed, "> /open")


def test_of_several_images_those_that_are_sent_are_not_given_back(chat: Open, come: Come, tmp_path: Path) -> None:
    imke = come("Imke")
    for name in ("a.png", "c d.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "b.png").write_text("not an image")
    with_imke = chat("Imke", folder=tmp_path, columns=200).type("/img a.png b.png 'c d.png'\r")
    with_imke.wait_in(typed, "queued before it: a.png").wait_in(typed, r"> /img b.png c\ d.png")
    assert imke.take().startswith(b"IMG Imke ")
    with_imke.press("c-c").type("/img 'c d.png' nowhere.png\r").wait_in(typed, "no image was sent: correct the path")
    with_imke.wait_in(typed, "> /img 'c d.png' nowhere.png")


def test_a_path_that_is_too_long_does_not_end_the_chat(chat: Open, picture: Json) -> None:
    with_luca = chat(columns=200).wait_in(pane, "64x48").type(f"/save /tmp/{'a' * 300}\r")
    with_luca.wait_in(typed, "File name too long").press("c-c").echo()
