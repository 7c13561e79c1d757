"""Previews of real images, drawn with known colours at known places."""

import io
import os
import random
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from emulated_screen import EmulatedScreen
from PIL import Image
from prompt_toolkit import print_formatted_text
from prompt_toolkit.data_structures import Size
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from slcpctl.chat import thumbnail
from slcpctl.chat.preview import Cell, cells, preview
from slcpctl.chat.thumbnail import FORMATS, MAX_DECODED, MAX_PIXELS, PreviewError
from slcpctl.render import Line
from slcpd.images import EXTENSIONS
from slcpd.images import MAX_PIXELS as MAX_PIXELS_OF_SLCPD

TRUE_COLOUR = ColorDepth.DEPTH_24_BIT
RED, GREEN, BLUE, WHITE, BLACK = "ff0000", "00ff00", "0000ff", "ffffff", "000000"
CORNERS = [Cell(colour, colour) for colour in (RED, GREEN, BLUE, WHITE)]  # of what corners() draws
LOSSLESS: dict[str, dict[str, bool]] = {"PNG": {}, "BMP": {}, "GIF": {}, "WEBP": {"lossless": True}}
ORIENTATION, DESCRIPTION = 0x0112, 0x010E  # tags of Exif
END_OF_JPEG = b"\xff\xd9"
Save = Callable[..., str]


def corners(width: int = 40, height: int = 40) -> Image.Image:
    """Draw red and green above blue and white."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("red", (0, 0, width // 2, height // 2))
    image.paste("lime", (width // 2, 0, width, height // 2))
    image.paste("blue", (0, height // 2, width // 2, height))
    return image


def noise(width: int, height: int) -> Image.Image:
    bands = [Image.frombytes("L", (width, height), random.Random(seed).randbytes(width * height)) for seed in range(3)]
    return Image.merge("RGB", bands)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(image: Image.Image, format: str = "PNG", **options: object) -> str:  # noqa: A002  # Pillow's word
        path = tmp_path / "image"
        image.save(path, format, **options)
        return str(path)

    return save


def corners_of(path: str) -> list[Cell]:
    shown = cells(path, 40, 12, TRUE_COLOUR)
    return [shown[0][0], shown[0][-1], shown[-1][0], shown[-1][-1]]


def size_of(lines: list[Line]) -> tuple[int, int]:
    widths = {sum(len(text) for _, text in line) for line in lines}
    assert len(widths) == 1
    return widths.pop(), len(lines)


# Shape


@pytest.mark.parametrize(
    ("pixels", "shown"),
    [((400, 400), (24, 12)), ((400, 100), (40, 5)), ((100, 400), (6, 12)), ((4000, 1), (40, 1)), ((1, 4000), (1, 12))],
)
def test_an_image_is_as_large_as_fits_in_its_own_shape(
    save: Save, pixels: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert size_of(preview(save(corners(*pixels)), 40, 12, TRUE_COLOUR)) == shown


def test_an_image_is_never_enlarged(save: Save) -> None:
    assert cells(save(corners(2, 2)), 40, 12, TRUE_COLOUR) == [[Cell(RED, BLUE), Cell(GREEN, WHITE)]]


def test_below_the_last_line_of_an_image_is_the_terminal(save: Save) -> None:
    path = save(Image.new("RGB", (3, 3), "red"))
    assert cells(path, 40, 12, TRUE_COLOUR) == [[Cell(RED, RED)] * 3, [Cell(RED, None)] * 3]
    assert preview(path, 40, 12, TRUE_COLOUR)[1] == [("fg:#ff0000", "▀▀▀")]


@pytest.mark.parametrize("room", [(0, 5), (5, 0), (-1, -1)])
def test_no_room(save: Save, room: tuple[int, int]) -> None:
    assert preview(save(corners()), *room, TRUE_COLOUR) == []


def test_cells_that_are_alike_are_one_fragment(save: Save) -> None:
    assert preview(save(corners(8, 4)), 40, 12, TRUE_COLOUR) == [
        [("fg:#ff0000 bg:#ff0000", "▀▀▀▀"), ("fg:#00ff00 bg:#00ff00", "▀▀▀▀")],
        [("fg:#0000ff bg:#0000ff", "▀▀▀▀"), ("fg:#ffffff bg:#ffffff", "▀▀▀▀")],
    ]


# What is in the file


@pytest.mark.parametrize("format", LOSSLESS)
def test_formats(save: Save, format: str) -> None:  # noqa: A002
    assert corners_of(save(corners(), format, **LOSSLESS[format])) == CORNERS


def test_a_photo(save: Save) -> None:
    """JPEG keeps colours only about; and it is decoded to an eighth of its width."""
    path = save(corners(4000, 3000), "JPEG", quality=95)
    assert size_of(preview(path, 40, 12, TRUE_COLOUR)) == (32, 12)
    assert corners_of(path) == CORNERS


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_was_held_in_another_way(save: Save, orientation: int) -> None:
    """Below: the corners of the upright picture, in the order in which the file has them."""
    stored_as = ["rgbw", "grwb", "wbgr", "bwrg", "rbgw", "gwrb", "wgbr", "brwg"][orientation - 1]
    names = {"r": "red", "g": "lime", "b": "blue", "w": "white"}
    image = Image.new("RGB", (2, 2))
    for index, name in enumerate(stored_as):
        image.paste(names[name], (index % 2, index // 2, index % 2 + 1, index // 2 + 1))
    image = image.resize((40, 20) if orientation < 5 else (20, 40), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = save(image, exif=exif)
    assert corners_of(path) == CORNERS
    assert size_of(preview(path, 40, 12, TRUE_COLOUR)) == (40, 10)


def test_exif_data_that_is_broken_further_on(save: Save) -> None:
    entries = [(ORIENTATION, 3, 1, 3), (DESCRIPTION, 2, 100, 9999)]  # of type short; and text beyond the end
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + b"".join(struct.pack("<HHII", *each) for each in entries)
    assert corners_of(save(corners(), "JPEG", exif=exif + bytes(4), quality=95)) == CORNERS[::-1]


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_the_first_picture_of_an_animation(save: Save, format: str) -> None:  # noqa: A002
    others = [Image.new("RGB", (40, 40), colour) for colour in ("black", "yellow")]
    path = save(corners(), format, save_all=True, append_images=others, duration=100, **LOSSLESS[format])
    assert corners_of(path) == CORNERS


def test_what_is_transparent_shows_the_background(save: Save) -> None:
    image = corners().convert("RGBA")
    image.paste((255, 255, 255, 0), (0, 0, 20, 20))
    image.paste((255, 0, 0, 128), (20, 0, 40, 20))
    path = save(image)
    assert corners_of(path)[:2] == [Cell(BLACK, BLACK), Cell("880000", "880000")]
    assert cells(path, 40, 12, TRUE_COLOUR, (255, 255, 255))[0][-1] == Cell("ff7777", "ff7777")


def test_a_transparent_colour_of_a_palette(save: Save) -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(1, (2, 0, 4, 4))
    shown = cells(save(image, "GIF", transparency=0), 40, 12, TRUE_COLOUR, (0, 0, 255))
    assert shown == [[*[Cell(BLUE, BLUE)] * 2, *[Cell(GREEN, GREEN)] * 2]] * 2


@pytest.mark.parametrize("mode", ["1", "P"])
def test_a_pattern_of_black_and_white_is_grey(save: Save, mode: str) -> None:
    is_grey(save(stripes("black", "white").convert(mode)))


def test_a_transparent_colour_is_not_mixed_into_others(save: Save) -> None:
    is_grey(save(stripes("red", "white"), transparency=(255, 0, 0)))


def stripes(*colours: str) -> Image.Image:
    """Draw lines of one pixel."""
    image = Image.new("RGB", (400, 400))
    for x in range(400):
        image.paste(colours[x % 2], (x, 0, x + 1, 400))
    return image


def is_grey(path: str) -> None:
    shown = cells(path, 40, 12, TRUE_COLOUR)
    assert {colour for cell in shown[5][5:-5] for colour in cell} <= {"777777", "888888"}


def half_and_half(mode: str, dark: object, light: object) -> Image.Image:
    image = Image.new(mode, (40, 20), dark)  # type: ignore[arg-type]  # a number or a tuple, by the mode
    image.paste(light, (20, 0, 40, 20))  # type: ignore[arg-type]
    return image


@pytest.mark.parametrize(
    ("mode", "dark", "light", "format"),
    [
        ("1", 0, 1, "PNG"),
        ("L", 0, 255, "PNG"),
        ("LA", (0, 255), (255, 255), "PNG"),
        ("I;16", 0, 65535, "PNG"),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0, 0), "JPEG"),
    ],
)
def test_modes(save: Save, mode: str, dark: object, light: object, format: str) -> None:  # noqa: A002
    assert corners_of(save(half_and_half(mode, dark, light), format))[:2] == [Cell(BLACK, BLACK), Cell(WHITE, WHITE)]


def test_a_grey_of_sixteen_bits(save: Save) -> None:
    assert corners_of(save(Image.new("I;16", (2, 2), 0x8800))) == [Cell("888888", "888888")] * 4


# Colours


def drawn(lines: list[Line], depth: ColorDepth) -> EmulatedScreen:
    """Let prompt_toolkit draw on a terminal."""
    written = io.StringIO()
    output = Vt100_Output(written, lambda: Size(rows=24, columns=80), default_color_depth=depth)
    text = [fragment for line in lines for fragment in [*line, ("", "\n")]]
    print_formatted_text(FormattedText(text), output=output, color_depth=depth)
    screen = EmulatedScreen(80, 24)
    screen.feed(written.getvalue().replace("\n", "\r\n").replace("\r\r", "\r").encode())
    return screen


@pytest.mark.parametrize(
    ("depth", "colours"),
    [
        (ColorDepth.DEPTH_24_BIT, [RED, GREEN, BLUE, WHITE]),
        (ColorDepth.DEPTH_8_BIT, [RED, GREEN, BLUE, WHITE]),
        (ColorDepth.DEPTH_4_BIT, ["brightred", "brightgreen", "brightblue", "brightwhite"]),
    ],
)
def test_on_a_terminal(save: Save, depth: ColorDepth, colours: list[str]) -> None:
    screen = drawn(preview(save(corners(4, 4)), 40, 12, depth), depth)
    assert screen.text_lines[:3] == ["▀▀▀▀", "▀▀▀▀", ""]
    for column, row, colour in zip((0, 3, 0, 3), (0, 0, 1, 1), colours, strict=True):
        cell = screen.cell(column, row)
        assert (cell.fg, cell.bg) == (colour, colour)


def test_no_colours_no_preview() -> None:
    assert preview("/nowhere", 40, 12, ColorDepth.DEPTH_1_BIT) == []


@pytest.mark.parametrize(("depth", "most"), [(ColorDepth.DEPTH_8_BIT, 240), (ColorDepth.DEPTH_4_BIT, 16)])
def test_colours_are_those_of_the_terminal(save: Save, depth: ColorDepth, most: int) -> None:
    """So prompt_toolkit takes each as it is, and does not keep many."""
    path = save(noise(40, 40))
    shown = cells(path, 40, 20, depth)
    assert len({colour for row in shown for cell in row for colour in cell}) <= most
    screen = drawn(preview(path, 40, 20, depth), depth)
    on_screen = [[screen.cell(column, row)[1:3] for column in range(40)] for row in range(20)]
    if depth is ColorDepth.DEPTH_8_BIT:
        assert on_screen == shown
    assert len({colour for row in on_screen for cell in row for colour in cell}) <= most


def test_colours_of_24_bits_are_no_more_than_4096(save: Save) -> None:
    colours = {colour for row in cells(save(noise(60, 60)), 60, 30, TRUE_COLOUR) for cell in row for colour in cell}
    assert len(colours) > 1000
    assert all(colour and colour[::2] == colour[1::2] for colour in colours)


# What is no image


def no_preview(path: object, match: str) -> None:
    with pytest.raises(PreviewError, match=f"^no preview: .*{match}"):
        preview(str(path), 40, 12, TRUE_COLOUR)


def test_nothing_there(tmp_path: Path) -> None:
    no_preview(tmp_path / "vanished.png", "No such file")
    no_preview(tmp_path, "not a file")


def test_a_pipe_does_not_keep_us(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    no_preview(tmp_path / "pipe.png", "not a file")


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n"], ids=ascii)
def test_no_image(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "text.png").write_bytes(data)
    no_preview(tmp_path / "text.png", "")


def test_tiff_is_left_alone(save: Save) -> None:
    no_preview(save(corners(), "TIFF", compression="tiff_adobe_deflate"), "not an image of JPEG, PNG")


def test_half_an_image(save: Save) -> None:
    path = Path(save(noise(100, 100)))
    path.write_bytes(path.read_bytes()[:10_000])
    no_preview(path, "")


def test_a_file_that_is_too_large(save: Save) -> None:
    path = save(corners())
    os.truncate(path, thumbnail.MAX_BYTES + 1)
    no_preview(path, f"{thumbnail.MAX_BYTES + 1} bytes")


def test_more_pixels_than_are_decoded(save: Save) -> None:
    side = int(MAX_DECODED**0.5) + 1
    no_preview(save(Image.new("1", (side, side))), f"{side} x {side} pixels")


def test_a_photo_may_have_more(save: Save) -> None:
    side = int(MAX_DECODED**0.5) + 1
    assert size_of(preview(save(Image.new("L", (side, side)), "JPEG"), 40, 12, TRUE_COLOUR)) == (24, 12)


def test_a_photo_that_claims_even_more(save: Save) -> None:
    path = Path(save(Image.new("L", (50, 50)), "JPEG"))
    start = path.read_bytes().index(b"\xff\xc0") + 5
    data = bytearray(path.read_bytes())
    data[start : start + 4] = b"\xea\x60\xea\x60"
    path.write_bytes(data)
    no_preview(path, "60000 x 60000 pixels")


def test_an_image_that_takes_too_long(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """A JPEG in which one scan comes over and over."""
    path = Path(save(Image.new("L", (2000, 2000), 100), "JPEG", progressive=True))
    data = path.read_bytes()
    scan = data[data.rindex(b"\xff\xc4") : -len(END_OF_JPEG)]
    path.write_bytes(data[: -len(END_OF_JPEG)] + scan * 2000 + END_OF_JPEG)
    monkeypatch.setattr(thumbnail, "DECODED_WITHIN", 0.1)
    no_preview(path, "takes more than 0.1 s")


def test_limits_are_those_of_slcpd() -> None:
    assert set(FORMATS) == EXTENSIONS.keys() - {"TIFF"}
    assert MAX_PIXELS == MAX_PIXELS_OF_SLCPD


@pytest.mark.parametrize("format", FORMATS)
def test_broken_images_are_silent(
    save: Save,
    format: str,  # noqa: A002
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Whatever the bytes: a preview or a PreviewError, and not a word on the terminal."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = 6, "a description"
    path = Path(save(noise(30, 20), format, **({} if format in ("GIF", "BMP") else {"exif": exif})))
    whole, chance = path.read_bytes(), random.Random(format)
    seen = 0
    for _ in range(150):
        data = bytearray(whole[: chance.choice([len(whole), chance.randrange(100, len(whole))])])
        for _ in range(4):
            data[chance.randrange(chance.choice([len(data), 100]))] = chance.randrange(256)
        path.write_bytes(data)
        with suppress(PreviewError):
            seen += bool(preview(str(path), 40, 12, TRUE_COLOUR))
    assert capfd.readouterr() == ("", "")
    assert seen or format == "PNG"  # which has checksums
