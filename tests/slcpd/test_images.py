"""Images on disk: real files made with Pillow, and what peers send instead of them."""

import io
import struct
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from small_disk import failing_disk, small_disk

from slcpd.disk import KEEP_FREE
from slcpd.images import (
    EXTENSIONS,
    MAX_PIXELS,
    RESERVED_AT_ONCE,
    ImageError,
    ImageFolder,
    NoRoomError,
    Picture,
    look_at,
    safe_name,
)

NOON = datetime(2025, 7, 1, 12, 5, 59, tzinfo=UTC)


def picture(format: str = "PNG", size: tuple[int, int] = (20, 10)) -> bytes:  # noqa: A002  # Pillow's word
    with io.BytesIO() as file:
        Image.effect_noise(size, 60).save(file, format)
        return file.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """Make a PNG of some bytes whose header promises many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.fixture
def folder(tmp_path: Path) -> ImageFolder:
    return ImageFolder(tmp_path / "images", max_size=1 << 20, open_images=False)


async def receive(folder: ImageFolder, data: bytes, handle: str = "Luca") -> Path:
    """Take an image as Receiver does. Returns its final path."""
    folder.check_size(len(data))
    with folder.new_image() as image:
        for start in range(0, len(data), 100):
            image.write(data[start : start + 100])
        return (await folder.keep(image, handle, NOON)).path


def files(folder: ImageFolder) -> list[str]:
    return sorted(path.name for path in folder.folder.iterdir())


@pytest.mark.parametrize("format", EXTENSIONS)
async def test_an_image_is_kept_byte_for_byte(folder: ImageFolder, format: str) -> None:  # noqa: A002
    data = picture(format)
    path = await receive(folder, data)
    assert path.name == f"2025-07-01_1205_Luca.{EXTENSIONS[format]}"
    assert path.read_bytes() == data
    assert files(folder) == [path.name]


async def test_what_is_known_of_an_image(folder: ImageFolder) -> None:
    path = await receive(folder, picture("JPEG", (320, 200)))
    assert look_at(path) == Picture("JPEG", 320, 200)


async def test_images_of_one_minute_get_names_of_their_own(folder: ImageFolder) -> None:
    sent = [picture(size=(number, 1)) for number in (1, 2, 3)]
    paths = [await receive(folder, data) for data in sent]
    assert [path.name for path in paths] == [
        "2025-07-01_1205_Luca.png",
        "2025-07-01_1205_Luca-2.png",
        "2025-07-01_1205_Luca-3.png",
    ]
    assert [path.read_bytes() for path in paths] == sent


async def test_a_file_of_the_user_is_never_replaced(folder: ImageFolder) -> None:
    folder.folder.mkdir()
    (folder.folder / "2025-07-01_1205_Luca.png").write_text("mine")
    (folder.folder / "2025-07-01_1205_Luca-2.png").symlink_to("/nowhere")
    path = await receive(folder, picture())
    assert path.name == "2025-07-01_1205_Luca-3.png"
    assert (folder.folder / "2025-07-01_1205_Luca.png").read_text() == "mine"


@pytest.mark.parametrize(
    ("handle", "name"),
    [
        ("Luca", "Luca"),
        ("Jürgen-2_x", "Jürgen-2_x"),
        ("../../etc/passwd", "etc_passwd"),
        ("..", "unnamed"),
        ("/", "unnamed"),
        ("a/b\\c", "a_b_c"),
        ("C:\\Windows", "C_Windows"),
        ("-rf", "-rf"),  # the date goes before it
        (".hidden", "hidden"),
        ("a\0b\n\x1b[31mc\x7f", "a_b_31mc"),
        ("🐱", "unnamed"),
        ("cat🐱dog", "cat_dog"),
        ("evil\u202egnp.exe", "evil_gnp_exe"),
        ("a\u200fb\u2066c", "a_b_c"),
        ("100%;$(reboot)`x`", "100_reboot_x"),
        ("u\u0308", "ü"),
        ("", "unnamed"),
        ("x" * 1000, "x" * 40),
    ],
    ids=ascii,
)
def test_of_a_handle_only_what_is_harmless_remains(handle: str, name: str) -> None:
    assert safe_name(handle) == name


UNSAFE = ["CON", "NUL", "nul.png", "../x", "x" * 64, "\U0001d50f" * 64, "\u202e", "a\0b"]


@pytest.mark.parametrize("handle", UNSAFE, ids=ascii)
async def test_whatever_the_handle_the_file_lies_in_the_folder_under_a_portable_name(
    folder: ImageFolder, handle: str
) -> None:
    path = await receive(folder, picture(), handle)
    assert path.parent == folder.folder
    assert files(folder) == [path.name]
    assert path.name.startswith("2025-07-01_1205_")  # so no reserved name of Windows, no dot and no dash in front
    assert len(path.name.encode()) <= 255
    assert not set(path.name) & set('<>:"/\\|?*') and path.name.isprintable()  # noqa: PT018


BROKEN = {
    "text": b"this is no image at all",
    "script": b"#!/bin/sh\nreboot\n",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "png_cut_in_its_data": picture()[:-20],
    "png_cut_in_its_header": picture()[:12],
    "jpeg_cut_in_its_header": picture("JPEG")[:30],
    "webp_cut": picture("WEBP")[:40],
    "bmp_with_a_strange_compression": picture("BMP")[:30] + b"\xff" + picture("BMP")[31:],
    "png_with_a_bit_flipped": picture()[:60] + bytes([picture()[60] ^ 1]) + picture()[61:],
    "too_many_pixels": png_that_claims(MAX_PIXELS + 1, 1),
    "far_too_many_pixels": png_that_claims(2**31 - 1, 2**31 - 1),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_not_wholly_an_image_leaves_nothing(folder: ImageFolder, what: str) -> None:
    with pytest.raises(ImageError) as refusal:
        await receive(folder, BROKEN[what])
    assert files(folder) == []
    assert "folder" not in str(refusal.value)  # it is the image's fault, and the words say so


def test_the_most_pixels_are_still_taken(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(png_that_claims(MAX_PIXELS // 100, 100))
    assert look_at(path) == Picture("PNG", MAX_PIXELS // 100, 100)


def test_a_file_that_is_missing_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        look_at(tmp_path / "nothing.png")


async def test_an_image_that_breaks_off_leaves_nothing(folder: ImageFolder) -> None:
    folder.check_size(100)

    def break_off() -> None:
        with folder.new_image() as image:
            image.write(picture()[:50])
            assert len(files(folder)) == 1
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        break_off()
    assert files(folder) == []


def test_the_size_is_checked_before_anything_is_made(folder: ImageFolder) -> None:
    with pytest.raises(ImageError, match="max_image_size"):
        folder.check_size((1 << 20) + 1)
    assert not folder.folder.exists()
    folder.check_size(1 << 20)


def test_what_does_not_fit_on_the_disk_is_refused(folder: ImageFolder) -> None:
    folder.configure(folder.folder, 1 << 60, open_images=False)
    with pytest.raises(ImageError, match="do not fit on the disk"):
        folder.check_size(1 << 59)


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = ImageFolder(tmp_path / "file/images", 1 << 20, open_images=False)
    with pytest.raises(ImageError, match=r"the image folder .* cannot be used"):
        folder.check_size(10)


async def test_an_image_that_was_coming_when_the_folder_changed_is_not_lost(
    folder: ImageFolder, tmp_path: Path
) -> None:
    data = picture()
    folder.check_size(len(data))
    with folder.new_image() as image:
        image.write(data)
        folder.configure(tmp_path / "elsewhere", 1 << 20, open_images=False)
        kept = await folder.keep(image, "Luca", NOON)
    assert kept.path.read_bytes() == data


# What killed daemons leave


def test_parts_that_nobody_writes_are_removed_and_nothing_else(folder: ImageFolder) -> None:
    folder.folder.mkdir()
    (folder.folder / ".slcp-0123456789abcdef.part").write_bytes(b"left behind")
    for name in ("cat.png", "download.part", ".slcp-notes"):
        (folder.folder / name).write_text("mine")
    folder.remove_parts()
    assert files(folder) == [".slcp-notes", "cat.png", "download.part"]


def test_a_part_that_another_daemon_writes_is_left_alone(folder: ImageFolder) -> None:
    script = (
        "import sys; from pathlib import Path; from slcpd.images import ImageFolder\n"
        "with ImageFolder(Path(sys.argv[1]), 1000, False).new_image():\n"
        "    print('writing', flush=True); sys.stdin.readline()\n"
    )
    folder.folder.mkdir()
    command = [sys.executable, "-c", script, str(folder.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "writing\n"
        folder.remove_parts()
        assert len(files(folder)) == 1
        other.kill()
    assert len(files(folder)) == 1
    folder.remove_parts()
    assert files(folder) == []


def test_parts_are_removed_where_there_is_no_folder_yet(folder: ImageFolder) -> None:
    folder.remove_parts()
    assert not folder.folder.exists()


# The desktop


@pytest.mark.parametrize("open_images", [True, False])
async def test_an_image_is_shown_when_the_user_wants_it(
    folder: ImageFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_images: bool
) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    viewer = tmp_path / "bin" / ("open" if sys.platform == "darwin" else "xdg-open")
    viewer.parent.mkdir()
    viewer.write_text(f'#!/bin/sh\ncp "$1" {shown}/image.new && mv {shown}/image.new {shown}/image\n')
    viewer.chmod(0o755)
    monkeypatch.setenv("PATH", str(viewer.parent), prepend=":")
    started: list[subprocess.Popen[bytes]] = []

    class RememberedPopen(subprocess.Popen[bytes]):
        """The daemon does not wait for the viewer; the test must."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", RememberedPopen)
    folder.configure(folder.folder, 1 << 20, open_images)
    path = await receive(folder, picture())
    for viewing in started:
        viewing.wait(10)
    assert [file.read_bytes() for file in shown.iterdir()] == ([path.read_bytes()] if open_images else [])


async def test_without_a_desktop_nothing_happens(
    folder: ImageFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    folder.configure(folder.folder, 1 << 20, open_images=True)
    assert (await receive(folder, picture())).exists()


# Room on the disk


def with_room(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Let every disk have this many bytes for strangers."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=KEEP_FREE + size))


def test_room_is_kept_for_what_is_announced_and_not_here(folder: ImageFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    with_room(monkeypatch, 1000)
    folder.check_size(600)
    with folder.new_image(600) as image:
        with pytest.raises(NoRoomError, match="room for 400"):
            folder.check_size(500)
        folder.check_size(400)
        image.write(bytes(600))
        folder.check_size(1000)
    folder.check_size(1000)


def test_an_image_of_unknown_size_takes_no_room_of_others(folder: ImageFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.configure(folder.folder, 8 << 20, open_images=False)
    with_room(monkeypatch, 2 * RESERVED_AT_ONCE)
    folder.check_size(0)
    with folder.new_image(RESERVED_AT_ONCE), folder.new_image() as unknown:
        unknown.write(b"a")
        with pytest.raises(NoRoomError):
            folder.check_size(2)  # one byte of its first step is here
        with_room(monkeypatch, RESERVED_AT_ONCE)
        with pytest.raises(NoRoomError):
            unknown.write(bytes(RESERVED_AT_ONCE))


async def test_a_disk_that_fills_up_under_an_image_leaves_nothing_of_it(tmp_path: Path) -> None:
    with small_disk(tmp_path / "images") as disk:
        folder = ImageFolder(disk.folder, 1 << 20, open_images=False)
        with folder.new_image(100) as image:
            disk.fill()
            image.write(b"x" * 100)  # less than what is written at once
            with pytest.raises(NoRoomError, match="No space left"):
                await folder.keep(image, "Ani", NOON)
        assert [file.name for file in disk.folder.iterdir()] == ["filler"]


async def test_a_disk_that_becomes_read_only_under_an_image_keeps_nothing_of_it(tmp_path: Path) -> None:
    with failing_disk(tmp_path / "images", tmp_path / "disk") as disk:
        folder = ImageFolder(disk.folder, 1 << 20, open_images=False)
        with folder.new_image(100) as image:
            disk.fail()
            with pytest.raises(NoRoomError, match="cannot be used"):
                await folder.keep(image, "Ani", NOON)
        disk.mend()
        folder.remove_parts()
        assert [file.name for file in disk.folder.iterdir()] == ["lost+found"]
