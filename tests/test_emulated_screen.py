"""The screen of the tests' terminal: what pyte alone does in another way than terminals do."""

from io import StringIO

import pytest
from emulated_screen import Cell, EmulatedScreen, Mode
from prompt_toolkit.data_structures import Size
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Attrs
from prompt_toolkit.utils import get_cwidth


def shown(text: str, columns: int = 20, rows: int = 4) -> EmulatedScreen:
    screen = EmulatedScreen(columns, rows)
    screen.feed(text.encode())
    return screen


@pytest.mark.parametrize(
    "text",
    ["Hallo", "日本", "🙂", "e\u0301", "👩\u200d💻", "❤\ufe0f", "안녕", "\uff21", "ไทย", "a\u200bb", "●◐○│", "ﬃ"],
    ids=ascii,
)
def test_a_text_is_as_wide_as_prompt_toolkit_takes_it_to_be(text: str) -> None:
    screen = shown(f"{text}|{text}|")
    width = get_cwidth(text)
    assert [screen.cell(column, 0).data for column in (width, 2 * width + 1)] == ["|", "|"]
    assert screen.text_lines[0] == f"{text}|{text}|"


def test_a_wide_character_has_an_empty_right_half() -> None:
    screen = shown("aか\u3099b")
    assert [screen.cell(column, 0).data for column in range(5)] == ["a", "か\u3099", "", "b", " "]


@pytest.mark.parametrize(
    ("written", "line"),
    [("日本\x1b[1Gx", "x 本"), ("日本\x1b[2Gx", " x本"), ("日本\x1b[2G語", " 語"), ("日本\x1b[4Gx", "日 x")],
    ids=["left half", "right half", "both neighbours", "right half at the end"],
)
def test_a_half_of_a_wide_character_does_not_stay(written: str, line: str) -> None:
    screen = shown(written)
    assert screen.text_lines[0] == line
    assert len("".join(screen.cell(column, 0).data or "." for column in range(20))) == 20


def test_a_wide_character_goes_to_the_next_line_whole() -> None:
    assert shown("abc日", columns=4).text_lines[:2] == ["abc", "日"]
    assert shown("\x1b[?7labc日", columns=4).text_lines[:2] == ["ab日", ""]


def test_a_text_is_found_by_its_column() -> None:
    screen = shown("\r\n日本e\u0301 Luca")
    assert screen.find("Luca") == (6, 1)
    assert screen.find("本") == (2, 1)
    assert screen.find("Ani") is None


def test_bytes_may_be_cut_anywhere() -> None:
    written = "\x1b[1;38;2;1;2;3m日\x1b[0m\x1b]2;title\x07\x1b[>4;1m\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\!".encode()
    for size in (1, 2, 3, 5):
        screen = EmulatedScreen(20, 4)
        for start in range(0, len(written), size):
            screen.feed(written[start : start + size])
        assert screen.text_lines[0] == "日link!"
        assert screen.cell(0, 0) == Cell("日", fg="010203", bold=True)
        assert screen.cell(2, 0) == Cell("l")
        assert screen.title == "title"


@pytest.mark.parametrize(
    "ignored",
    ["\x1b[>4;1m", "\x1b[<u", "\x1b[=1u", "\x1b[?4m", "\x1b[?2026$p", "\x1bP+q544e\x1b\\", "\x1b]11;?\x07", "\x1b[2 q"],
    ids=ascii,
)
def test_what_terminals_ignore_leaves_nothing(ignored: str) -> None:
    screen = shown(f"a{ignored}b")
    assert (screen.text_lines[0], screen.cell(1, 0), screen.title) == ("ab", Cell("b"), "")


@pytest.mark.parametrize("attribute", ["bold", "dim", "italic", "underline", "strike", "blink", "reverse"])
@pytest.mark.parametrize("depth", [ColorDepth.DEPTH_24_BIT, ColorDepth.DEPTH_8_BIT, ColorDepth.DEPTH_4_BIT])
def test_styles_of_prompt_toolkit(attribute: str, depth: ColorDepth) -> None:
    plain = Attrs("ff0000", "0000ff", False, False, False, False, False, False, False, False)
    cell = written_in(Attrs(**{**plain._asdict(), attribute: True}), depth)
    ours = {"italic": "italics", "underline": "underscore", "strike": "strikethrough"}.get(attribute, attribute)
    assert cell == Cell(**{**written_in(plain, depth)._asdict(), ours: True})


def written_in(attrs: Attrs, depth: ColorDepth) -> Cell:
    """Return what prompt_toolkit makes of a character."""
    written = StringIO()
    output = Vt100_Output(written, lambda: Size(4, 20))
    output.set_attributes(attrs, depth)
    output.write("x")
    output.flush()
    return shown(written.getvalue()).cell(0, 0)


def test_colours_of_each_depth() -> None:
    red_on_blue = Attrs("ff0000", "0000ff", False, False, False, False, False, False, False, False)
    assert written_in(red_on_blue, ColorDepth.DEPTH_24_BIT) == Cell("x", "ff0000", "0000ff")
    assert written_in(red_on_blue, ColorDepth.DEPTH_8_BIT) == Cell("x", "ff0000", "0000ff")
    assert written_in(red_on_blue, ColorDepth.DEPTH_4_BIT) == Cell("x", "brightred", "brightblue")
    assert written_in(red_on_blue, ColorDepth.DEPTH_1_BIT) == Cell("x")


def test_names_of_the_sixteen_colours() -> None:
    names = ["black", "red", "green", "brown", "blue", "magenta", "cyan", "white"]
    screen = shown("".join(f"\x1b[{start + index}mx" for start in (30, 90, 40, 100) for index in range(8)), columns=32)
    cells = [screen.cell(column, 0) for column in range(32)]
    both = [*names, *(f"bright{name}" for name in names)]
    assert [cell.fg for cell in cells[:16]] == [cell.bg for cell in cells[16:]] == both


def test_dim_ends_with_bold_and_with_everything() -> None:
    cells = [shown(f"\x1b[2m{code}x").cell(0, 0).dim for code in ("", "\x1b[1m", "\x1b[22m", "\x1b[0;1m", "\x1b[m")]
    assert cells == [True, True, False, False, False]
    assert not shown("\x1b[38;5;2mx\x1b[48;2;2;2;2mx").cell(1, 0).dim


def test_the_main_screen_comes_back() -> None:
    screen = shown("before\x1b[?1049h\x1b[Hchat")
    assert screen.text_lines[0] == "chat"
    assert screen.wants(Mode.ALTERNATE_SCREEN)
    screen.feed(b"\x1b[?1049l!")
    assert screen.text_lines[0] == "before!"


def test_modes_are_known_until_they_are_reset() -> None:
    screen = shown("\x1b[?1000h\x1b[?1003;1006h\x1b[?1003l")
    assert [mode for mode in Mode if screen.wants(mode)] == [Mode.MOUSE_BUTTONS, Mode.MOUSE_SGR]


def test_the_bell_is_counted_and_the_end_of_a_title_is_not() -> None:
    assert shown("\a\x1b]2;title\a\a").rang == 2


def test_questions_are_answered() -> None:
    answers: list[str] = []
    EmulatedScreen(20, 4, answers.append).feed(b"ab\r\ncd\x1b[6n")
    assert answers == ["\x1b[2;3R"]
