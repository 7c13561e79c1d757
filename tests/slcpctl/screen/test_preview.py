"""Previews of real images, drawn with known colours at known places."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from drawn_images import corners, noise, saved
from emulated_screen import EmulatedScreen
from PIL import Image
from prompt_toolkit import print_formatted_text
from prompt_toolkit.data_structures import Size
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from slcpctl.conversing.thumbnail import PreviewError
from slcpctl.render import Line
from slcpctl.screen.preview import Cell, cells, preview

TRUE_COLOUR = ColorDepth.DEPTH_24_BIT
RED, GREEN, BLUE, WHITE = "ff0000", "00ff00", "0000ff", "ffffff"
Save = Callable[..., str]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    return partial(saved, folder=tmp_path)


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


def test_of_what_is_no_image_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(PreviewError, match=r"^no preview: .*No such file"):
        preview(str(tmp_path / "vanished.png"), 40, 12, TRUE_COLOUR)


def test_what_is_transparent_shows_the_background(save: Save) -> None:
    path = save(Image.new("RGBA", (1, 2), (0, 0, 0, 0)))
    assert cells(path, 40, 12, TRUE_COLOUR, (0, 0, 255)) == [[Cell(BLUE, BLUE)]]
