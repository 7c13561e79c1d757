"""Who is here and what is unread: against a real history, and one by one."""

import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told_history import Json, ToldHistory

from slcpctl.view import people as module
from slcpctl.view.people import People, Person, State

PEOPLE = ("Luca", "Mia", "Tom")


def user(handle: str, number: int = 1, **more: object) -> Json:
    return {"handle": handle, "ip": f"10.0.0.{number}", "port": 5001, "state": "present", **more}


def conversation(handle: str, seq: int, unread: int = 0, read: int = 0) -> Json:
    return {"handle": handle, "seq": seq, "time": "", "unread": unread, "read": read}


def event(kind: str, about: Json, **more: object) -> Json:
    return {"type": kind, **about, **more}


def received(handle: str, seq: int, automatic: bool = False) -> Json:
    return {"type": "text_received", "id": f"m{seq}", "seq": seq, "handle": handle, "automatic": automatic}


def queued(handle: str, seq: int) -> Json:
    return {"type": "text_queued", "id": f"m{seq}", "seq": seq, "handle": handle}


def order(people: People) -> list[str]:
    return [person.handle for person in people.rows]


# Against a real history


class Client:
    """Loads what is unread in two looks, and follows the events as fast as the test wants."""

    def __init__(self, told: ToldHistory) -> None:
        self.told = told
        self._seq = told.status["seq"]
        self._next_seq: int | None = None  # of a look that has only begun
        self.people = People([], self._conversations())

    def _conversations(self) -> list[Json]:
        found: list[Json] = self.told.ask("conversations")["conversations"]
        return found

    def reload(self) -> None:
        """Ask for the seq or, if that is known, for the conversations; things may happen in between."""
        if self._next_seq is None:
            self._next_seq = self.told.status["seq"]
        else:
            self.people, self._seq, self._next_seq = People([], self._conversations()), self._next_seq, None

    def follow(self, most: int = 1_000) -> None:
        for event in self.told.events(self._seq)[:most]:
            self._seq = event["seq"]
            self.people.take(event)

    @property
    def unread(self) -> list[tuple[str, int, int]]:
        """Handle, unread and read of each conversation, the newest first."""
        return [(person.handle, person.unread, self.people.read(person.handle)) for person in self.people.rows]


RECEIVED = st.tuples(st.just("receive"), st.sampled_from(PEOPLE), st.booleans())
HAPPENINGS = [
    RECEIVED,
    st.tuples(st.just("receive_image"), st.sampled_from(PEOPLE)),
    st.tuples(st.sampled_from(["queue", "queue_image"]), st.sampled_from(PEOPLE)),
    st.just(("queue", *PEOPLE)),
    st.tuples(st.just("end"), st.sampled_from(["sent", "failed"])),
    st.tuples(st.just("mark_read"), st.sampled_from(PEOPLE), st.integers(0, 30)),
]
LOOKS = [st.just(("reload",)), st.tuples(st.just("follow"), st.integers(1, 5))]


@settings(max_examples=100, deadline=None)
@given(
    before=st.lists(st.one_of(HAPPENINGS), max_size=10),
    steps=st.lists(st.one_of(*HAPPENINGS, RECEIVED, *LOOKS, *LOOKS), max_size=40),
)
def test_whatever_happens_and_when_the_counts_and_the_order_are_those_of_the_daemon(
    before: list[Any], steps: list[Any]
) -> None:
    with tempfile.TemporaryDirectory(prefix="slcp-test-") as folder, closing(ToldHistory(Path(folder))) as told:
        for name, *arguments in before:
            getattr(told, name)(*arguments)
        client = Client(told)
        for name, *arguments in steps:
            getattr(client if name in ("reload", "follow") else told, name)(*arguments)
        client.follow()
        known = told.ask("conversations")["conversations"]
        known.sort(key=lambda each: (each["unread"] == 0, -each["seq"]))  # nobody is here
        assert client.unread == [(each["handle"], each["unread"], each["read"]) for each in known]
        assert client.people.unread == sum(each["unread"] for each in known)


def test_what_was_read_since_the_list_was_asked_for_is_not_counted_down_again() -> None:
    """The list knows already of a message that came behind what was marked; the events of both come once more."""
    people = People([], [conversation("Luca", seq=12, unread=1, read=10)])
    people.take({"type": "conversation_read", "seq": 11, "handle": "Luca", "up_to": 10, "unread": 0})
    people.take(received("Luca", 12))
    assert people.of("Luca").unread == 1


def test_a_message_that_is_queued_again_changes_no_count() -> None:
    people = People([], [conversation("Luca", seq=5, unread=2, read=1)])
    people.take(queued("Luca", 9))
    people.take(received("Luca", 10))
    assert people.of("Luca").unread == 3


def test_what_is_read_of_a_stranger_is_nothing() -> None:
    people = People([], [])
    people.take({"type": "conversation_read", "seq": 1, "handle": "Luca", "up_to": 1, "unread": 0})
    assert people.rows == []
    assert people.read("Luca") == 0


# The order


def test_conversations_come_first_then_others_who_are_here_then_those_who_are_not() -> None:
    people = People(
        [user("Zoe", 1), user("adam", 2), user("Luca", 3), user("Mia", 4)],
        [conversation("Luca", 7), conversation("Gone", 8), conversation("Mia", 3), conversation("gone too", 9)],
    )
    assert order(people) == ["Luca", "Mia", "adam", "Zoe", "gone too", "Gone"]


def test_whoever_writes_or_is_written_to_comes_to_the_top() -> None:
    people = People([user("Luca", 1), user("Mia", 2), user("Tom", 3)], [])
    people.take(received("Mia", 1))
    people.take(queued("Tom", 2))
    assert order(people) == ["Tom", "Mia", "Luca"]


def test_whoever_has_gone_stays_among_the_first_while_something_is_unread() -> None:
    people = People([user("Mia", 1)], [conversation("Luca", seq=9, unread=1), conversation("Mia", seq=5)])
    assert people.rows[0] == Person("Luca", State.GONE, unread=1, newest=9)
    people.take({"type": "conversation_read", "seq": 10, "handle": "Luca", "up_to": 9, "unread": 0})
    assert order(people) == ["Mia", "Luca"]


def test_two_of_one_handle_are_one_row() -> None:
    people = People([user("Luca", 1), user("Luca", 2)], [conversation("Luca", 7, unread=1)])
    assert order(people) == ["Luca"]
    assert [each["ip"] for each in people.users("Luca")] == ["10.0.0.1", "10.0.0.2"]
    assert people.count == 2
    people.take(event("user_left", user("Luca", 1)))
    assert people.of("Luca").state is State.HERE


# The next unread


@pytest.mark.parametrize(
    ("after", "expected"),
    [(None, "b"), ("a", "b"), ("b", "d"), ("c", "d"), ("d", "b"), ("e", "b"), ("nobody", "b")],
)
def test_the_next_conversation_with_something_unread(after: str | None, expected: str) -> None:
    unread = {"b": 2, "d": 1}
    people = People(
        [user(handle, number) for number, handle in enumerate("abcde")],
        [conversation(handle, 9 - number, unread.get(handle, 0)) for number, handle in enumerate("abcde")],
    )
    assert people.next_unread(after) == expected


def test_where_nothing_is_unread_is_no_next_one() -> None:
    assert People([user("Luca")], [conversation("Luca", 1)]).next_unread(None) is None


def test_the_only_one_with_something_unread_is_the_next_one_even_from_there() -> None:
    assert People([user("Luca")], [conversation("Luca", 1, unread=1)]).next_unread("Luca") == "Luca"


# How they are


def test_whoever_joins_changes_and_leaves() -> None:
    people = People([], [])
    people.take(event("user_joined", user("Luca"), seq=1))
    assert people.of("Luca").state is State.HERE
    people.take(event("user_changed", user("Luca", state="idle"), seq=2, previous_handle="Luca"))
    assert people.of("Luca").state is State.IDLE
    people.take(event("user_changed", user("Lucy", state="present"), seq=3, previous_handle="Luca"))
    assert (people.handles, people.of("Luca").state, people.of("Lucy").state) == (["Lucy"], State.GONE, State.HERE)
    people.take(event("user_left", user("Lucy"), seq=4, reason="said_so"))
    people.take(event("user_left", user("Lucy"), seq=5, reason="said_so"))
    assert (people.handles, people.count, people.rows) == ([], 0, [])


def test_what_is_known_of_a_user_outlasts_a_change() -> None:
    people = People([user("Luca", trust="verified")], [])
    people.take(event("user_changed", {**user("Luca", state="idle"), "previous_handle": "Luca"}, seq=1, time=""))
    assert people.users("Luca") == [user("Luca", trust="verified", state="idle")]
    people.meet([user("Luca", trust="changed")])
    assert people.users("Luca") == [user("Luca", trust="changed")]
    assert people.of("Luca").state is State.HERE


def test_an_automatic_answer_tells_that_someone_is_away_until_the_next_word() -> None:
    people = People([user("Luca")], [])
    people.take(received("Luca", 1, automatic=True))
    assert people.rows == [Person("Luca", State.AWAY, unread=1, newest=1)]
    people.take(queued("Luca", 2))
    assert people.of("Luca").state is State.AWAY
    people.take(received("Luca", 3))
    assert people.of("Luca").state is State.HERE


def test_whoever_comes_back_is_not_away_any_more() -> None:
    people = People([user("Luca")], [])
    people.take(received("Luca", 1, automatic=True))
    people.take(event("user_left", user("Luca"), seq=2))
    people.take(event("user_joined", user("Luca"), seq=3))
    assert people.of("Luca").state is State.HERE


def test_a_stranger_is_not_here() -> None:
    assert People([], []).of("Luca") == Person("Luca", State.GONE, unread=0, newest=0)


def test_a_handle_in_another_case_is_the_one_that_is_known_unless_several_are_alike() -> None:
    people = People(
        [user("Luca", 1), user("Tom", 2), user("tom", 3)], [conversation("Gone", 1), conversation("Luca", 2)]
    )
    expected = {"Luca": "Luca", "luca": "Luca", "GONE": "Gone", "tom": "tom", "TOM": "TOM", "Eve": "Eve"}
    assert {handle: people.known(handle) for handle in expected} == expected


def test_whoever_is_here_or_has_messages_is_known() -> None:
    people = People([user("Luca")], [conversation("Gone", 1)])
    assert [people.of(handle).is_known for handle in ("Luca", "Gone", "Eve")] == [True, True, False]


def test_handles_are_each_there_once_in_the_order_of_a_dictionary() -> None:
    people = People([user("tom", 1), user("Ani", 2), user("Zoe", 3), user("tom", 4)], [conversation("Gone", 1)])
    assert people.handles == ["Ani", "tom", "Zoe"]


def test_events_of_other_kinds_change_nobody() -> None:
    people = People([user("Luca")], [conversation("Luca", 1)])
    before = people.rows
    for kind in ("text_sent", "image_progressed", "config_changed", "of_the_future"):
        people.take({"type": kind, "seq": 5, "id": "m1", "handle": "Luca"})
    assert people.rows == before


# Bounds


def test_the_conversations_with_the_oldest_messages_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CONVERSATIONS", 3)
    people = People([], [conversation("b", 2, unread=1), conversation("c", 3), conversation("a", 1)])
    people.take(received("b", 4))
    people.take(received("d", 5, automatic=True))
    assert order(people) == ["d", "b", "c"]
    assert people.unread == 3


def test_whatever_strangers_send_no_more_is_kept_of_them_than_of_so_many_conversations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_CONVERSATIONS", 3)
    people = People([], [])
    for seq in range(1, 50):
        people.take(received(f"stranger {seq}", seq, automatic=True))
    people.meet([user(f"stranger {seq}", seq) for seq in range(1, 50)])
    assert [person.handle for person in people.rows if person.state is State.AWAY] == [
        "stranger 49",
        "stranger 48",
        "stranger 47",
    ]
