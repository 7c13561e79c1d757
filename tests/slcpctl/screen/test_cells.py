"""Text of peers in cells: whatever it is, it drives no terminal, and takes the cells that it is thought to take."""

import re
import sys
import unicodedata

import pytest
from emulated_screen import EmulatedScreen
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from slcpctl.screen import cells as module
from slcpctl.screen.cells import (
    Line,
    both_ends,
    clipped,
    cut,
    filled,
    line_width,
    padded,
    shown,
    width,
    wrapped,
)

LRM = "\u200e"
FLAG_LETTERS = [chr(0x1F1E6 + index) for index in range(26)]
TONES = "🏻🏼🏽🏾🏿"
SEQUENCES = [
    "👩\u200d💻",
    "👨\u200d👩\u200d👧",
    "👍🏽",
    "👩🏾\u200d🚀",
    "❤\ufe0f",
    "☝\ufe0f🏽",
    "1\ufe0f\u20e3",
    "🇩🇪",
    "🏴\U000e0067\U000e007f",
]
PIECES = [
    *SEQUENCES,
    *TONES,
    *"日本語한か\u3099ไทย",
    "e\u0301",
    "\u0301",
    "नमस्ते",
    "שלום",
    "سلام",
    *"\t \u3000\xa0",
    "\x1b[31m",
    "\u202e",
]
TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(categories=None)),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text("ab .", max_size=4)), max_size=30).map("".join),
)
LINES = st.lists(st.tuples(st.sampled_from(["", "class:dim"]), TEXTS.map(shown)), max_size=4)
CELLS = st.integers(0, 60)


def is_from_right(char: str) -> bool:
    return unicodedata.bidirectional(char) in ("R", "AL", "AN")


def is_contained(text: str) -> bool:
    """Tell whether what stands behind a text cannot be drawn within it, where terminals reorder."""
    last = max((index for index, char in enumerate(text) if is_from_right(char)), default=-1)
    return last < 0 or LRM in text[last:]


# What is drawn


@given(TEXTS)
def test_nothing_that_is_drawn_drives_a_terminal(text: str) -> None:
    drawn = shown(text)
    body = drawn.removesuffix(LRM)
    assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") for char in drawn)
    assert not re.search("[\u061c\u200b\u200d-\u200f\u202a-\u202e\u2060-\u206f\ufe0e\ufe0f\ufeff]", body)
    assert is_contained(drawn)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Hallo Ani!", "Hallo Ani!"),
        ("\x1b[2J\x07\r", r"\x1b[2J\x07\x0d"),
        ("a\tb\t\tc", "a   b       c"),
        ("👩\u200d💻", "👩💻"),
        ("👍🏽 👍🏻🏿", "👍 👍"),
        ("☝\ufe0f🏽", "☝"),
        ("❤\ufe0f 1\ufe0f\u20e3", "❤ 1\u20e3"),
        ("🇩🇪 🇨🇭", "DE CH"),
        ("e\u0301日本", "e\u0301日本"),
        ("שלום", "שלום" + LRM),
        ("سلام!", "سلام!" + LRM),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
    ],
    ids=ascii,
)
def test_a_text_as_it_is_drawn(text: str, drawn: str) -> None:
    assert shown(text) == drawn


@pytest.mark.parametrize("tone", TONES, ids=ascii)
def test_a_tone_without_an_emoji_is_not_left_out_for_then_two_handles_would_look_like_one(tone: str) -> None:
    for handle in ("Luca" + tone, tone + "Luca", "日" + tone):
        assert shown(handle) == handle.replace(tone, f"\\U{ord(tone):08x}")


def test_every_letter_from_right_to_left_is_contained() -> None:
    letters = [chr(code) for code in range(sys.maxunicode + 1) if is_from_right(chr(code))]
    assert [letter for letter in letters if not shown(letter).endswith(LRM) and shown(letter) == letter] == []


# How wide it is


def cells_on_a_screen(text: str) -> int:
    """Draw a text on one long line, and see where the cursor is then."""
    screen = EmulatedScreen(1_000, 1)
    screen.feed(f"x{text}".encode())
    return screen.cursor.x - 1


@given(st.one_of(TEXTS, st.text(st.characters(categories=None), max_size=20)).filter(lambda text: len(text) < 80))
def test_a_text_takes_the_cells_of_the_screen_that_it_is_thought_to_take(text: str) -> None:
    drawn = shown(text)
    assert width(drawn) == cells_on_a_screen(drawn)


def test_every_character_takes_the_cells_of_the_screen_that_it_is_thought_to_take() -> None:
    """In chunks; those of the large blocks, in which all are alike, by their ends."""
    known = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) not in ("Cn", "Co")]
    alike = re.compile("CJK UNIFIED|HANGUL SYLLABLE|TANGUT IDEOGRAPH|EGYPTIAN|CUNEIFORM|ANATOLIAN")
    characters = [char for char in known if not alike.match(unicodedata.name(char, ""))] + [
        *"一龥가힣\U00020000\U00017000"
    ]
    assert len(characters) > 30_000
    for start in range(0, len(characters), 64):
        drawn = [shown(char) for char in characters[start : start + 64]]
        assert sum(map(width, drawn)) == cells_on_a_screen("".join(drawn)), ascii(drawn)


EMOJI = st.one_of(
    st.sampled_from([*SEQUENCES, *TONES, *FLAG_LETTERS, "\u200d", "\ufe0e", "\ufe0f", "\u20e3", "1", "a", "é", "日"]),
    st.characters(min_codepoint=0x2600, max_codepoint=0x27BF),
    st.characters(min_codepoint=0x1F000, max_codepoint=0x1FAFF),
)


@given(st.lists(EMOJI, max_size=20).map("".join))
def test_whether_a_terminal_joins_emoji_or_not_makes_no_difference(text: str) -> None:
    """wcswidth counts as those terminals do that join what belongs together, width as the others."""
    drawn = shown(text)
    assert wcswidth(drawn) == width(drawn)


# What is cut


@given(TEXTS, CELLS)
def test_a_text_that_is_cut_fits_and_says_so(text: str, cells: int) -> None:
    drawn = shown(text)
    short = cut(drawn, cells)
    assert width(short) <= cells
    assert is_contained(short)
    if width(drawn) <= cells:
        assert short == drawn
    elif cells:
        head, ellipsis, rest = short.rpartition("…")
        assert (ellipsis, rest.strip(LRM)) == ("…", "")
        assert drawn.startswith(head)
        assert width(head) >= cells - 2  # a wide character may not fit into the last one


@given(TEXTS, CELLS)
def test_a_padded_text_has_exactly_its_cells(text: str, cells: int) -> None:
    assert width(padded(shown(text), cells)) == cells


@given(LINES, CELLS)
def test_a_clipped_line_fits_and_a_filled_one_has_exactly_its_cells(line: Line, cells: int) -> None:
    short, full = clipped(line, cells), filled(line, cells, "class:end")
    assert line_width(short) <= cells
    assert line_width(full) == cells
    assert full[: len(short)] == short
    assert [style for style, _ in short] == [style for style, _ in line[: len(short)]]
    if line_width(line) <= cells:
        assert short == line
    assert all(is_contained(text) for _, text in full)


def test_a_line_that_is_cut_is_cut_once() -> None:
    assert clipped([("a", "Hallo "), ("b", "Ani!"), ("c", "!")], 8) == [("a", "Hallo "), ("b", "A…")]
    assert filled([("a", "日本")], 3, "end") == [("a", "日…")]
    assert filled([("a", "日本語")], 4, "end") == [("a", "日…"), ("end", " ")]


@given(LINES, LINES, st.integers(1, 60))
def test_a_line_with_two_ends_has_exactly_its_cells(left: Line, right: Line, cells: int) -> None:
    line = both_ends(left, right, cells)
    assert line_width(line) == cells
    fits = line_width(left) + 1 + line_width(right) <= cells
    if fits:
        assert line[: len(left)] == left
        assert line[len(line) - len(right) :] == right
    else:
        assert line == filled(left, cells)


# What is wrapped


def content(*lines: str) -> str:
    return re.sub(rf"[\s{LRM}]", "", "".join(lines))


@given(TEXTS, st.integers(2, 60))
def test_wrapped_lines_fit_and_nothing_but_blanks_is_lost(text: str, cells: int) -> None:
    drawn = shown(text)
    lines = wrapped(drawn, cells)
    assert lines
    assert max(map(width, lines)) <= cells
    assert content(*lines) == content(drawn)
    assert all(map(is_contained, lines))


@given(TEXTS.filter(bool))
def test_where_there_is_hardly_any_room_a_character_stands_in_each_line(text: str) -> None:
    drawn = shown(text)
    for cells in (0, 1):
        lines = wrapped(drawn, cells)
        assert content(*lines) == content(drawn)
        assert max(map(width, lines)) <= 2


@given(st.lists(st.text("ab日שé", min_size=1, max_size=5), min_size=1), st.integers(10, 30))
def test_words_that_fit_are_not_broken_and_each_line_has_as_many_as_fit(words: list[str], cells: int) -> None:
    lines = wrapped(shown(" ".join(words)), cells)
    found = [line.replace(LRM, "").split(" ") for line in lines]
    assert [word for line in found for word in line] == words
    for line, following in zip(lines, found[1:], strict=False):
        assert width(f"{line} {following[0]}") > cells


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ("",)),
        ("Hallo Ani", ("Hallo", "Ani")),
        ("Hallo   Ani", ("Hallo", "Ani")),
        ("aaaaaabbbbbbc", ("aaaaaa", "bbbbbb", "c")),
        ("  indented text", ("  inde", "nted", "text")),
        ("日本語日本", ("日本語", "日本")),
        ("שלום עולם", (f"שלום{LRM}", f"עולם{LRM}")),
    ],
    ids=ascii,
)
def test_lines_of_six_cells(text: str, lines: tuple[str, ...]) -> None:
    assert wrapped(shown(text), 6) == lines


def test_a_long_text_of_a_peer_is_looked_at_a_few_times_not_once_for_each_of_its_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "é " * 5_000
    looks = 0

    def counted(char: str) -> int:
        nonlocal looks
        looks += len(char)
        return 1

    monkeypatch.setattr(module, "get_cwidth", counted)
    assert len(wrapped(text, 40)) == 250
    assert looks <= 3 * len(text)
