"""What a message looks like."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shown_messages import CAT, Json, plain, received, sent, styles

from slcpctl.screen.cells import Line, line_width, shown, width
from slcpctl.screen.drawing import MOST_LINES, MOST_TRANSFERS, NAME_COLOURS, Facts, block, indent, name_style, progress
from slcpctl.view.messages import Entry
from slcpctl.view.transfers import Transfer

LRM = "\u200e"
FACTS = Facts(
    columns=80,
    own="Ani",
    is_everyone=False,
    first_new=None,
    today=date(2026, 11, 24),
    transfer=lambda _: None,
    preview=lambda _: [],
)
EVERYONE = FACTS._replace(is_everyone=True)
YESTERDAY = "2026-11-23T23:59:59.000Z"


def lines(*copies: Json, facts: Facts = FACTS) -> list[str]:
    """Draw a message that is not the first of its day."""
    return [plain(line) for line in drawn(*copies, facts=facts)]


def drawn(*copies: Json, facts: Facts = FACTS) -> list[Line]:
    return block(Entry(copies), Entry([received(0, time=copies[0]["time"])]), facts)


def dividers(entry: Json, before: Json | None, facts: Facts = FACTS) -> list[str]:
    *between, _ = block(Entry([entry]), Entry([before]) if before else None, facts)
    assert all(line_width(line) == facts.columns for line in between)
    return [plain(line).strip("─ ") for line in between]


def transfer(message_id: str, part: float = 0.5) -> Transfer:
    return Transfer(message_id, "Luca", False, round(2_000_000 * part), 2_000_000, 10.0, 0, 12.0)


# Texts


def test_a_text_of_a_peer() -> None:
    [line] = drawn(received())
    assert plain(line) == "14:02  Luca        Hallo Ani!"
    assert styles(line)["Luca"] == name_style("Luca")


def test_a_text_of_ours_has_its_state_at_the_right_end() -> None:
    [line] = drawn(sent())
    assert plain(line) == "14:02  Ani         Hey Luca" + "delivered".rjust(80 - 27)
    assert styles(line)["Ani"] == "class:own"


@pytest.mark.parametrize(
    ("state", "style"),
    [
        ("queued", "class:dim"),
        ("sending", "class:dim"),
        ("sent", "class:good"),
        ("delivered", "class:good"),
        ("cancelled", "class:dim"),
        ("failed", "class:bad"),
    ],
)
def test_states(state: str, style: str) -> None:
    [line] = drawn(sent(state=state))
    assert plain(line).endswith(f" {state}")
    assert styles(line)[state] == style


def test_each_line_of_a_text_stands_below_the_first_and_no_line_looks_like_a_message() -> None:
    assert lines(received(text="one\n\n14:03  Ani         forged")) == [
        "14:02  Luca        one",
        "",
        f"{' ' * 19}14:03  Ani         forged",
    ]


def test_long_lines_are_wrapped_below_each_other_and_the_state_stands_behind_the_last() -> None:
    facts = FACTS._replace(columns=34)
    assert lines(sent(text="one two three four five", state="sent"), facts=facts) == [
        "14:02  Ani       one two three",
        f"{' ' * 17}four five    sent",
    ]


@pytest.mark.parametrize("state", ["delivered", "sent"])
def test_where_the_last_line_is_too_long_the_state_stands_below(state: str) -> None:
    facts = FACTS._replace(columns=34)
    assert lines(sent(text="one two three", state=state), facts=facts) == [
        "14:02  Ani       one two three",
        f"{state:>34}",
    ]


@pytest.mark.parametrize("text", ["line\n" * 30_000, "word " * 13_000, "line\n" * (MOST_LINES + 1)])
def test_of_a_text_that_is_very_long_the_beginning_is_shown_and_how_to_read_the_rest(text: str) -> None:
    found = lines(received(text=text))
    assert len(found) == MOST_LINES + 1
    assert found[-1] == f"{' ' * 19}… `slcpctl history` prints all of it"
    assert len(set(found[1:-1])) == 1


def test_a_long_text_that_is_not_too_long_is_shown_to_its_end() -> None:
    found = lines(received(text="line\n" * (MOST_LINES - 1) + "end"))
    assert len(found) == MOST_LINES
    assert found[-1] == f"{' ' * 19}end"


def test_an_automatic_text_says_so_in_another_style_than_the_text() -> None:
    [line] = drawn(received(text="I am away.", automatic=True))
    assert plain(line) == "14:02  Luca        (automatic) I am away."
    assert styles(line)["(automatic)"] == "class:dim"
    assert styles(line)["I am away."] == ""
    [line] = drawn(received(text="(automatic) forged"))
    assert styles(line)["(automatic) forged"] == ""


def test_what_peers_write_acts_on_no_terminal() -> None:
    hostile = received(text="a\x1b[2J\rb", handle="e\u202eil")
    assert lines(hostile) == ["14:02  e\\u202eil   a\\x1b[2J\\x0db"]
    image = received(**{**CAT, "path": "/images/a\x07\nb.png"})
    assert lines(image) == ["14:02  Luca        a\\x07 b.png  640x480, 15 kB"]
    failed = sent(state="failed", reason="said \x1b[31m\nno")
    assert lines(failed)[1] == f"{' ' * 19}said \\x1b[31m no"


# Names


def test_a_person_has_one_colour_and_people_have_several() -> None:
    names = [f"person {number}" for number in range(50)] + ["日本", "\udcff"]
    assert [name_style(name) for name in names] == [name_style(name) for name in names]
    assert {name_style(name) for name in names} == {f"class:name{number}" for number in range(NAME_COLOURS)}


def test_a_long_name_is_cut() -> None:
    assert lines(received(handle="Maximiliane von und zu")) == ["14:02  Maximilia…  Hallo Ani!"]
    assert lines(received(handle="日本語日本語"), facts=FACTS._replace(columns=40)) == ["14:02  日本語…   Hallo Ani!"]


# With everyone


def test_with_everyone_it_is_said_to_whom_we_write() -> None:
    [line] = drawn(sent(), facts=EVERYONE)
    assert plain(line).startswith("14:02  Ani         to Luca: Hey Luca   ")
    assert styles(line)["to Luca:"] == "class:dim"
    assert styles(line)["Hey Luca"] == ""
    assert lines(received(), facts=EVERYONE) == lines(received())


@pytest.mark.parametrize("handle", ["Luca", "לוקה", "日本", "e\u202eil"], ids=ascii)
def test_whatever_the_handle_the_text_is_all_that_is_not_ours(handle: str) -> None:
    [line] = drawn(sent(handle=handle, text="text", automatic=True), facts=EVERYONE)
    prefix, (style, text) = line[3:5]
    assert (style, text.removesuffix(LRM)) == ("", "text")
    assert prefix == ("class:dim", f"{shown(f'to {handle}: ')}(automatic) ")


def test_a_handle_from_right_to_left_does_not_take_the_text_along() -> None:
    [line] = drawn(sent(handle="לוקה", text="123"), facts=EVERYONE)
    assert f"לוקה: {LRM}123" in plain(line)


def batch(*states: str) -> list[Json]:
    people = ("Luca", "Mia", "Tom", "Eve")
    return [
        sent(seq, state=state, handle=handle, batch="b1")
        for seq, (state, handle) in enumerate(zip(states, people, strict=False), start=1)
    ]


@pytest.mark.parametrize(
    ("states", "shown_state", "style"),
    [
        (["delivered", "delivered"], "delivered", "class:good"),
        (["delivered", "queued", "delivered"], "delivered 2, queued 1", "class:dim"),
        (["queued", "failed", "failed"], "failed 2, queued 1", "class:bad"),
    ],
)
def test_a_text_for_many_says_how_many_have_it(states: list[str], shown_state: str, style: str) -> None:
    line = drawn(*batch(*states), facts=EVERYONE)[0]
    assert plain(line).startswith(f"14:02  Ani         to {len(states)} people: Hey Luca   ")
    assert plain(line).endswith(f"   {shown_state}")
    assert styles(line)[shown_state] == style


# What stands below


@pytest.mark.parametrize(("state", "style"), [("queued", "class:dim"), ("failed", "class:bad")])
def test_why_it_waits_or_has_failed(state: str, style: str) -> None:
    _, reason = drawn(sent(state=state, reason="nobody takes calls there"))
    assert plain(reason) == f"{' ' * 19}nobody takes calls there"
    assert styles(reason) == {"nobody takes calls there": style}


@pytest.mark.parametrize("state", ["sending", "sent", "delivered", "cancelled"])
def test_a_reason_that_is_overtaken_is_not_shown(state: str) -> None:
    assert len(lines(sent(state=state, reason="nobody takes calls there"))) == 1


def test_of_many_it_is_said_whose_has_failed_and_why() -> None:
    copies = batch("delivered", "failed", "failed")
    copies[1]["reason"], copies[2]["reason"] = "broke off", "file is gone"
    assert lines(*copies, facts=EVERYONE)[1:] == [f"{' ' * 19}Mia: broke off", f"{' ' * 19}Tom: file is gone"]


def test_a_long_reason_is_wrapped() -> None:
    found = lines(sent(state="failed", reason="one two three four"), facts=FACTS._replace(columns=30))
    assert [line.strip() for line in found[-2:]] == ["one two three", "four"]


# Images


def test_an_image_is_its_name_its_size_and_its_picture() -> None:
    picture: list[Line] = [[("#ffffff", "▀▀")], [("#000000", "▀▀")]]
    line, *below = drawn(received(**CAT), facts=FACTS._replace(preview=lambda _: picture))
    assert plain(line) == "14:02  Luca        cat.jpg  640x480, 15 kB"
    assert styles(line)["cat.jpg"] == "class:image"
    assert below == [[("", " " * 19), *row] for row in picture]


def test_an_image_of_ours_has_no_pixels_yet_but_a_state() -> None:
    image = sent(**{**CAT, "width": None, "height": None}, state="queued")
    assert lines(image) == ["14:02  Ani         cat.jpg  15 kB" + "queued".rjust(80 - 33)]
    assert lines(image, facts=EVERYONE)[0].startswith("14:02  Ani         to Luca: cat.jpg  15 kB")


@pytest.mark.parametrize(
    ("columns", "about"),
    [
        (63, "a very long name of a cat.jpg  640x480, 15 kB"),
        (53, "a very long name of…  640x480, 15 kB"),
        (39, "a very long na…  15 kB"),
    ],
)
def test_where_there_is_little_room_the_name_of_an_image_is_cut_and_its_size_stays(columns: int, about: str) -> None:
    image = received(**{**CAT, "path": "/images/a very long name of a cat.jpg"})
    assert lines(image, facts=FACTS._replace(columns=columns)) == [f"14:02  Luca      {about}"]


def test_an_image_on_its_way_shows_how_far_it_is() -> None:
    found = lines(sent(**CAT, state="sending"), facts=FACTS._replace(transfer=transfer))
    assert found[1] == f"{' ' * 19}██████████░░░░░░░░░░  50%  of 2 MB  500 kB/s"


def test_whichever_of_many_is_on_its_way_is_shown_and_not_more_than_a_few() -> None:
    copies = [{**copy, **CAT} for copy in batch("delivered", "sending", "queued")]
    running = {"m2": transfer("m2", 0.25)}
    found = lines(*copies, facts=EVERYONE._replace(transfer=running.get))
    assert [line.strip()[:25] for line in found[2:]] == ["█████░░░░░░░░░░░░░░░  25%"]
    many = [sent(seq, **CAT, state="sending", batch="b1") for seq in range(1, 50)]
    assert len(lines(*many, facts=EVERYONE._replace(transfer=transfer))) == 1 + MOST_TRANSFERS


@pytest.mark.parametrize(("part", "bar"), [(0.0, "░" * 20 + "   0%"), (1.0, "█" * 20 + " 100%")])
def test_a_bar_is_empty_at_first_and_full_in_the_end(part: float, bar: str) -> None:
    assert plain(progress(transfer("m1", part))).startswith(bar)


def test_of_what_has_just_begun_the_speed_is_not_known() -> None:
    assert plain(progress(Transfer("m1", "Luca", True, 100, 1000, 5.0, 100, 5.0))).endswith("10%  of 1 kB")


# Between messages


def test_a_day_begins_with_its_name() -> None:
    assert dividers(received(), None) == ["today"]
    assert dividers(received(), received(time=YESTERDAY)) == ["today"]
    assert dividers(received(time=YESTERDAY), None) == ["Monday, 23 November 2026"]
    assert dividers(received(), received()) == []


def test_the_day_is_that_of_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        assert dividers(received(), received(time=YESTERDAY)) == []
        assert lines(received())[0].startswith("15:02  ")


def test_a_line_stands_before_what_is_new_and_nowhere_else() -> None:
    facts = FACTS._replace(first_new=5)
    assert dividers(received(5), received(4), facts) == ["new since 14:02"]
    assert dividers(received(5), received(4, time=YESTERDAY), facts) == ["today", "new since 14:02"]
    assert dividers(received(5), None, facts) == ["today", "new since 14:02"]
    for seq in (4, 6):
        assert dividers(received(seq), sent(seq - 1), facts) == []


# Any message, any width


TEXTS = st.one_of(
    st.text(max_size=80),
    st.text(st.characters(categories=None), max_size=40),
    st.lists(
        st.sampled_from(["日本語", "👩\u200d💻", "שלום", "🇩🇪", "e\u0301", "a", " ", "\n", "\x1b[H"]), max_size=40
    ).map("".join),
)
STATES = ["queued", "sending", "sent", "delivered", "failed", "cancelled"]


@st.composite
def messages(draw: Any) -> list[Json]:
    """One message of a peer's or of ours, a text or an image; or one for several."""
    about: Json = {"handle": draw(TEXTS), "text": draw(TEXTS), "automatic": draw(st.booleans())}
    if draw(st.booleans()):
        about |= {**CAT, "path": draw(TEXTS), "width": draw(st.sampled_from([None, 640])), "size": draw(st.integers(0))}
    if draw(st.booleans()):
        return [received(**about)]
    reason = st.one_of(st.none(), TEXTS)
    return [
        sent(seq, **about, batch="b1", state=draw(st.sampled_from(STATES)), reason=draw(reason))
        for seq in range(1, draw(st.integers(2, 4)))
    ]


@settings(max_examples=300, deadline=None)
@given(messages(), st.integers(20, 200), st.booleans(), TEXTS, st.booleans())
def test_no_line_is_wider_than_the_columns(
    copies: list[Json], columns: int, is_everyone: bool, own: str, is_first: bool
) -> None:
    wide: list[Line] = [[("#ffffff", "▀" * 300)]]
    facts = Facts(columns, own, is_everyone, 1, date(2026, 12, 24), transfer, lambda _: wide)
    before = None if is_first else Entry([received(0, time=YESTERDAY)])
    found = block(Entry(copies), before, facts)
    assert max(map(line_width, found)) <= columns
    assert [line_width(line) for line in found[:2]] == [columns] * 2
    assert plain(found[2]).startswith("14:02")


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(30, 200))
def test_all_that_a_text_says_can_be_read(text: str, columns: int) -> None:
    found = drawn(received(text=text), facts=FACTS._replace(columns=columns))
    left = indent(columns)
    said = "".join(plain(line) for line in [[("", cut_left(line, left))] for line in found])
    wanted = "".join(shown(part) for part in text.split("\n"))
    assert "".join(said.replace(LRM, "").split()) == "".join(wanted.replace(LRM, "").split())


def cut_left(line: Line, cells: int) -> str:
    """Return the text behind so many cells of a line."""
    text = "".join(part for _, part in line)
    head = 0
    while head < len(text) and width(text[:head]) < cells:
        head += 1
    return text[head:]
