"""One conversation as a column: what of it is seen, chosen, and should be loaded."""

from collections.abc import Iterable
from datetime import date

import pytest
from shown_messages import CAT, Json, plain, received, sent

from slcpctl.screen.drawing import Facts
from slcpctl.screen.pane import Pane
from slcpctl.view.timeline import PAGE, Timeline

FACTS = Facts(60, "Ani", False, None, date(2026, 11, 24), lambda _: None, lambda _: [])
ROWS = 10


def pane_of(messages: Iterable[Json], has_older: bool = False, has_newer: bool = False) -> Pane:
    """Make a pane of these messages, drawn once."""
    timeline = Timeline("Luca")
    timeline.add_older(list(messages))
    timeline.has_older, timeline.has_newer = has_older, has_newer
    pane = Pane(timeline)
    pane.draw(FACTS, ROWS)
    return pane


def many(first: int, last: int) -> list[Json]:
    return [received(seq, text=f"number {seq}") for seq in range(first, last + 1)]


def seen(pane: Pane) -> list[str]:
    """Draw it; return what the messages say that are seen."""
    return [plain(line).split("  ")[-1] for _, line in pane.draw(FACTS, ROWS)]


def numbers(first: int, last: int) -> list[str]:
    return [f"number {number}" for number in range(first, last + 1)]


# What is seen


def test_the_newest_are_seen_until_someone_scrolls() -> None:
    pane = pane_of(many(1, 30))
    assert seen(pane) == numbers(21, 30)
    assert pane.shows_newest
    pane.timeline.take(received(31, text="number 31"))
    assert seen(pane) == numbers(22, 31)
    pane.scroll(5)
    assert not pane.shows_newest
    pane.timeline.take(received(32, text="number 32"))
    assert seen(pane) == numbers(17, 26)
    pane.to_end()
    assert seen(pane) == numbers(23, 32)
    assert pane.shows_newest


def test_a_page_before_moves_nothing() -> None:
    pane = pane_of(many(101, 130), has_older=True)
    pane.scroll(10)
    before = seen(pane)
    pane.timeline.add_older(many(1, 100))
    assert seen(pane) == before


def test_where_newer_ones_are_not_loaded_the_end_is_not_the_newest() -> None:
    pane = pane_of(many(1, 30))
    pane.timeline.has_newer = True
    assert not pane.shows_newest
    seen(pane)
    assert not pane.shows_newest
    before = seen(pane)
    pane.timeline.add_newer(many(31, 40))
    assert seen(pane) == before


def test_whoever_scrolls_to_the_end_while_newer_ones_are_on_their_way_is_not_taken_along() -> None:
    pane = pane_of(many(1, 30), has_newer=True)
    pane.scroll(3)
    pane.scroll(-10)
    pane.timeline.add_newer(many(31, 40))
    assert seen(pane) == numbers(21, 30)


def test_a_pane_that_was_never_drawn_shows_nothing() -> None:
    pane = Pane(Timeline())
    assert pane.seen() == []
    assert pane.block(0) == [[]]


def test_the_messages_that_are_seen_are_those_of_which_a_line_is() -> None:
    pane = pane_of([*many(1, 30), received(31, text="\n" * 6)])
    assert [entry.seq for entry in pane.seen_entries()] == [28, 29, 30, 31]
    pane.scroll(8)
    seen(pane)
    assert [entry.seq for entry in pane.seen_entries()] == list(range(20, 30))
    assert Pane(Timeline()).seen_entries() == []


# What should be loaded


def test_a_page_is_loaded_when_the_screen_comes_near_the_end_of_what_is_loaded() -> None:
    pane = pane_of(many(1, 100), has_older=True, has_newer=True)
    pane.to_end()
    seen(pane)
    assert pane.lacks == "newer"
    pane.scroll(40)
    seen(pane)
    assert pane.lacks is None
    pane.scroll(100)
    seen(pane)
    assert pane.lacks == "older"


@pytest.mark.parametrize(("up", "lacking"), [(79, None), (80, "older"), (11, None), (10, "newer")])
def test_that_is_a_screenful_ahead(up: int, lacking: str | None) -> None:
    pane = pane_of(many(1, 100), has_older=True, has_newer=True)
    pane.scroll(up)
    seen(pane)
    assert pane.lacks == lacking


def test_at_first_the_newest_page_is_loaded() -> None:
    assert Pane(Timeline()).lacks == "older"


def test_where_all_is_loaded_nothing_is_lacking() -> None:
    assert pane_of(many(1, 3)).lacks is None
    assert pane_of([]).lacks is None
    assert pane_of([], has_newer=True).lacks is None


def test_one_page_is_loaded_at_a_time() -> None:
    pane = pane_of(many(1, 100), has_older=True)
    pane.scroll(100)
    seen(pane)
    pane.is_loading = True
    assert pane.lacks is None


def test_a_page_that_fills_no_screen_is_followed_by_another() -> None:
    batch = [sent(seq, batch="b1") for seq in range(1, PAGE + 1)]
    pane = Pane(Timeline())
    pane.timeline.add_older(batch)
    pane.draw(FACTS, ROWS)
    assert len(pane) == 1
    assert pane.lacks == "older"


# What is chosen


def test_the_newest_that_is_seen_is_chosen_first_then_those_around_it() -> None:
    pane = pane_of(many(1, 30))
    assert pane.chosen_entry is None
    pane.scroll(5)
    seen(pane)
    pane.choose(-1)
    assert pane.chosen == 25
    pane.choose(-3)
    assert pane.chosen == 22
    pane.choose(2)
    assert pane.chosen == 24
    assert pane.chosen_entry is not None
    assert pane.chosen_entry.message["text"] == "number 24"


def test_the_chosen_one_is_seen_and_no_step_leads_out() -> None:
    pane = pane_of(many(1, 30))
    pane.choose(0)
    pane.choose(-12)
    assert seen(pane) == numbers(18, 27)
    pane.choose(-100)
    assert seen(pane)[1:] == numbers(1, 9)  # below the name of the day
    assert pane.chosen == 1
    pane.choose(100)
    assert seen(pane) == numbers(21, 30)
    assert pane.chosen == 30


def test_a_message_stays_chosen_whatever_comes_before_and_behind_it() -> None:
    pane = pane_of(many(101, 130), has_older=True)
    pane.choose(0)
    pane.choose(-5)
    pane.timeline.add_older(many(1, 100))
    pane.timeline.take(received(131))
    assert pane.chosen_entry is not None
    assert pane.chosen_entry.seq == 125
    pane.choose(-1)
    assert pane.chosen == 124


def test_when_the_chosen_one_is_let_go_another_one_is_chosen() -> None:
    pane = pane_of(many(1, 30))
    pane.chosen = 99
    assert pane.chosen_entry is not None
    assert pane.chosen_entry.seq == 30
    assert seen(pane) == numbers(21, 30)


def test_when_it_is_let_go_before_it_was_seen_another_one_is_seen() -> None:
    pane = pane_of(many(1, 30))
    pane.scroll(100)
    pane.choose_at(29)
    del pane.timeline.entries[25:]
    assert seen(pane) == numbers(16, 25)


def test_whoever_scrolls_leaves_the_chosen_one() -> None:
    pane = pane_of(many(1, 30))
    pane.choose_at(3)
    assert seen(pane) == numbers(4, 13)
    pane.scroll(-100)
    assert seen(pane) == numbers(21, 30)


def test_a_hit_is_seen_in_the_middle() -> None:
    pane = pane_of(many(1, 100))
    pane.look_at(49)
    assert seen(pane) == numbers(46, 55)
    assert pane.chosen == 50


def test_the_end_is_seen_without_anything_chosen() -> None:
    pane = pane_of(many(1, 30))
    pane.choose_at(3)
    seen(pane)
    pane.to_end()
    assert pane.chosen is None
    assert seen(pane) == numbers(21, 30)


def test_nothing_can_be_chosen_of_nothing() -> None:
    pane = pane_of([])
    pane.choose(0)
    assert (pane.chosen, pane.chosen_entry, pane.newest_image()) == (None, None, None)


@pytest.mark.parametrize(("chosen", "image"), [(None, "m3"), (2, "m2"), (4, None)])
def test_the_image_that_is_meant_is_the_chosen_one_or_the_newest(chosen: int | None, image: str | None) -> None:
    pane = pane_of([received(1), received(2, **CAT), received(3, **CAT), received(4)])
    pane.chosen = chosen
    found = pane.newest_image()
    assert (found and found["id"]) == image
