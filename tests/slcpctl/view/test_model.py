"""All that a chat knows: loaded, then kept true by the events of a real history."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told_history import Json, ToldHistory

from slcpctl.view.model import Model, conversation_of, recipient
from slcpctl.view.people import State

LUCA = {"handle": "Luca", "ip": "127.0.0.1", "port": 5002, "state": "present"}


@pytest.fixture
def told(tmp_path: Path) -> Iterator[ToldHistory]:
    with closing(ToldHistory(tmp_path)) as told:
        yield told


def load(told: ToldHistory) -> Model:
    model = Model()
    reload(model, told)
    return model


def reload(model: Model, told: ToldHistory, status: Json | None = None) -> bool:
    config = {"inactive": {"value": False}, "bell": {"value": True}}
    return model.load(status or told.status, [LUCA], told.ask("conversations")["conversations"], config)


def follow(model: Model, told: ToldHistory, most: int = 1_000) -> None:
    for event in told.events(model.seq)[:most]:
        model.take(event, now=0.0)


def shown(model: Model) -> list[str]:
    return [copy["id"] for entry in model.timeline.entries for copy in entry.copies]


# What is loaded


def test_a_chat_begins_with_what_the_daemon_says(told: ToldHistory) -> None:
    told.receive("Luca")
    told.queue("Luca", "Mia")
    model = load(told)
    assert (model.handle, model.seq, model.queued, model.to) == ("Ani", 3, 2, None)
    assert [person.handle for person in model.people.rows] == ["Luca", "Mia"]
    assert model.people.unread == 1
    assert model.settings == {"inactive": False, "bell": True}


def test_what_was_loaded_already_happens_no_second_time(told: ToldHistory) -> None:
    told.receive("Luca")
    told.queue("Luca")
    model = load(told)
    for event in told.events(0):
        model.take(event, now=0.0)
    assert (model.queued, model.people.unread, shown(model)) == (1, 1, [])


HAPPENINGS = st.one_of(
    st.tuples(st.just("receive"), st.just("Luca")),
    st.tuples(st.just("queue"), st.just("Luca")),
    st.just(("queue", "Luca", "Mia")),
    st.tuples(st.just("end"), st.sampled_from(["sent", "delivered", "cancelled", "failed"])),
    st.just(("retry",)),
)


@settings(max_examples=100, deadline=None)
@given(
    before=st.lists(HAPPENINGS, max_size=8),
    meanwhile=st.lists(HAPPENINGS, max_size=4),
    then=st.lists(HAPPENINGS, max_size=12),
)
def test_as_many_are_queued_as_the_daemon_counts(before: list[Any], meanwhile: list[Any], then: list[Any]) -> None:
    with tempfile.TemporaryDirectory(prefix="slcp-test-") as folder, closing(ToldHistory(Path(folder))) as told:
        for name, *arguments in before:
            getattr(told, name)(*arguments)
        model, status = Model(), told.status
        for name, *arguments in meanwhile:
            getattr(told, name)(*arguments)
        reload(model, told, status)
        for name, *arguments in then:
            getattr(told, name)(*arguments)
            follow(model, told)
            assert model.queued == told.status["queued"]


# The conversation that is shown


@pytest.mark.parametrize(
    ("to", "handle"),
    [
        (None, None),
        ("Luca", "Luca"),
        ("Luca@10.0.0.7:5001", "Luca"),
        ("everyone@10.0.0.7:5001", "everyone"),
        ("a@b", "a@b"),
        ("a@b@10.0.0.7:5001", "a@b"),
        ("10.0.0.7", "10.0.0.7"),
    ],
)
def test_the_conversation_of_a_recipient(to: str | None, handle: str | None) -> None:
    assert conversation_of(to) == handle
    model = Model()
    model.open(to)
    assert (model.to, model.conversation, model.timeline.handle) == (to, handle, handle)


@pytest.mark.parametrize(
    ("words", "to"),
    [("Luca", "Luca"), ("everyone", None), ("EveryOne", None), ("*", None), ("*@10.0.0.7:1", "*@10.0.0.7:1")],
)
def test_what_a_user_calls_a_recipient(words: str, to: str | None) -> None:
    assert recipient(words) == to


USERS = [
    {"handle": handle, "ip": "10.0.0.7", "port": port}
    for port, handle in enumerate(["Luca", "*", "Everyone", "Tom", "tom"], 1)
]


@pytest.mark.parametrize(
    ("to", "known"),
    [
        ("luca", "Luca"),
        ("luca@10.0.0.7:1", "Luca@10.0.0.7:1"),
        ("TOM", "TOM"),  # there are two
        ("tom", "tom"),
        ("Eve", "Eve"),
        ("*", "*@10.0.0.7:2"),  # a person, never everyone
        ("everyone", "Everyone@10.0.0.7:3"),
    ],
)
def test_a_recipient_is_called_as_he_is_known(to: str, known: str) -> None:
    model = Model()
    model.load({"handle": "Ani", "seq": 1, "queued": 0}, USERS, [], {})
    model.open(to)
    assert model.to == known


def test_somebody_gone_who_is_called_as_everyone_is_reached_by_nothing() -> None:
    model = Model()
    model.open("*")
    assert model.to == "*@0.0.0.0:0"


@pytest.mark.parametrize(("to", "ports"), [("Tom", [4]), ("Luca@10.0.0.7:1", [1]), ("Luca@10.0.0.7:9", []), (None, [])])
def test_those_whom_we_write_to(to: str | None, ports: list[int]) -> None:
    model = Model()
    model.load({"handle": "Ani", "seq": 1, "queued": 0}, USERS, [], {})
    model.open(to)
    assert [user["port"] for user in model.recipients] == ports


def test_a_daemon_that_is_back_tells_what_was_missed(told: ToldHistory) -> None:
    model = load(told)
    model.open("Luca")
    told.receive("Luca")
    assert reload(model, told, told.status) is False
    follow(model, told)
    assert (len(shown(model)), model.people.unread) == (1, 1)


RETURN = st.tuples(st.just("return"), st.lists(HAPPENINGS, max_size=3))
READ = st.tuples(st.just("mark_read"), st.just("Luca"), st.integers(0, 20))


@settings(max_examples=100, deadline=None)
@given(
    before=st.lists(HAPPENINGS, max_size=5),
    steps=st.lists(st.one_of(HAPPENINGS, READ, RETURN, st.tuples(st.just("follow"), st.integers(1, 4))), max_size=25),
)
def test_however_often_the_daemon_is_lost_nothing_is_missed_and_nothing_counts_twice(
    before: list[Any], steps: list[Any]
) -> None:
    with tempfile.TemporaryDirectory(prefix="slcp-test-") as folder, closing(ToldHistory(Path(folder))) as told:
        for name, *arguments in before:
            getattr(told, name)(*arguments)
        model = load(told)
        model.open("Luca")
        model.timeline.add_older(told.ask("history", **model.timeline.older())["messages"])
        for name, *arguments in steps:
            if name == "return":
                come_back(model, told, *arguments)
            elif name == "follow":
                follow(model, told, *arguments)
            else:
                getattr(told, name)(*arguments)
        follow(model, told)
        luca = [(message.id, message.state) for message in told.messages("Luca")]
        assert [(each["id"], each["state"]) for entry in model.timeline.entries for each in entry.copies] == luca
        assert model.queued == told.status["queued"]
        for each in told.ask("conversations")["conversations"]:
            assert model.people.of(each["handle"]).unread == each["unread"]


def come_back(model: Model, told: ToldHistory, meanwhile: list[Any]) -> None:
    """Load everything of a daemon that is back, while more happens there."""
    status = told.status
    for name, *arguments in meanwhile:
        getattr(told, name)(*arguments)
    assert not reload(model, told, status)


def test_a_history_that_was_begun_anew_is_another_one() -> None:
    model = Model()
    assert model.load({"handle": "Ani", "seq": 9, "queued": 0}, [], [], {})
    assert not model.load({"handle": "Ani", "seq": 9, "queued": 0}, [], [], {})
    assert model.load({"handle": "Ani", "seq": 2, "queued": 0}, [], [], {})
    assert model.seq == 2


def test_what_comes_is_shown_where_it_belongs(told: ToldHistory) -> None:
    model = load(told)
    model.open("Luca@127.0.0.1:5002")
    told.receive("Mia")
    told.receive("Luca")
    told.queue("Luca")
    told.end("delivered")
    follow(model, told)
    assert [entry.message["handle"] for entry in model.timeline.entries] == ["Luca", "Luca"]
    assert model.timeline.entries[1].states == {"delivered": 1}
    model.open(None)
    assert model.timeline.entries == []
    told.receive("Mia")
    follow(model, told)
    assert [entry.message["handle"] for entry in model.timeline.entries] == ["Mia"]


def test_progress_is_known_though_it_is_no_part_of_the_history(told: ToldHistory) -> None:
    told.queue_image("Luca")
    model = load(told)
    about = {"id": "m1", "handle": "Luca", "direction": "out", "done": 500, "size": 1000}
    model.take({"type": "image_progressed", **about}, now=5.0)
    transfer = model.transfers.of("m1", now=5.0)
    assert transfer is not None
    assert transfer.part == 0.5
    assert model.seq == told.status["seq"]


def test_settings_follow_the_daemon(told: ToldHistory) -> None:
    model = load(told)
    model.take({"type": "config_changed", "seq": 1, "key": "inactive", "value": True}, now=0.0)
    model.take({"type": "config_changed", "seq": 2, "key": "handle", "value": "Anna"}, now=0.0)
    assert (model.settings["inactive"], model.handle) == (True, "Anna")


def test_whoever_comes_and_goes_is_known(told: ToldHistory) -> None:
    model = load(told)
    model.take({"type": "user_left", "seq": 1, **LUCA, "reason": "said_so"}, now=0.0)
    assert model.people.of("Luca").state is State.GONE


# What is new


def test_what_was_unread_is_new_when_a_conversation_is_opened(told: ToldHistory) -> None:
    told.receive("Luca")
    told.mark_read("Luca", 1)
    told.receive("Luca")
    model = load(told)
    model.open("Luca")
    assert model.new_after == 1
    told.mark_read("Luca", 3)
    follow(model, told)
    assert model.new_after == 1  # to be read, it must be seen
    model.open("Luca")
    assert model.new_after is None


def test_what_comes_while_nobody_looks_is_new_and_nothing_before_it(told: ToldHistory) -> None:
    for _ in range(3):
        told.receive("Luca")
    told.mark_read("Luca", 3)
    model = load(told)
    model.open("Luca")  # and its page has not come yet
    model.mark_new("Luca")
    told.receive("Luca")
    told.receive("Luca")
    follow(model, told)
    model.timeline.add_older(told.ask("history", **model.timeline.older())["messages"])
    assert model.new_after is not None
    assert model.timeline.first_received(model.new_after) == 5
    model.mark_new("Luca")
    assert model.timeline.first_received(model.new_after) == 5


def test_once_all_is_read_what_comes_then_is_new_and_not_what_was_new_before(told: ToldHistory) -> None:
    told.receive("Luca")
    model = load(told)
    model.open("Luca")
    told.receive("Luca")
    model.mark_new("Luca")
    follow(model, told)
    assert model.new_after == 0
    told.mark_read("Luca", 2)
    follow(model, told)
    model.mark_new("Luca")
    told.receive("Luca")
    follow(model, told)
    assert model.new_after == 3  # the seq of what was read


@pytest.mark.parametrize(("to", "is_new"), [("Luca", True), (None, True), ("Mia", False)])
def test_the_line_is_drawn_where_it_is_shown(told: ToldHistory, to: str | None, is_new: bool) -> None:
    model = load(told)
    model.open(to)
    model.mark_new("Luca")
    assert (model.new_after is not None) is is_new


def test_nothing_is_new_any_more_once_we_have_answered(told: ToldHistory) -> None:
    told.receive("Luca")
    model = load(told)
    model.open("Luca")
    told.queue("Mia")
    follow(model, told)
    assert model.new_after == 0
    told.queue("Luca")
    follow(model, told)
    assert model.new_after is None


def test_an_automatic_answer_is_none(told: ToldHistory) -> None:
    told.receive("Luca")
    model = load(told)
    model.open("Luca")
    told.queue("Luca", automatic=True)
    follow(model, told)
    assert model.new_after == 0
