"""The title and the bar at the bottom, at any width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from screen_state import conversation, search, state_with, user
from shown_messages import plain, received, styles

from slcpctl.conversing.state import Page, State
from slcpctl.screen.bars import status, title, told
from slcpctl.screen.cells import line_width
from slcpctl.screen.pane import Pane


def title_of(state: State[Pane], columns: int = 60) -> str:
    [line] = title(state, columns)
    assert line_width(line) == columns
    return plain(line)


def status_of(state: State[Pane], columns: int = 80) -> str:
    [line] = status(state, columns)
    assert line_width(line) == columns
    return plain(line)


# The title


@pytest.mark.parametrize(
    ("trust", "words", "style"),
    [
        ("verified", "✓ verified", "class:good"),
        ("pinned", "encrypted", "class:good"),
        ("new", "encrypted, not met before", "class:dim"),
        ("plain", "not encrypted", "class:dim"),
        ("changed", "! not the key of before: /verify", "class:bad"),
    ],
)
def test_what_is_known_of_a_key_stands_beside_the_name(trust: str, words: str, style: str) -> None:
    state = state_with(users=[user(trust=trust)])
    assert title_of(state) == f" Luca{words:>54}"
    assert styles(title(state, 60)[0])[words] == style


@pytest.mark.parametrize("trust", ["", "of the future"])
def test_where_nothing_is_known_of_a_key_nothing_is_said(trust: str) -> None:
    assert title_of(state_with(users=[user(trust=trust)])) == " Luca"


@pytest.mark.parametrize(
    ("user_state", "words"),
    [("present", " Luca"), ("idle", " Luca  idle"), (None, " Luca  not here: what you write waits")],
)
def test_how_someone_is(user_state: str | None, words: str) -> None:
    users = [user(state=user_state, trust="")] if user_state else []
    assert title_of(state_with(users=users, conversations=[conversation("Luca", 1)])) == words


def test_of_a_name_that_nobody_has_it_is_said_before_something_is_written_to_it() -> None:
    assert title_of(state_with(to="Lucca")) == " Lucca  nobody of this name was here yet"


def test_an_automatic_answer_says_that_someone_is_away() -> None:
    state = state_with(users=[user(trust="")])
    event = {**received(8, automatic=True), "type": "text_received"}
    state.model.take(event, now=0.0)
    assert title_of(state) == " Luca  away"


def test_no_name_is_so_long_that_it_hides_another_key() -> None:
    handle = "L" * 64
    state = state_with(to=handle, users=[user(handle, trust="changed")])
    assert title_of(state, 70) == f" {'L' * 34}… ! not the key of before: /verify"
    assert title_of(state, 20) == " LLLLLLL… ! /verify"
    for columns in range(20, 200):
        assert title_of(state, columns).endswith((" ! not the key of before: /verify", "L… ! /verify"))


def test_two_of_one_name_are_told_apart() -> None:
    both = [user(number=1), user(number=2, trust="pinned")]
    assert title_of(state_with(users=both)) == f" Luca{'2 have this name: /to NAME@IP:PORT':>54}"
    assert title_of(state_with(to="Luca@10.0.0.2:5001", users=both)) == f" Luca@10.0.0.2:5001{'encrypted':>40}"


def test_everyone() -> None:
    assert title_of(state_with(to=None, users=[])) == f" everyone{'nobody here':>50}"
    assert title_of(state_with(to=None, users=[user("Luca", 1), user("Mia", 2)])) == f" everyone{'2 here':>50}"


def test_a_page_and_how_to_close_it() -> None:
    state = state_with()
    state.page = Page("Help", [])
    assert title_of(state) == f" Help{'Esc closes':>54}"


@pytest.mark.parametrize(
    ("hits", "has_older", "count"), [(0, False, "0"), (2, False, "2"), (2, True, "2+")], ids=["none", "all", "more"]
)
def test_a_search_counts_its_hits(hits: int, has_older: bool, count: str) -> None:
    state = state_with()
    search(state, "hallo", [received(seq) for seq in range(1, hits + 1)])
    assert state.found is not None
    state.found.timeline.has_older = has_older
    assert title_of(state) == f" Luca: {count} found".ljust(31) + "Enter goes there, Esc closes"


# The bar at the bottom


def test_the_bar_says_who_we_are_what_is_open_and_what_to_press() -> None:
    hints = "^N next unread  ^F search  Tab messages  F1 help  ^Q quit"
    assert status_of(state_with(), 100) == f" Ani · 1 here{hints:>86}"
    state = state_with(conversations=[conversation("Luca", 9, unread=3)], queued=2)
    state.model.settings["inactive"] = True
    assert status_of(state, 100).startswith(" Ani · 1 here · 2 queued · 3 unread · away  ")


def test_what_our_handle_hides_is_seen() -> None:
    assert status_of(state_with(handle="e\u202eil")).startswith(" e\\u202eil · 1 here ")


def test_where_there_is_little_room_the_hints_go_that_are_needed_least() -> None:
    state = state_with()
    assert status_of(state, 60).endswith("    ^F search  Tab messages  F1 help  ^Q quit")
    assert status_of(state, 40).endswith("    F1 help  ^Q quit")
    assert status_of(state, 23) == " Ani · 1 here  ^Q quit"
    assert status_of(state, 18) == " Ani · 1 here"


def test_why_there_is_no_daemon_takes_the_whole_bar() -> None:
    state = state_with()
    state.lost = "no daemon now: `slcpctl start` brings it back \x1b"
    assert status_of(state) == " no daemon now: `slcpctl start` brings it back \\x1b"
    assert {style for style, _ in status(state, 80)[0]} == {"class:status.lost"}


TEXTS = st.one_of(st.text(min_size=1), st.sampled_from(["日本語" * 20, "👩\u200d💻", "שלום", "\x1b[H"]))


@given(TEXTS, TEXTS, st.integers(2, 200))
def test_both_have_exactly_their_cells(own: str, handle: str, columns: int) -> None:
    state = state_with(to=handle, users=[user(handle, 1), user(handle, 2)])
    state.model.handle = own
    title_of(state, columns)
    status_of(state, columns)


# Answers


def test_an_answer_that_fits_keeps_its_styles() -> None:
    assert told([[("name", "Luca"), ("", "  present\x1b")], []], 40) == [
        [("class:name", "Luca"), ("", "  present\\x1b")],
        [],
    ]


def test_a_longer_line_is_wrapped_in_the_style_of_most_of_it() -> None:
    assert told([[("name", "Luca"), ("bad", "  is not here any more")]], 12) == [
        [("class:bad", "Luca  is not")],
        [("class:bad", "here any")],
        [("class:bad", "more")],
    ]


@given(st.lists(st.lists(st.tuples(st.sampled_from(["", "bad"]), TEXTS), max_size=3), max_size=3), st.integers(1, 60))
def test_no_line_of_an_answer_is_too_wide(lines: list[list[tuple[str, str]]], columns: int) -> None:
    found = told(lines, columns)
    assert len(found) >= len(lines)
    assert all(line_width(line) <= columns for line in found)
