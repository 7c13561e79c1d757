import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slcpctl.conversing.shell_words import last_word, meaning, quoted
from slcpctl.conversing.typed import SendImages, TypedError, parse

PATHS = st.text(st.characters(exclude_categories=[]) | st.sampled_from("'\"\\ \n\t~-#"), min_size=1)
TYPED = st.text("ab'\"\\ \t\n/")


@given(st.lists(PATHS, min_size=1))
def test_what_is_quoted_is_read_as_it_was(paths: list[str]) -> None:
    assert parse("/img " + " ".join(map(quoted, paths))) == SendImages(tuple(paths))


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("cat.png", "cat.png"),
        ("~/my cat.png", r"~/my\ cat.png"),
        ("it's", r"it\'s"),
        ("two\nlines", "'two\nlines'"),
        (" blank", "' blank'"),
        ("", "''"),
    ],
)
def test_quoted_as_people_would(path: str, word: str) -> None:
    assert quoted(path) == word


@given(TYPED)
def test_the_last_word_of_a_line_that_is_whole(text: str) -> None:
    """As the lines are read."""
    try:
        words = shlex.split(text)
    except ValueError:
        return
    word = last_word(text)
    assert text.endswith(word)
    assert shlex.split(text.removesuffix(word)) + shlex.split(word) == words
    assert meaning(word) == (words[-1] if word else "")


@pytest.mark.parametrize(
    ("text", "word", "means"),
    [
        ("", "", ""),
        ("a b ", "", ""),
        ("a My\\ Pics/", "My\\ Pics/", "My Pics/"),
        ("a 'My Pi", "'My Pi", "My Pi"),
        ('a "My Pi', '"My Pi', "My Pi"),
        ("a My\\", "My\\", "My"),
        ("a 'b c' d\\ ", "d\\ ", "d "),
        ('a "b\\', '"b\\', "b"),
        (r"a 'it'\\''s 'm", "'m", "m"),
    ],
)
def test_a_word_that_is_half_typed(text: str, word: str, means: str) -> None:
    assert (last_word(text), meaning(last_word(text))) == (word, means)


def test_a_word_that_is_not_ended_is_refused_when_it_is_sent() -> None:
    with pytest.raises(TypedError):
        parse("/img 'My Pi")
