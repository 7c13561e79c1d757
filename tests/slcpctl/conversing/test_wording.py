"""What all chats say: of messages, people and keys."""

from dataclasses import replace

import pytest
from screen_state import conversation, state_with, user
from shown_messages import CAT, received, sent

from slcpctl.conversing.state import State
from slcpctl.conversing.wording import (
    conversations,
    first_to_show,
    found_words,
    image_words,
    presence_words,
    progress_words,
    reasons,
    state_words,
    status_facts,
    trust_of,
)
from slcpctl.screen.pane import Pane
from slcpctl.view.messages import Entry
from slcpctl.view.outcomes import OUTCOMES
from slcpctl.view.timeline import Timeline
from slcpctl.view.transfers import Transfer


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (state_with(users=[]), None),
        (state_with(users=[user("Luca")]), "Luca"),
        (state_with(users=[user("Luca"), user("Mia", 2)]), None),
        (state_with(users=[user("Luca"), user("Mia", 2)], conversations=[conversation("Mia", 3)]), "Mia"),
    ],
)
def test_a_chat_begins_with_the_last_conversation_or_the_only_one_who_is_here(
    state: State[Pane], to: str | None
) -> None:
    assert first_to_show(state.model.people) == to


def test_everyone_stands_above_all() -> None:
    assert conversations(state_with(users=[user("Luca")]).model.people) == [None, "Luca"]


def test_every_outcome_has_a_word() -> None:
    words = {state_words(Entry([sent(1, state=outcome)]))[1] for outcome in OUTCOMES.values()}
    assert words == {"sent", "delivered", "cancelled", "failed"}


def test_of_many_copies_the_states_are_counted() -> None:
    copies = [sent(1, batch="b"), sent(2, batch="b"), sent(3, state="failed", batch="b")]
    assert state_words(Entry(copies)) == ("bad", "delivered 2, failed 1")
    assert state_words(Entry([received()])) == ("", "")


def test_the_reasons_of_copies_name_whose_they_are() -> None:
    waits = sent(1, state="queued", reason="no\nanswer")
    assert reasons(Entry([waits])) == [("dim", "no answer")]
    failed = sent(2, state="failed", reason="refused", handle="Mia")
    assert reasons(Entry([waits, failed])) == [("dim", "Luca: no answer"), ("bad", "Mia: refused")]
    assert reasons(Entry([sent(3, state="sent", reason="refused before")])) == []


def test_an_image_has_a_name_in_one_line_and_a_size() -> None:
    assert image_words(received(**CAT)) == ("cat.jpg", "640x480, 15 kB")
    assert image_words(received(**CAT), with_pixels=False) == ("cat.jpg", "15 kB")
    assert image_words(received(**{**CAT, "path": "/a/two\nlines", "width": None})) == ("two lines", "15 kB")


def test_how_far_a_transfer_is() -> None:
    at_once = Transfer("m1", "Luca", True, 400, 1000, 0.0, 0, 0.0)
    assert progress_words(at_once) == ("40%", "of 1 kB")
    assert progress_words(replace(at_once, at=2.0)) == ("40%", "of 1 kB  200 B/s")


def test_how_someone_is() -> None:
    people = state_with(users=[user("Luca"), user("Mia", 2, state="idle")], conversations=[conversation("Tom", 3)])
    said = [presence_words(people.model.people.of(handle)) for handle in ("Luca", "Mia", "Tom", "Eve")]
    assert said == ["", "idle", "not here: what you write waits", "nobody of this name was here yet"]


def test_what_is_said_of_keys() -> None:
    assert trust_of([]) == ("", "")
    assert trust_of([user(trust="verified")]) == ("good", "✓ verified")
    assert trust_of([user(trust="changed")]) == ("bad", "! not the key of before")
    assert trust_of([user(), user(number=2)]) == ("bad", "2 have this name")


def test_how_it_stands_with_us() -> None:
    state = state_with(conversations=[conversation("Luca", 3, unread=2)], queued=1)
    assert status_facts(state.model) == ["Ani", "1 here", "1 queued", "2 unread"]
    state.model.settings["inactive"] = True
    assert status_facts(state.model)[-1] == "away"


def test_how_much_is_found_by_now() -> None:
    hits = Timeline("Luca", "hallo")
    hits.add_older([received(1), received(2)], more=True)
    assert found_words(hits) == "2+ found"
    hits.has_older = False
    assert found_words(hits) == "2 found"
