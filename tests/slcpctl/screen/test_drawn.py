"""Lines that are kept are those that would be drawn anew."""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from shown_messages import CAT, received, sent

from slcpctl.screen import drawn as module
from slcpctl.screen.cells import Line
from slcpctl.screen.drawing import Facts, block, fixed
from slcpctl.screen.drawn import KEPT, Drawn
from slcpctl.view.messages import Entry
from slcpctl.view.transfers import Transfer

FACTS = Facts(60, "Ani", False, None, date(2026, 11, 24), lambda _: None, lambda _: [])
CHANGES: list[Any] = [
    FACTS,
    FACTS._replace(columns=40),
    FACTS._replace(own="Anna"),
    FACTS._replace(is_everyone=True),
    FACTS._replace(first_new=2),
    FACTS._replace(today=date(2026, 11, 25)),
    FACTS._replace(transfer=lambda message_id: Transfer(message_id, "Luca", False, 1, 2, 0.0, 0, 1.0)),
    FACTS._replace(preview=lambda _: [[("#ffffff", "▀▀")]]),
]
STATES = ["queued", "sent", "failed"]


def entries_of(states: list[str], reason: str | None) -> list[Entry]:
    batch = [sent(2 + number, state=state, reason=reason, batch="b1") for number, state in enumerate(states)]
    return [Entry([received(1)]), Entry(batch), Entry([sent(9, state=states[0], reason=reason, **CAT)])]


LOOKS = st.tuples(
    st.sampled_from(CHANGES),
    st.lists(st.sampled_from(STATES), min_size=1, max_size=3),
    st.sampled_from([None, "broke off", "file is gone"]),
)


@settings(deadline=None)
@given(st.lists(LOOKS, max_size=10))
def test_whatever_changes_is_drawn_anew(looks: list[tuple[Facts, list[str], str | None]]) -> None:
    drawn = Drawn()
    for facts, states, reason in looks:
        entries = entries_of(states, reason)
        for before, entry in zip([None, *entries], entries, strict=False):
            assert drawn.block(entry, before, facts) == block(entry, before, facts)


def test_what_has_not_changed_is_not_made_again_and_no_more_is_kept_than_so_much(monkeypatch: Any) -> None:
    made: list[int] = []

    def counted(entry: Entry, facts: Facts) -> list[Line]:
        made.append(entry.seq)
        return fixed(entry, facts)

    monkeypatch.setattr(module, "fixed", counted)
    drawn, entries = Drawn(), [Entry([received(seq)]) for seq in range(1, KEPT + 2)]
    for entry in [*entries, *entries[1:]]:
        drawn.block(entry, None, FACTS)
    assert made == list(range(1, KEPT + 2))
    drawn.block(entries[0], None, FACTS)
    assert made[-1] == 1
