"""Images: seen small and large, sent by every way there is, followed and withdrawn, and none freezes the window."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from awaited import until
from chat_stage import Come
from daemons import WAIT, Daemon, Json
from gui import Gui, OpenGui
from PIL import Image
from plain import finish, read_all

FLUID = 0.15  # seconds: people begin to notice a delay at 0.1, and two cores have the daemons to bear too
RED = (255, 0, 0)
FILE_DIALOG = ".__tk_filedialog"  # Tk's own; desktops have theirs on Windows and macOS
PIECE = 6 << 20  # bytes


@pytest.fixture
def red(tmp_path: Path) -> Path:
    path = tmp_path / "red_flag.png"
    Image.new("RGB", (64, 48), RED).save(path)
    return path


@pytest.fixture(scope="module")
def flag(ani: Daemon, luca: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """A red image of Luca's that Ani has."""
    path = tmp_path_factory.mktemp("luca") / "flag.png"
    Image.new("RGB", (64, 48), RED).save(path)
    luca.request("send_image", to="Ani", path=str(path))
    return ani.wait_for("image_received", handle="Luca")


def reds(gui: Gui) -> int:
    """Return how many pixels on the screen are red."""
    return sum(count for count, colour in gui.picture().getcolors(1 << 24) or () if colour == RED)


def wait_red(gui: Gui, pixels: int) -> Gui:
    return gui.wait_until(lambda: reds(gui) == pixels, f"{pixels} red pixels")


# Seen


def test_an_image_is_seen(gui: Gui, flag: Json) -> None:
    wait_red(gui.wait_in("messages", "64x48"), 64 * 48)


def test_a_click_opens_it(gui: Gui, flag: Json) -> None:
    wait_red(gui.wait_in("messages", "64x48"), 64 * 48).click_on("64x48", offset=len("64x48, 136 B") + 1)
    gui.wait_in("viewer", "64 x 48").press("Escape").wait_gone("viewer")


def test_by_keys_too(gui: Gui, flag: Json, tmp_path: Path) -> None:
    gui.wait_in("messages", "64x48").press("Control-Up").wait_until(lambda: chosen(gui) != "", "a choice")
    gui.press("Return").wait_until(lambda: gui.is_seen("viewer"), "the viewer").press("Escape").wait_gone("viewer")
    gui.press("s").wait_until(lambda: dialog(gui) != "", "the dialog")
    enter(gui, tmp_path / "kept.png")
    gui.wait_in("notice", "saved as")
    assert (tmp_path / "kept.png").read_bytes() == Path(flag["path"]).read_bytes()


async def test_with_the_viewer_of_the_desktop(open_gui: OpenGui, ani: Daemon, flag: Json, tmp_path: Path) -> None:
    viewer = tmp_path / "xdg-open"
    viewer.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/new" && mv "{tmp_path}/new" "{tmp_path}/opened"\n')
    viewer.chmod(0o755)
    gui = open_gui(ani.world, "Luca", PATH=f"{tmp_path}:{os.environ['PATH']}").wait_in("messages", "64x48")
    gui.click_on("Open").wait_in("notice", "opened /")
    await until((tmp_path / "opened").exists)
    assert (tmp_path / "opened").read_text() == f"{flag['path']}\n"


def chosen(gui: Gui) -> str:
    return gui.tcl(f"{gui.path('messages')} tag ranges chosen")


# Sent


def dialog(gui: Gui) -> str:
    """Return where the keyboard is, once that is in Tk's dialog; then it is ready."""
    focus = gui.tcl("focus")
    return focus if focus.startswith(FILE_DIALOG) else ""


def enter(gui: Gui, path: Path) -> None:
    """Name a file in Tk's dialog."""
    field = f"{FILE_DIALOG}.contents.f2.ent"
    gui.tcl(f"{field} delete 0 end; {field} insert 0 {{{path}}}; event generate {field} <Return>")


def test_sent_by_the_button(gui: Gui, luca: Daemon, red: Path) -> None:
    gui.tcl(f"after idle {{{gui.path('images')} invoke}}")  # it returns when the dialog is closed
    gui.wait_until(lambda: dialog(gui) != "", "the dialog")
    enter(gui, red)
    gui.wait_in("attached", "red_flag.png").type("und dazu ein Text").press("Return")
    got = luca.wait_for("image_received", handle="Ani", size=red.stat().st_size)
    assert Path(got["path"]).read_bytes() == red.read_bytes()
    luca.wait_for("text_received", handle="Ani", text="und dazu ein Text")
    assert not gui.is_seen("attached")


def test_what_is_attached_is_taken_back(gui: Gui, luca: Daemon, red: Path) -> None:
    with copied(gui, "text/uri-list", f"{red.as_uri()}\r\n".encode()):
        gui.press("Control-v").wait_in("attached", "red_flag.png").press("Escape").wait_gone("attached")
    gui.type("nur Text").press("Return")
    luca.wait_for("text_received", handle="Ani", text="nur Text")


def test_pasted_as_a_file(gui: Gui, luca: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "größe 1.png"
    Image.new("RGB", (5, 7), RED).save(path)
    with copied(gui, "text/uri-list", f"# copied\r\n{path.as_uri()}\r\n".encode()):
        gui.press("Control-v").wait_in("attached", "größe 1.png").press("Return")
    luca.wait_for("image_received", handle="Ani", size=path.stat().st_size)


def test_pasted_as_an_image(gui: Gui, luca: Daemon, tmp_path: Path) -> None:
    Image.effect_noise((300, 200), 80).save(tmp_path / "noise.png")
    data = (tmp_path / "noise.png").read_bytes()
    with copied(gui, "image/png", data):
        gui.press("Control-v").wait_in("attached", ".png").press("Return")
    got = luca.wait_for("image_received", handle="Ani", size=len(data))
    assert Path(got["path"]).read_bytes() == data


def test_a_text_is_pasted_as_ever(gui: Gui) -> None:
    with copied(gui, "UTF8_STRING", "grün 🐸".encode()):
        gui.press("Control-v").wait_in("message", "grün 🐸")


def test_what_is_no_image_is_refused(gui: Gui, tmp_path: Path) -> None:
    path = tmp_path / "no.png"
    path.write_text("not an image")
    with copied(gui, "text/uri-list", path.as_uri().encode()):
        gui.press("Control-v").wait_in("attached", "no.png").press("Return")
    gui.wait_in("notice", "no.png").wait_in("message", f"/img {path}")


@contextmanager
def copied(gui: Gui, kind: str, data: bytes) -> Iterator[None]:
    """Have something in the clipboard, as another program puts it there."""
    command = ["xclip", "-quiet", "-selection", "clipboard", "-t", kind, "-in"]
    with subprocess.Popen(
        command, env={**os.environ, **gui.display.variables}, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as owner:
        assert owner.stdin is not None
        owner.stdin.write(data)
        owner.stdin.close()
        try:
            gui.wait_until(lambda: kind in targets(gui), f"{kind} in the clipboard")
            yield
        finally:
            owner.kill()


def targets(gui: Gui) -> str:
    return gui.tcl("if {[catch {clipboard get -type TARGETS} found]} {return {}} {return $found}")


# On their way


def test_progress(gui: Gui, come: Come, tmp_path: Path) -> None:
    inge, large = come("Inge"), tmp_path / "large.bmp"
    Image.new("RGB", (4000, 3000), "green").save(large)
    gui.wait_in("people", "Inge").click_person("Inge").wait_in("name", "Inge")
    gui.type(f"/img {large}").press("Return")
    with inge.accept() as connection:
        take(connection, PIECE)
        gui.wait_in("messages", "of 36 MB")
        read_all(connection)
    gui.wait_in("messages", "large.bmp  36 MB   sent")


def test_withdrawn_on_its_way(gui: Gui, come: Come, ani: Daemon, tmp_path: Path) -> None:
    irma, large = come("Irma"), tmp_path / "large.bmp"
    Image.new("RGB", (4000, 3000), "green").save(large)
    gui.wait_in("people", "Irma").click_person("Irma").wait_in("name", "Irma")
    gui.type(f"/img {large}").press("Return")
    with irma.accept() as connection:
        take(connection, PIECE)
        gui.wait_in("messages", "of 36 MB").wait_in("messages", "Withdraw").click_on("Withdraw")
        ani.wait_for("image_cancelled", handle="Irma")
        with pytest.raises(ConnectionResetError):
            read_all(connection)
    gui.wait_in("messages", "cancelled").wait_gone("messages", "of 36 MB")


def test_withdrawn_and_sent_again(gui: Gui, come: Come, ani: Daemon, red: Path) -> None:
    """One that waits, for nobody takes it."""
    imke = come("Imke")
    imke.tcp.close()
    gui.wait_in("people", "Imke").click_person("Imke").wait_in("name", "Imke")
    gui.type(f"/img {red}").press("Return").wait_in("messages", "Withdraw").click_on("Withdraw")
    ani.wait_for("image_cancelled", handle="Imke")
    gui.wait_in("messages", "cancelled").wait_in("messages", "Send again").click_on("Send again")
    gui.wait_in("messages", "queued").wait_in("messages", "Withdraw")


def test_one_that_comes(gui: Gui, come: Come, ani: Daemon, tmp_path: Path) -> None:
    ingo, data = come("Ingo"), b""
    Image.new("RGB", (4000, 3000), "green").save(tmp_path / "large.bmp")
    data = (tmp_path / "large.bmp").read_bytes()
    gui.wait_in("people", "Ingo").click_person("Ingo").wait_in("name", "Ingo")
    with ingo.connected(ani.request("status")["port"]) as connection:
        connection.sendall(b"IMG Ani %d\n" % len(data) + data[: len(data) // 2])
        gui.wait_in("coming", "Ingo sends an image").wait_in("coming", "of 36 MB")
        connection.sendall(data[len(data) // 2 :])
        finish(connection)
    gui.wait_in("messages", "4000x3000").wait_gone("coming")


def take(connection: socket.socket, size: int) -> None:
    while size > 0 and (data := connection.recv(min(size, 1 << 16))):
        size -= len(data)


# None freezes the window


def test_a_hostile_image(gui: Gui, luca: Daemon, ani: Daemon, tmp_path: Path) -> None:
    """10,000 x 10,000 pixels in 12 kB, and 50 MB of a photograph."""
    Image.new("1", (10_000, 10_000)).save(tmp_path / "bomb.png")
    Image.effect_noise((4100, 4100), 90).convert("RGB").save(tmp_path / "photo.bmp")
    with gui.longest_pause() as pause:
        for name in ("bomb.png", "photo.bmp"):
            luca.request("send_image", to="Ani", path=str(tmp_path / name))
            ani.wait_for("image_received", handle="Luca", size=(tmp_path / name).stat().st_size)
        gui.wait_in("messages", "10000x10000").wait_in("messages", "4100x4100", within=4 * WAIT)
        for pixels in ("10000x10000", "4100x4100"):
            gui.wait_until(lambda pixels=pixels: is_seen(gui, pixels), f"{pixels} in sight")  # type: ignore[misc]
        gui.press("Control-Up", "Return").wait_until(lambda: gui.is_seen("viewer"), "the viewer")
        gui.wait_in("viewer", "here", within=4 * WAIT)
        gui.press("Escape").wait_gone("viewer")
        gui.press("Up", "Return").wait_until(lambda: gui.is_seen("viewer"), "the viewer")
        gui.wait_in("viewer", "desktop's viewer may")
        assert pause() < FLUID


def is_seen(gui: Gui, words: str) -> bool:
    messages = gui.path("messages")
    return gui.tcl(f"{messages} bbox [{messages} search -backwards -- {words} end]") != ""
