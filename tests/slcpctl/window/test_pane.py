"""Which messages the window has laid out: those around what is seen, and never more than LAID."""

import pytest

from slcpctl.view.timeline import Timeline
from slcpctl.window.pane import LAID, MARGIN, Pane

ALL = 1_000


@pytest.fixture
def pane() -> Pane:
    """A pane of which the messages 1 to 1,000 are loaded."""
    return loaded(1)


def loaded(first: int) -> Pane:
    pane = Pane(Timeline("Luca"))
    pane.timeline.add_older([message(seq) for seq in range(first, ALL + 1)], more=True)
    return pane


def message(seq: int) -> dict[str, object]:
    about = {"direction": "in", "kind": "text", "state": "received", "reason": None, "handle": "Luca"}
    return {"seq": seq, "id": f"{seq}", "text": "Hallo", **about}


def laid(pane: Pane) -> list[int]:
    """Return the seqs from the first to the last that is laid out; all between them are too."""
    seqs = [entry.seq for entry, _ in pane.lay_out()]
    assert seqs == list(range(seqs[0], seqs[-1] + 1))
    return [seqs[0], seqs[-1]]


def test_at_first_the_newest(pane: Pane) -> None:
    assert laid(pane) == [ALL - LAID + 1, ALL]
    assert pane.is_newest_laid
    assert pane.shows_newest


def test_what_comes_is_followed(pane: Pane) -> None:
    pane.saw(980, ALL, at_end=True)
    pane.timeline.take(message(ALL + 1))
    assert laid(pane) == [ALL + 2 - LAID, ALL + 1]


def test_who_looks_elsewhere_is_left_there(pane: Pane) -> None:
    pane.saw(880, 900, at_end=False)
    before = laid(pane)
    pane.timeline.take(message(ALL + 1))
    assert laid(pane)[0] == before[0]
    assert not pane.shows_newest


@pytest.mark.parametrize("seen", [(770, 790), (500, 520), (MARGIN, MARGIN + 20), (1, 20)])
def test_what_is_seen_has_others_around_it(pane: Pane, seen: tuple[int, int]) -> None:
    pane.saw(*seen, at_end=False)
    first, last = laid(pane)
    assert last - first < LAID
    assert first <= max(seen[0] - MARGIN, 1)
    assert last >= min(seen[1] + MARGIN - 1, ALL)


def test_a_page_that_comes_is_laid_out_without_being_asked_for() -> None:
    pane = loaded(501)
    pane.saw(501, 530, at_end=False)
    assert laid(pane)[0] == 501
    pane.timeline.add_older([message(seq) for seq in range(401, 501)], more=True)
    assert laid(pane)[0] < 501


def test_a_message_that_is_chosen_is_laid_out(pane: Pane) -> None:
    pane.look_at(pane.find(300))
    first, last = laid(pane)
    assert first < 300 < last
    assert pane.moved == 1


def test_of_an_empty_conversation() -> None:
    pane = Pane(Timeline("Luca"))
    pane.timeline.add_older([], more=False)
    assert pane.lay_out() == []
    assert pane.is_newest_laid
