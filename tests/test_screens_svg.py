"""The captures in docs/screens: what was on a terminal is on the image, where it was."""

from xml.etree import ElementTree

import pytest
from emulated_screen import EmulatedScreen

from docs.screens.svg import BACKGROUND, COLUMN, FOREGROUND, PADDING, ROW, SIXTEEN, svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(written: str, columns: int = 20, rows: int = 3) -> ElementTree.Element:
    """Return the image of a screen, without the cursor."""
    screen = EmulatedScreen(columns, rows)
    screen.feed(f"{written}\x1b[?25l".encode())
    return ElementTree.fromstring(svg(screen, "a title"))  # noqa: S314  # our own


def texts(image: ElementTree.Element) -> list[tuple[str, float, float]]:
    """Return each text, its column and its width in cells."""
    return [
        (
            (text.text or "").replace("\u00a0", " "),
            float(text.attrib["x"]) / COLUMN,
            float(text.attrib["textLength"]) / COLUMN,
        )
        for text in image.iter(f"{SVG}text")
    ]


def rectangles(image: ElementTree.Element) -> list[tuple[str, list[float]]]:
    """Return the colour of each rectangle but the window, and where it is in cells: x, y, width, height."""
    sides = {"x": COLUMN, "y": ROW, "width": COLUMN, "height": ROW}
    found = list(image.iter(f"{SVG}rect"))[1:]
    return [(each.attrib["fill"], [float(each.attrib[name]) / unit for name, unit in sides.items()]) for each in found]


def look(written: str) -> dict[str, str]:
    """Return how the first text is drawn."""
    return next(drawn(written).iter(f"{SVG}text")).attrib


def test_the_image_has_the_size_of_the_screen() -> None:
    image = drawn("", columns=120, rows=36)
    size = 120 * COLUMN + 2 * PADDING, 36 * ROW + 2 * PADDING
    assert (image.attrib["width"], image.attrib["height"]) == tuple(map(str, size))
    assert image.attrib["viewBox"] == f"0 0 {size[0]} {size[1]}"
    assert image.findtext(f"{SVG}title") == image.attrib["aria-label"] == "a title"


def test_rows_are_below_each_other() -> None:
    groups = drawn("one\r\n\r\nthree").findall(f"{SVG}g")
    assert [group.attrib["transform"] for group in groups] == [
        f"translate({PADDING} {PADDING})",
        f"translate({PADDING} {PADDING + 2 * ROW})",
    ]


def test_blanks_are_none_that_browsers_leave_out() -> None:
    assert next(drawn("one  two").iter(f"{SVG}text")).text == "one\u00a0\u00a0two"


def test_text_is_where_it_was() -> None:
    assert texts(drawn("  one  two \x1b[1mbold")) == [("one  two", 2, 8), ("bold", 11, 4)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a日本b", [("a", 0, 1), ("日", 1, 2), ("本", 3, 2), ("b", 5, 1)]),
        ("🙂🙂", [("🙂🙂", 0, 4)]),
        ("e\u0301x", [("e\u0301", 0, 1), ("x", 1, 1)]),
        ("● Luca", [("●", 0, 1), ("Luca", 2, 4)]),
    ],
    ids=ascii,
)
def test_no_font_moves_what_stands_behind(written: str, expected: list[tuple[str, float, float]]) -> None:
    assert texts(drawn(written)) == expected


def test_what_means_something_in_xml() -> None:
    assert texts(drawn("<a>&amp;\"'\ufffe")) == [("<a>&amp;\"'", 0, 10), ("\ufffd", 10, 1)]


@pytest.mark.parametrize(
    ("codes", "colour"),
    [
        ("", FOREGROUND),
        ("31", SIXTEEN["red"]),
        ("93", SIXTEEN["brightbrown"]),
        ("38;5;196", "ff0000"),
        ("38;2;1;2;3", "010203"),
        ("7", BACKGROUND),
        ("7;41", SIXTEEN["red"]),
        ("38;2;255;255;255;48;2;0;0;0;2", "999999"),
    ],
)
def test_colours_of_characters(codes: str, colour: str) -> None:
    assert look(f"\x1b[{codes}mx")["fill"] == f"#{colour}"


@pytest.mark.parametrize(
    ("codes", "attribute", "value"),
    [
        ("1", "font-weight", "bold"),
        ("3", "font-style", "italic"),
        ("4", "text-decoration", "underline"),
        ("9", "text-decoration", "line-through"),
        ("4;9", "text-decoration", "underline line-through"),
    ],
)
def test_styles_of_characters(codes: str, attribute: str, value: str) -> None:
    assert look(f"\x1b[{codes}mx")[attribute] == value
    assert attribute not in look("x")


def test_underlined_blanks_are_drawn() -> None:
    assert texts(drawn("a  \x1b[4m  ")) == [("a", 0, 1), ("  ", 3, 2)]


def test_backgrounds() -> None:
    assert rectangles(drawn("a\x1b[41mbc\x1b[7m d\x1b[m ")) == [
        (f"#{SIXTEEN['red']}", [1, 0, 2, 1]),
        (f"#{FOREGROUND}", [3, 0, 2, 1]),
    ]


def test_half_blocks_fill_half_of_their_cells() -> None:
    image = drawn("\x1b[38;2;255;0;0;48;2;0;0;255m▀▀\x1b[m▐▐█")
    assert rectangles(image) == [
        ("#0000ff", [0, 0, 2, 1]),
        ("#ff0000", [0, 0, 2, 0.5]),
        (f"#{FOREGROUND}", [2.5, 0, 0.5, 1]),
        (f"#{FOREGROUND}", [3.5, 0, 0.5, 1]),
        (f"#{FOREGROUND}", [4, 0, 1, 1]),
    ]
    assert texts(image) == []


def test_lines_of_boxes_meet() -> None:
    image = drawn("\x1b[90m──┘")
    assert [(path.attrib["d"], path.attrib["stroke"]) for path in image.iter(f"{SVG}path")] == [
        ("M4.5 9.5h-4.5M4.5 9.5h4.5M13.5 9.5h-4.5M13.5 9.5h4.5", f"#{SIXTEEN['brightblack']}"),
        ("M22.5 9.5h-4.5M22.5 9.5v-9.5", f"#{SIXTEEN['brightblack']}"),
    ]


def test_the_cursor_is_a_block() -> None:
    screen = EmulatedScreen(20, 3)
    screen.feed(b"ab\x1b[1G")
    image = ElementTree.fromstring(svg(screen, "a title"))  # noqa: S314  # our own
    assert rectangles(image) == [(f"#{FOREGROUND}", [0, 0, 1, 1])]
    assert texts(image) == [("a", 0, 1), ("b", 1, 1)]


def test_the_same_screen_gives_the_same_image() -> None:
    written = "\x1b[1;31mone\x1b[m 日本 │ ▀▀"
    assert ElementTree.tostring(drawn(written)) == ElementTree.tostring(drawn(written))
