"""A conversation as it is loaded, against a real history: pages and events in every order show what that holds."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told_history import Json, ToldHistory

from slcp.results import MessageEntry
from slcpctl.view import timeline as module
from slcpctl.view.messages import StateChange, brought, changed
from slcpctl.view.timeline import MAX_EARLY, Timeline

PAGE = 3
PEOPLE = ("Luca", "Mia", "Tom")


@pytest.fixture(autouse=True, scope="module")
def _small_pages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAGE", PAGE)
        yield


@pytest.fixture
def told(tmp_path: Path) -> Iterator[ToldHistory]:
    with closing(ToldHistory(tmp_path)) as told:
        yield told


class Client:
    """Loads pages and follows the events, each as fast as the test wants."""

    def __init__(self, told: ToldHistory, handle: str | None = None) -> None:
        self.told = told
        self.timeline = Timeline(handle)
        self._seq = told.status["seq"]
        self._asked: tuple[str, Json] | None = None  # which page, and the query
        self._answer: Json | None = None

    def follow(self, most: int = 1_000) -> None:
        """Take the next events, at most so many."""
        for event in self.told.events(self._seq)[:most]:
            self._seq = event["seq"]
            message, change = brought(event), changed(event)
            if message:
                self.timeline.take(message)
            if change:
                self.timeline.change(change)

    def step(self, which: str = "older") -> None:
        """Ask for a page, or let the daemon answer, or take its answer: whatever is next."""
        if self._asked is None:
            self._ask(which)
        elif self._answer is None:
            self._answer = self.told.ask("history", **self._asked[1])
        else:
            add = {"older": self.timeline.add_older, "newer": self.timeline.add_newer}[self._asked[0]]
            add(self._answer["messages"], self._answer["more"])
            self._asked = self._answer = None

    def load(self, which: str) -> None:
        """Have what is on its way, and one page more, if there is one."""
        while self._asked is not None:
            self.step()
        for _ in range(3):
            self.step(which)

    def _ask(self, which: str) -> None:
        timeline = self.timeline
        if which == "older" and timeline.has_older:
            self._asked = which, timeline.older()
        elif which == "newer" and timeline.has_newer:
            self._asked = which, timeline.newer()

    def load_all(self) -> None:
        """Follow to the end, and load everything in both directions."""
        self.follow()
        self.load("older")
        for _ in range(len(self.told.messages()) + 1):
            self.load("older" if self.timeline.has_older else "newer")


def check_order(client: Client) -> list[MessageEntry]:
    """Fail unless what is loaded is a part of the history without gaps or doubles. Returns that part."""
    timeline = client.timeline
    every = client.told.messages(timeline.handle)
    homes = {message.id: (index, message.seq) for index, message in enumerate(every)}
    copies = [(copy["seq"], copy["id"]) for entry in timeline.entries for copy in entry.copies]
    assert len({name for _, name in copies}) == len(copies)
    assert copies == sorted(copies)
    at_home = [name for seq, name in copies if seq == homes[name][1]]  # others have been queued again lately
    if not at_home:
        return []
    part = every[homes[at_home[0]][0] : homes[at_home[-1]][0] + 1]
    assert at_home == [message.id for message in part]
    shown = [[copy["id"] for copy in entry.copies if copy["id"] in at_home] for entry in timeline.entries]
    assert [ids for ids in shown if ids] == entries_of(part, timeline.handle is None)
    return part


def entries_of(messages: list[MessageEntry], of_everyone: bool) -> list[list[str]]:
    """Return the ids of what is shown as one: with everyone the copies of one request."""
    groups = groupby(messages, lambda each: (of_everyone and each.batch) or each.id)
    return [[message.id for message in group] for _, group in groups]


def check_states(client: Client) -> None:
    """Fail unless each message is in the state in which it is now."""
    now = {each.id: (each.state, each.reason) for each in client.told.messages(client.timeline.handle)}
    copies = [copy for entry in client.timeline.entries for copy in entry.copies]
    assert {copy["id"]: (copy["state"], copy["reason"]) for copy in copies}.items() <= now.items()


# In any order

HAPPENINGS = st.one_of(
    st.tuples(st.just("receive"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("queue"), st.sampled_from(PEOPLE)),
    st.just(("queue", *PEOPLE)),
    st.tuples(st.just("end"), st.sampled_from(["sent", "delivered", "cancelled", "failed"]), st.integers(0, 9)),
    st.tuples(st.just("end"), st.just("failed"), st.integers(0, 9)),
    st.tuples(st.just("retry"), st.integers(0, 9)),
)
LOOKS = st.one_of(
    st.tuples(st.just("follow"), st.integers(1, 5)),
    st.tuples(st.just("step"), st.sampled_from(["older", "older", "newer"])),
)


def run(client: Client, steps: list[Any]) -> Iterator[None]:
    """Let things happen, and the client load and follow."""
    for name, *arguments in steps:
        yield getattr(client if name in ("follow", "step") else client.told, name)(*arguments)


@contextmanager
def history_after(steps: list[Any]) -> Iterator[ToldHistory]:
    """A history in which something has happened."""
    with tempfile.TemporaryDirectory(prefix="slcp-test-") as folder, closing(ToldHistory(Path(folder))) as told:
        for name, *arguments in steps:
            getattr(told, name)(*arguments)
        yield told


@settings(max_examples=100, deadline=None)
@given(
    before=st.lists(HAPPENINGS, max_size=15),
    steps=st.lists(st.one_of(HAPPENINGS, LOOKS, LOOKS), max_size=40),
    handle=st.sampled_from([None, "Luca"]),
)
def test_pages_and_events_in_any_order_show_the_history(
    before: list[Any], steps: list[Any], handle: str | None
) -> None:
    with history_after(before) as told:
        client = Client(told, handle)
        list(run(client, steps))
        client.load_all()
        assert check_order(client) == told.messages(handle)
        check_states(client)
        assert not client.timeline.has_older
        assert not client.timeline.has_newer


@settings(max_examples=100, deadline=None)
@given(
    before=st.lists(HAPPENINGS, min_size=10, max_size=30),
    steps=st.lists(st.one_of(HAPPENINGS, LOOKS, LOOKS), min_size=10, max_size=60),
    handle=st.sampled_from([None, "Luca"]),
)
def test_what_is_let_go_leaves_no_gap_and_is_there_again_when_it_is_asked_for(
    before: list[Any], steps: list[Any], handle: str | None
) -> None:
    with pytest.MonkeyPatch.context() as patch, history_after(before) as told:
        patch.setattr(module, "MAX_ENTRIES", 5)
        client = Client(told, handle)
        client.load("older")
        for _ in run(client, steps):
            check_order(client)
        every = told.messages(handle)
        for which, end in (("older", 0), ("newer", -1)):
            for _ in range(len(every)):
                client.load(which)
                client.follow()
                assert len(client.timeline.entries) <= 5 + PAGE
            part = check_order(client)
            check_states(client)
            assert not every or part[end] == every[end]
            assert not (client.timeline.has_older if which == "older" else client.timeline.has_newer)


# One by one


def ids(timeline: Timeline) -> list[str]:
    return [copy["id"] for entry in timeline.entries for copy in entry.copies]


def states(timeline: Timeline) -> list[str]:
    return [copy["state"] for entry in timeline.entries for copy in entry.copies]


def test_nothing_is_loaded_at_first() -> None:
    timeline = Timeline("Luca")
    assert (timeline.entries, timeline.newest, timeline.has_older, timeline.has_newer) == ([], 0, True, False)
    assert timeline.older() == {"with": "Luca", "limit": PAGE}


def test_what_is_asked_for_adjoins_what_is_loaded(told: ToldHistory) -> None:
    for _ in range(PAGE):
        told.receive("Luca")
    client = Client(told)
    client.load("older")
    assert client.timeline.older() == {"before": 1, "limit": PAGE}
    assert client.timeline.newer() == {"after": PAGE, "oldest": True, "limit": PAGE}


@pytest.mark.parametrize(
    ("count", "more", "has_others"),
    [(PAGE, None, True), (PAGE - 1, None, False), (PAGE, False, False), (1, True, True), (0, False, False)],
    ids=["full", "not full", "full and the last", "short because messages are long", "empty"],
)
def test_whether_there_are_others_the_daemon_says_or_the_size_of_the_page(
    count: int, more: bool | None, has_others: bool
) -> None:
    page = [{"seq": seq, "id": f"m{seq}", "state": "received", "reason": None} for seq in range(1, count + 1)]
    older, newer = Timeline(), Timeline()
    older.add_older(page, more)
    newer.add_newer(page, more)
    assert older.has_older is newer.has_newer is has_others


def test_the_messages_around_one_are_loaded_on_both_sides(told: ToldHistory) -> None:
    for _ in range(12):
        told.receive("Luca")
    client = Client(told, "Luca")
    timeline = client.timeline
    timeline.has_newer = True
    before, behind = timeline.around(6)
    timeline.add_older(told.ask("history", **before)["messages"])
    timeline.add_newer(told.ask("history", **behind)["messages"])
    assert [entry.seq for entry in timeline.entries] == [4, 5, 6, 7, 8, 9]
    assert timeline.has_older
    assert timeline.has_newer
    client.load_all()
    assert check_order(client) == told.messages()


def test_what_others_write_stands_elsewhere(told: ToldHistory) -> None:
    client = Client(told, "Luca")
    told.receive("Mia")
    told.queue("Mia", "Luca")
    client.follow()
    assert [entry.message["handle"] for entry in client.timeline.entries] == ["Luca"]


def test_what_comes_is_no_hit_of_a_search(told: ToldHistory) -> None:
    told.receive("Luca")
    client = Client(told)
    client.timeline = Timeline(None, "hal")
    assert client.timeline.older() == {"search": "hal", "limit": PAGE}
    client.load("older")
    told.receive("Luca")
    client.follow()
    assert ids(client.timeline) == ["m1"]


def test_what_comes_while_the_last_page_is_on_its_way_is_asked_for_again(told: ToldHistory) -> None:
    for _ in range(6):
        told.receive("Luca")
    client = Client(told)
    client.timeline.has_newer = True
    client.timeline.add_older(told.ask("history", **client.timeline.around(3)[0])["messages"])
    client.step("newer")
    client.step()
    told.receive("Luca")
    client.follow()
    client.step()
    assert client.timeline.has_newer
    client.load("newer")
    assert client.timeline.newest == 7
    assert not client.timeline.has_newer


def test_a_page_that_no_longer_adjoins_is_asked_for_again(told: ToldHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many messages come while it is on its way that those before which it belongs are let go."""
    monkeypatch.setattr(module, "MAX_ENTRIES", 5)
    for _ in range(6):
        told.receive("Luca")
    client = Client(told)
    client.load("older")
    client.step("older")
    for _ in range(6):
        told.receive("Luca")
    client.follow()
    client.load("older")
    assert [entry.seq for entry in client.timeline.entries] == [4, 5, 6, 7, 8]
    assert client.timeline.has_older


def test_what_is_queued_again_far_from_the_end_of_what_is_loaded_is_no_reason_to_ask_forever(told: ToldHistory) -> None:
    told.queue("Luca")
    told.end("failed")
    for _ in range(6):
        told.receive("Luca")
    client = Client(told)
    timeline = client.timeline
    timeline.has_newer = True
    timeline.add_older(told.ask("history", **timeline.around(4)[0])["messages"])
    told.retry()
    client.follow()
    assert states(timeline)[0] == "queued"
    for _ in range(3):
        client.load("newer")
    assert not timeline.has_newer


def test_a_page_that_is_older_than_the_events_changes_no_state(told: ToldHistory) -> None:
    client = Client(told)
    told.queue("Luca")
    client.step()
    client.step()  # the answer says queued
    told.end("delivered")
    client.follow()
    client.step()
    assert states(client.timeline) == ["delivered"]


def test_a_state_may_come_before_its_message(told: ToldHistory) -> None:
    told.queue("Luca")
    client = Client(told)
    client.step()
    client.step()
    told.end("failed")
    client.follow()
    assert client.timeline.entries == []
    client.step()
    assert [(copy["state"], copy["reason"]) for copy in client.timeline.entries[0].copies] == [("failed", "broke off")]


def test_what_is_queued_again_has_not_failed_any_more(told: ToldHistory) -> None:
    told.queue("Luca")
    client = Client(told)
    told.end("failed")
    told.retry()
    client.follow()
    assert states(client.timeline) == ["queued"]


def test_what_is_queued_again_goes_back_to_its_place_when_that_is_loaded(told: ToldHistory) -> None:
    told.queue("Luca")
    told.end("failed")
    told.receive("Luca")
    client = Client(told)
    told.retry()
    client.follow()
    assert ids(client.timeline) == ["m1"]
    client.load("older")
    assert ids(client.timeline) == ["m1", "m2"]
    assert states(client.timeline) == ["queued", "received"]


def test_copies_for_many_are_one_entry_with_everyone_and_single_with_a_person(told: ToldHistory) -> None:
    everyone, luca = Client(told), Client(told, "Luca")
    told.queue(*PEOPLE)
    told.queue("Luca")
    told.end("delivered")
    for client in (everyone, luca):
        client.follow()
    assert [len(entry.copies) for entry in everyone.timeline.entries] == [3, 1]
    assert everyone.timeline.entries[0].states == {"delivered": 1, "queued": 2}
    assert [len(entry.copies) for entry in luca.timeline.entries] == [1, 1]


def test_copies_for_two_of_one_handle_are_single_with_that_handle(told: ToldHistory) -> None:
    client = Client(told, "Luca")
    told.queue("Luca", "Luca")
    client.follow()
    assert [len(entry.copies) for entry in client.timeline.entries] == [1, 1]


def test_copies_on_two_pages_are_one_entry(told: ToldHistory) -> None:
    told.queue(*PEOPLE, "Eve", "Ida")
    told.receive("Luca")
    client = Client(told)
    client.load("older")
    assert [len(entry.copies) for entry in client.timeline.entries] == [2, 1]
    client.load("older")
    assert [entry.seq for entry in client.timeline.entries] == [1, 6]
    assert [len(entry.copies) for entry in client.timeline.entries] == [5, 1]


def test_changes_of_what_is_not_loaded_are_bounded() -> None:
    timeline = Timeline()
    for number in range(MAX_EARLY + 1):
        timeline.change(StateChange(f"m{number}", "sent", None))
    page = [{"id": f"m{number}", "seq": number + 1, "state": "queued", "reason": None} for number in (0, 1)]
    timeline.add_older(page)
    assert states(timeline) == ["queued", "sent"]


def test_an_entry_is_found_by_any_of_its_seqs_and_the_next_one_by_what_lies_between(told: ToldHistory) -> None:
    client = Client(told)
    told.queue(*PEOPLE)
    told.end("sent")
    told.receive("Luca")
    client.follow()
    assert [client.timeline.find(seq) for seq in range(7)] == [0, 0, 0, 0, 1, 1, 2]


def test_the_first_message_of_a_peer_behind_a_seq(told: ToldHistory) -> None:
    client = Client(told)
    told.receive("Luca")
    told.queue("Luca")
    told.receive("Luca")
    told.receive("Luca")
    client.follow()
    assert [client.timeline.first_received(after) for after in range(5)] == [1, 3, 3, 4, None]
