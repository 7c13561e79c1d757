"""Pages that are short for the length of their texts: a timeline goes on to the end by what the daemon says."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from told_history import ToldHistory

from slcpctl.view.timeline import PAGE, Timeline

TEXTS = 10


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldHistory]:
    """A history of TEXTS texts, of which three are on a page."""
    monkeypatch.setattr("slcpd.mailbox.MAX_PAGE_TEXT", 3 * len("Hallo"))
    with closing(ToldHistory(tmp_path)) as told:
        for _ in range(TEXTS):
            told.receive("Luca")
        yield told


def seqs(timeline: Timeline) -> list[int]:
    return [entry.seq for entry in timeline.entries]


def test_back_to_the_beginning(told: ToldHistory) -> None:
    timeline = Timeline("Luca")
    loaded = []
    while timeline.has_older:
        page = told.ask("history", **timeline.older())
        timeline.add_older(page["messages"], page["more"])
        loaded.append(len(timeline.entries))
    assert (loaded, seqs(timeline)) == ([3, 6, 9, TEXTS], list(range(1, TEXTS + 1)))


def test_on_to_the_newest(told: ToldHistory) -> None:
    timeline = Timeline("Luca")
    before, behind = timeline.around(2)
    page = told.ask("history", **before)
    timeline.add_older(page["messages"], page["more"])
    assert (seqs(timeline), timeline.has_older) == ([1, 2], False)
    timeline.has_newer = True
    while timeline.has_newer:
        page = told.ask("history", **(behind if len(timeline.entries) == 2 else timeline.newer()))
        timeline.add_newer(page["messages"], page["more"])
    assert seqs(timeline) == list(range(1, TEXTS + 1))


def test_where_it_is_not_told_a_short_page_is_the_last(told: ToldHistory) -> None:
    timeline = Timeline("Luca")
    timeline.add_older(told.ask("history", **timeline.older())["messages"])
    assert len(timeline.entries) < PAGE
    assert not timeline.has_older
