"""Small images of real files, with known colours at known places."""

import os
import random
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from drawn_images import corners, noise, saved
from PIL import Image

from slcpctl.conversing import thumbnail
from slcpctl.conversing.thumbnail import BLACK, FORMATS, MAX_DECODED, MAX_PIXELS, RGB, PreviewError, small_image
from slcpd.images import EXTENSIONS
from slcpd.images import MAX_PIXELS as MAX_PIXELS_OF_SLCPD

BOX = (40, 24)  # pixels
STEP = 17  # between two levels that are told apart here: JPEG keeps colours only about
CORNERS = ["ff0000", "00ff00", "0000ff", "ffffff"]  # of what corners() draws
LOSSLESS: dict[str, dict[str, bool]] = {"PNG": {}, "BMP": {}, "GIF": {}, "WEBP": {"lossless": True}}
ORIENTATION, DESCRIPTION = 0x0112, 0x010E  # tags of Exif
END_OF_JPEG = b"\xff\xd9"
Save = Callable[..., str]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    return partial(saved, folder=tmp_path)


def colours(path: str, background: RGB = BLACK) -> list[list[str]]:
    """Return the colours of the small image, line by line."""
    image = small_image(path, BOX, background)
    data, stride = bytes(STEP * round(level / STEP) for level in image.tobytes()), 3 * image.width
    return [
        [data[at : at + 3].hex() for at in range(start, start + stride, 3)] for start in range(0, len(data), stride)
    ]


def corners_of(path: str) -> list[str]:
    shown = colours(path)
    return [shown[0][0], shown[0][-1], shown[-1][0], shown[-1][-1]]


# Shape


@pytest.mark.parametrize(
    ("pixels", "shown"),
    [((400, 400), (24, 24)), ((400, 100), (40, 10)), ((100, 400), (6, 24)), ((4000, 1), (40, 1)), ((1, 4000), (1, 24))],
)
def test_an_image_is_as_large_as_fits_in_its_own_shape(
    save: Save, pixels: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert small_image(save(corners(*pixels)), BOX).size == shown


def test_an_image_is_never_enlarged(save: Save) -> None:
    assert colours(save(corners(2, 2))) == [CORNERS[:2], CORNERS[2:]]


# What is in the file


@pytest.mark.parametrize("format", LOSSLESS)
def test_formats(save: Save, format: str) -> None:  # noqa: A002
    assert corners_of(save(corners(), format=format, **LOSSLESS[format])) == CORNERS


def test_a_photo(save: Save) -> None:
    """JPEG keeps colours only about; and it is decoded to an eighth of its width."""
    path = save(corners(4000, 3000), format="JPEG", quality=95)
    assert small_image(path, BOX).size == (32, 24)
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
    assert small_image(path, BOX).size == (40, 20)


def test_exif_data_that_is_broken_further_on(save: Save) -> None:
    entries = [(ORIENTATION, 3, 1, 3), (DESCRIPTION, 2, 100, 9999)]  # of type short; and text beyond the end
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + b"".join(struct.pack("<HHII", *each) for each in entries)
    assert corners_of(save(corners(), format="JPEG", exif=exif + bytes(4), quality=95)) == CORNERS[::-1]


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_the_first_picture_of_an_animation(save: Save, format: str) -> None:  # noqa: A002
    others = [Image.new("RGB", (40, 40), colour) for colour in ("black", "yellow")]
    path = save(corners(), format=format, save_all=True, append_images=others, duration=100, **LOSSLESS[format])
    assert corners_of(path) == CORNERS


def test_what_is_transparent_shows_the_background(save: Save) -> None:
    image = corners().convert("RGBA")
    image.paste((255, 255, 255, 0), (0, 0, 20, 20))
    image.paste((255, 0, 0, 128), (20, 0, 40, 20))
    path = save(image)
    assert corners_of(path)[:2] == ["000000", "880000"]
    assert colours(path, (255, 255, 255))[0][-1] == "ff7777"


def test_a_transparent_colour_of_a_palette(save: Save) -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(1, (2, 0, 4, 4))
    shown = colours(save(image, format="GIF", transparency=0), (0, 0, 255))
    assert shown == [["0000ff", "0000ff", "00ff00", "00ff00"]] * 4


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
    shown = colours(path)
    assert {colour for line in shown[10:12] for colour in line[5:-5]} <= {"777777", "888888"}


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
    assert corners_of(save(half_and_half(mode, dark, light), format=format))[:2] == ["000000", "ffffff"]


def test_a_grey_of_sixteen_bits(save: Save) -> None:
    assert corners_of(save(Image.new("I;16", (2, 2), 0x8800))) == ["888888"] * 4


# What is no image


def no_preview(path: object, match: str) -> None:
    with pytest.raises(PreviewError, match=f"^no preview: .*{match}"):
        small_image(str(path), BOX)


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
    no_preview(save(corners(), format="TIFF", compression="tiff_adobe_deflate"), "not an image of JPEG, PNG")


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
    assert small_image(save(Image.new("L", (side, side)), format="JPEG"), BOX).size == (24, 24)


def test_a_photo_that_claims_even_more(save: Save) -> None:
    path = Path(save(Image.new("L", (50, 50)), format="JPEG"))
    start = path.read_bytes().index(b"\xff\xc0") + 5
    data = bytearray(path.read_bytes())
    data[start : start + 4] = b"\xea\x60\xea\x60"
    path.write_bytes(data)
    no_preview(path, "60000 x 60000 pixels")


def test_an_image_that_takes_too_long(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """A JPEG in which one scan comes over and over."""
    path = Path(save(Image.new("L", (2000, 2000), 100), format="JPEG", progressive=True))
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
    """Whatever the bytes: an image or a PreviewError, and not a word on the terminal."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = 6, "a description"
    path = Path(save(noise(30, 20), format=format, **({} if format in ("GIF", "BMP") else {"exif": exif})))
    whole, chance = path.read_bytes(), random.Random(format)
    seen = 0
    for _ in range(150):
        data = bytearray(whole[: chance.choice([len(whole), chance.randrange(100, len(whole))])])
        for _ in range(4):
            data[chance.randrange(chance.choice([len(data), 100]))] = chance.randrange(256)
        path.write_bytes(data)
        with suppress(PreviewError):
            seen += small_image(str(path), BOX).width > 0
    assert capfd.readouterr() == ("", "")
    assert seen or format == "PNG"  # which has checksums
