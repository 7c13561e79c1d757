"""Images of the history on the user's own machine: real files, a viewer that is a real process."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from awaited import until
from fake_programs import FakePrograms
from small_disk import small_disk

from slcpctl.conversing.images import open_image, save_image
from slcpctl.conversing.typed import TypedError
from slcpctl.render import paint

VIEWER = "open" if sys.platform == "darwin" else "xdg-open"


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    path = tmp_path / "my cat.png"
    path.write_bytes(b"meow")
    return path


@pytest.fixture
def desktop(system: FakePrograms, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    """A desktop, whose programs are those that the test adds."""
    monkeypatch.setenv("DISPLAY", ":99")
    return system


async def saved(path: Path, to: object) -> str:
    [line] = await save_image({"path": str(path)}, str(to))
    return paint(line, colour=False)


async def test_an_image_is_saved_under_a_name(cat: Path, tmp_path: Path) -> None:
    assert await saved(cat, tmp_path / "copy.png") == f"saved as {tmp_path}/copy.png"
    assert (tmp_path / "copy.png").read_bytes() == cat.read_bytes() == b"meow"


async def test_an_image_is_saved_in_a_folder_under_its_own_name(
    cat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "cats").mkdir()
    assert await saved(cat, "~/cats") == f"saved as {tmp_path}/cats/my cat.png"
    assert (tmp_path / "cats/my cat.png").read_bytes() == b"meow"


async def test_no_file_is_overwritten(cat: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_bytes(b"mine")
    with pytest.raises(TypedError, match=r"mine\.png: File exists; not saved"):
        await saved(cat, tmp_path / "mine.png")
    assert (tmp_path / "mine.png").read_bytes() == b"mine"


@pytest.mark.parametrize("to", ["nowhere/copy.png", "~nobody-of-this-name/copy.png"])
async def test_a_folder_that_is_not_there_is_named(
    cat: Path, tmp_path: Path, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypedError, match=f"{to}: No such file or directory; not saved"):
        await saved(cat, to)


@pytest.mark.parametrize(
    "to", ["a" * 300, f"{'a' * 300}/copy.png", "circle/copy.png", "cat.png/copy.png", "a\0b", "\ud800"]
)
async def test_a_path_that_no_file_can_have_is_named(
    cat: Path, tmp_path: Path, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cat.rename(tmp_path / "cat.png")
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(TypedError, match="; not saved: /save takes another path") as refused:
        await saved(tmp_path / "cat.png", to)
    assert str(refused.value).startswith(f"{to}: ")


async def test_what_is_closed_is_neither_saved_nor_opened(closed: Path) -> None:
    with pytest.raises(TypedError, match=r"closed/cat\.png: Permission denied; not saved"):
        await saved(closed / "cat.png", closed.parent / "copy.png")
    with pytest.raises(TypedError, match=r"closed/copy\.png: Permission denied; not saved"):
        await saved(Path(os.devnull), closed / "copy.png")
    with pytest.raises(TypedError, match=r"closed/cat\.png: Permission denied; not opened"):
        open_image({"path": str(closed / "cat.png")})


async def test_on_a_full_disk_nothing_is_left_of_it(cat: Path, tmp_path: Path) -> None:
    cat.write_bytes(bytes(1 << 20))
    with small_disk(tmp_path / "disk") as disk:
        disk.fill(leave=1 << 19)
        with pytest.raises(TypedError, match=r"copy\.png: No space left on device; not saved"):
            await saved(cat, disk.folder / "copy.png")
        assert [path.name for path in disk.folder.iterdir()] == ["filler"]


async def test_the_chat_goes_on_while_an_image_is_saved(cat: Path, tmp_path: Path) -> None:
    """The image is a pipe that nobody writes to yet: whoever saves it waits."""
    slow = tmp_path / "slow.png"
    os.mkfifo(slow)
    async with asyncio.TaskGroup() as group:
        saving = group.create_task(saved(slow, tmp_path / "copy.png"))
        writer = await asyncio.to_thread(slow.open, "wb")  # returns when the image is being read
        await until((tmp_path / "copy.png").exists)
        assert not saving.done()
        with writer:
            writer.write(b"meow")
    assert (tmp_path / "copy.png").read_bytes() == b"meow"


async def test_what_acts_on_a_terminal_is_escaped(cat: Path, tmp_path: Path) -> None:
    assert await saved(cat, tmp_path / "\x1b[2J.png") == f"saved as {tmp_path}/\\x1b[2J.png"


async def test_an_image_that_is_gone_can_neither_be_saved_nor_opened(tmp_path: Path, desktop: FakePrograms) -> None:
    gone = tmp_path / "gone.png"
    with pytest.raises(TypedError, match=r"gone\.png: No such file or directory; not saved"):
        await saved(gone, tmp_path / "copy.png")
    assert not (tmp_path / "copy.png").exists()
    with pytest.raises(TypedError, match=r"gone\.png is no longer there"):
        open_image({"path": str(gone)})


async def test_the_viewer_of_the_desktop_opens_an_image(cat: Path, desktop: FakePrograms) -> None:
    desktop.add(VIEWER)
    [line] = open_image({"path": str(cat)})
    assert paint(line, colour=False) == f"opened {cat}"
    await until(lambda: desktop.calls == [f"{VIEWER} {cat}"])


def test_where_no_viewer_is_the_path_is_told(cat: Path, desktop: FakePrograms) -> None:
    with pytest.raises(TypedError, match=f"{VIEWER}: No such file or directory; the image is {cat}"):
        open_image({"path": str(cat)})


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has a desktop always")
def test_where_no_desktop_is_the_path_is_told(cat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    [line] = open_image({"path": str(cat)})
    assert paint(line, colour=False) == f"no desktop here; the image is {cat}"
