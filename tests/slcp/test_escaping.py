import shlex
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slcp.escaping import escape, quoted

BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"
INVISIBLE = "\xad\u180e\u200b\u2060\ufeff\ufff9\U000e0041" + BLANK_LETTERS
BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.text(st.characters(categories=None)))
def test_what_is_escaped_cannot_act_on_a_terminal(text: str) -> None:
    escaped = escape(text)
    assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") for char in escaped)
    assert not set(escaped) & set(BIDI_CONTROLS + INVISIBLE)
    escaped.encode()


@given(st.text(st.characters(categories=("L", "M", "N", "P", "S"), exclude_characters=BLANK_LETTERS)))
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        ("a\r\nAni: forged", "a\\x0d\\x0aAni: forged"),
        ("\udcff", "\\udcff"),
        ("Lu\u200bca", "Lu\\u200bca"),
        ("Lu\u200dca", "Lu\\u200dca"),
        ("\u200cLuca\u200d", "\\u200cLuca\\u200d"),
        ("\U000e0041", "\\U000e0041"),
        ("\u3164", "\\u3164"),
        ("\u05d0\u200c\u05d1", "\u05d0\u200c\u05d1"),
        ("1\xa0000 €", "1\xa0000 €"),
        ("👨\u200d👩\u200d👧 नमस्ते", "👨\u200d👩\u200d👧 नमस्ते"),
    ],
)
def test_what_acts_on_a_terminal_becomes_visible(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_a_quoted_word_is_one_word_of_a_shell(word: str) -> None:
    assert shlex.split(quoted(word)) == [word]


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("Luca", "Luca"),
        ("Jörg@127.0.0.1:5002", "Jörg@127.0.0.1:5002"),
        ("x;reboot", "'x;reboot'"),
        ("$(reboot)", "'$(reboot)'"),
        ("it's", "'it'\\''s'"),
        ("*", "'*'"),
        ("~root", "'~root'"),
    ],
)
def test_what_a_shell_would_act_on_is_quoted(word: str, shown: str) -> None:
    assert quoted(word) == shown
