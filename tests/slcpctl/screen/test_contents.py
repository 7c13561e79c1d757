"""The large part of the screen: always as high as it is, the newest at the bottom, and never empty without a word."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from screen_state import search, state_with
from shown_messages import CAT, Json, plain, received, sent, styles

from slcpctl.conversing.state import Page, State
from slcpctl.screen.cells import Line, line_width
from slcpctl.screen.contents import MOST_NOTICED, draw_notice, draw_page, draw_pane, index_at
from slcpctl.screen.pane import Pane
from slcpctl.view.transfers import MAX_TRANSFERS

COLUMNS, ROWS = 60, 12


def no_preview(message: Json, columns: int, rows: int) -> list[Line]:
    return []


def drawn(state: State[Pane], columns: int = COLUMNS, rows: int = ROWS) -> list[Line]:
    lines = draw_pane(state, no_preview, columns, rows)
    assert len(lines) == rows
    assert all(line_width(line) <= columns for line in lines)
    return lines


def texts(state: State[Pane], rows: int = ROWS) -> list[str]:
    """Return what stands in each row, from its name on."""
    return [plain(line)[8:] for line in drawn(state, rows=rows)]


def coming(number: int, handle: str = "Luca") -> Json:
    about = {"id": f"i{number}", "handle": handle, "direction": "in", "done": 500_000, "size": 1_000_000}
    return {"type": "image_progressed", **about}


# Messages


def test_the_newest_message_stands_at_the_bottom_with_a_blank_at_each_side() -> None:
    state = state_with([received(1), sent(2)])
    lines = drawn(state)
    assert [plain(line) for line in lines[:9]] == [""] * 9
    assert plain(lines[10]) == " 14:02  Luca      Hallo Ani!"
    assert plain(lines[11]) == f" 14:02  Ani       Hey Luca{'delivered':>33}"


def test_who_has_written_everything_is_seen_with_everyone() -> None:
    state = state_with([received(1, handle="Mia"), sent(2)], to=None)
    assert [text.split()[0] for text in texts(state)[-2:]] == ["Mia", "Ani"]
    assert "to Luca: Hey Luca" in texts(state)[-1]


def test_a_line_is_drawn_before_the_first_message_of_a_peer_that_is_new_and_no_second_one() -> None:
    state = state_with([received(1), sent(2), received(3), sent(4, automatic=True), received(5)])
    state.model.new_after = 1
    assert [text.split()[0] for text in texts(state)[-6:]] == ["Luca", "Ani", "since", "Luca", "Ani", "Luca"]
    state.model.new_after = None
    assert not any("since" in text for text in texts(state))


def test_among_hits_nothing_is_new() -> None:
    state = state_with([received(1)])
    state.model.new_after = 0
    search(state, "hallo", [received(1)])
    assert not any("since" in text for text in texts(state))


def test_a_picture_gets_the_room_that_there_is() -> None:
    asked: list[tuple[int, int]] = []

    def preview(message: Json, columns: int, rows: int) -> list[Line]:
        asked.append((columns, rows))
        return [[("#ffffff", "▀▀▀")]]

    lines = draw_pane(state_with([received(1, **CAT)]), preview, COLUMNS, ROWS)
    assert set(asked) == {(COLUMNS - 2, ROWS)}
    assert plain(lines[-1]).strip() == "▀▀▀"


def test_the_chosen_message_is_marked_in_all_its_cells_and_its_picture_keeps_its_colours() -> None:
    state = state_with([received(1), received(2, **CAT), received(3)])
    state.conversation.chosen = 2
    lines = draw_pane(state, lambda *_: [[("#ffffff bg:#000000", "▀▀▀")]], COLUMNS, ROWS)
    marked = [line for line in lines if any("class:chosen" in style for style, _ in line)]
    assert [plain(line).strip()[-3:] for line in marked] == [" kB", "▀▀▀"]
    for line in marked:
        assert line_width(line) == COLUMNS - 1
        assert all("class:chosen" in style for style, text in line[1:] if "▀" not in text)
    assert styles(marked[1])["▀▀▀"] == "#ffffff bg:#000000"


@pytest.mark.parametrize("scrolled", [0, 5])
def test_a_row_is_that_of_the_message_that_is_drawn_there(scrolled: int) -> None:
    state = state_with([received(seq, text=f"number {seq}\nmore of {seq}") for seq in range(1, 21)])
    drawn(state)
    state.pane.scroll(scrolled)
    for row, text in enumerate(texts(state)):
        index = index_at(state.pane, row)
        assert index is not None
        assert text.split()[-1] == str(state.pane.number(index))


def test_a_row_without_a_message_is_that_of_none() -> None:
    state = state_with([received(1)])
    state.model.take(coming(1), time.monotonic())
    assert texts(state)[-2].startswith("Luca")
    assert [index_at(state.pane, row) for row in range(ROWS)] == [None] * 9 + [0, 0, None]


# Images on their way


def test_what_is_coming_stands_below_the_newest_message() -> None:
    state = state_with([received(1)])
    state.model.take(coming(1), time.monotonic())
    assert texts(state)[-2].startswith("Luca      Hallo Ani!")
    assert plain(drawn(state)[-1]) == " Luca sends an image  ██████████░░░░░░░░░░  50%  of 1 MB"


def test_what_we_send_shows_how_far_it_is_below_its_message() -> None:
    state = state_with([sent(1, **CAT, state="sending")])
    state.model.take({**coming(1), "id": "m1", "direction": "out"}, time.monotonic())
    assert plain(drawn(state)[-1]).strip() == "██████████░░░░░░░░░░  50%  of 1 MB"


def test_the_handle_of_who_sends_something_acts_on_no_terminal() -> None:
    state = state_with(to=None)
    state.model.take(coming(1, "e\x1b[2J"), time.monotonic())
    assert plain(drawn(state)[-1]).startswith(" e\\x1b[2J sends an image")


def test_what_is_coming_from_others_stands_elsewhere() -> None:
    state = state_with([received(1)])
    state.model.take(coming(1, "Mia"), time.monotonic())
    assert texts(state)[-1].startswith("Luca")
    state.open(None)
    state.conversation.timeline.add_older([received(1)])
    assert "Mia sends an image" in plain(drawn(state)[-1])
    search(state, "hallo", [])
    assert not any("sends an image" in plain(line) for line in drawn(state))


@pytest.mark.parametrize("rows", [1, 2, 5, 12, 40])
def test_however_many_images_strangers_send_at_once_most_of_the_screen_is_for_messages(rows: int) -> None:
    state = state_with([received(seq) for seq in range(1, 100)], to=None)
    for number in range(MAX_TRANSFERS):
        state.model.take(coming(number, f"stranger{number}"), time.monotonic())
    lines = [plain(line) for line in drawn(state, rows=rows)]
    assert sum("sends an image" in line for line in lines) == rows // 3
    assert sum("Hallo Ani!" in line for line in lines) == rows - rows // 3


def test_an_image_is_seen_coming_where_nothing_has_been_said_yet() -> None:
    state = state_with()
    state.model.take(coming(1), time.monotonic())
    lines = drawn(state)
    assert "No messages with Luca yet" in plain(lines[1])
    assert "Luca sends an image" in plain(lines[-1])


# Nothing to see


def said(state: State[Pane], columns: int = 200) -> str:
    return " ".join(plain(line).strip() for line in drawn(state, columns=columns))


@pytest.mark.parametrize(
    ("state", "hint"),
    [
        (state_with(), "Type one, Enter sends it."),
        (state_with(to=None), "What you type here goes to everyone who is here."),
        (state_with(to=None, users=[]), "`slcpctl config peers IP`"),
        (state_with(to="Mia"), "No messages with Mia yet. Is the name right? /users shows who is here."),
        (state_with(to="e\x1b[2J"), "No messages with e\\x1b[2J yet."),
    ],
    ids=["a person", "everyone", "nobody is here", "nobody of this name", "hostile"],
)
def test_where_nothing_has_been_said_it_is_said_what_to_do(state: State[Pane], hint: str) -> None:
    assert hint in said(state)


def test_while_the_first_page_is_on_its_way_nothing_is_said() -> None:
    state = state_with()
    state.open("Luca")
    assert said(state).strip() == ""


@pytest.mark.parametrize(
    ("words", "hint"), [("hallo", "nothing found"), ("", "type words that the messages have"), ("  ", "type words")]
)
def test_a_search_without_hits_says_so(words: str, hint: str) -> None:
    state = state_with([received(1)])
    search(state, words)
    assert said(state).strip() == ""
    search(state, words, [])
    assert hint in said(state)


# Any size


MESSAGES = st.lists(st.tuples(st.booleans(), st.text(max_size=200), st.booleans()), max_size=15)


@settings(max_examples=150, deadline=None)
@given(MESSAGES, st.integers(20, 200), st.integers(1, 50), st.integers(-20, 20), st.integers(0, 4))
def test_the_rows_are_as_many_and_as_wide_as_there_are(
    known: list[tuple[bool, str, bool]], columns: int, rows: int, up: int, images: int
) -> None:
    messages = [
        {**(received if is_in else sent)(seq, text), **(CAT if is_image else {})}
        for seq, (is_in, text, is_image) in enumerate(known, start=1)
    ]
    state = state_with(messages)
    for number in range(images):
        state.model.take(coming(number), time.monotonic())
    drawn(state, columns, rows)
    state.pane.scroll(up)
    state.pane.choose(-1)
    drawn(state, columns, rows)


# Pages and notices


def page_of(count: int) -> State[Pane]:
    state = state_with()
    state.page = Page("Help", [[("name", f"line {number}")] for number in range(1, count + 1)])
    return state


def test_a_page_is_seen_from_its_top_and_scrolled_to_its_ends() -> None:
    state = page_of(30)
    assert state.page is not None
    assert [plain(line) for line in draw_page(state, 60, 3)] == [" line 1", " line 2", " line 3"]
    state.page.first += 100
    assert [plain(line) for line in draw_page(state, 60, 3)] == [" line 28", " line 29", " line 30"]
    state.page.first -= 1
    assert plain(draw_page(state, 60, 3)[0]) == " line 27"
    state.page.first -= 100
    assert plain(draw_page(state, 60, 3)[0]) == " line 1"


def test_a_short_page_does_not_scroll() -> None:
    state = page_of(2)
    assert state.page is not None
    state.page.first = 1
    assert [plain(line) for line in draw_page(state, 60, 10)] == [" line 1", " line 2"]
    assert state.page.first == 0


def test_where_no_page_is_open_none_is_drawn() -> None:
    assert draw_page(state_with(), 60, 10) == []


def test_a_notice_is_wrapped_and_harmless() -> None:
    state = state_with()
    state.tell([[("bad", "no such file: a\x07 b")]])
    assert draw_notice(state, 16) == [
        [("", " "), ("class:bad", "no such file:")],
        [("", " "), ("class:bad", "a\\x07 b")],
    ]


def test_a_long_notice_leaves_the_conversation_its_place() -> None:
    state = state_with()
    state.tell([[("bad", "word " * 50)]])
    assert len(draw_notice(state, 200)) == 2
    lines = draw_notice(state, 30)
    assert len(lines) == MOST_NOTICED
    assert all(line_width(line) <= 30 for line in lines)
    assert plain(lines[-1]).endswith("word…")
