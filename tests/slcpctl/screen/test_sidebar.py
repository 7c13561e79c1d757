"""The list of people, of a few and of hundreds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from screen_state import conversation, user
from shown_messages import Json, plain, styles

from slcpctl.screen.cells import Line, line_width
from slcpctl.screen.sidebar import Sidebar
from slcpctl.view.people import People

MANY = 500


def received(handle: str, seq: int, automatic: bool = False) -> Json:
    return {"type": "text_received", "id": f"m{seq}", "seq": seq, "handle": handle, "automatic": automatic}


def rows(people: People, to: str | None = None, columns: int = 20) -> list[str]:
    return [plain(line) for line in Sidebar().draw(people, to, columns, 24)]


def opened(lines: list[Line]) -> list[str]:
    """Return what the lines say that are drawn as open."""
    return [plain(line).strip(" ●*") for line in lines if all("class:open" in style for style, _ in line)]


ALL = "(all)"


def at(sidebar: Sidebar, row: int) -> str | None:
    """Return whom a click on a row opens, ALL for everyone; None for nobody."""
    clicked: list[str | None] = []
    sidebar.click(row, clicked.append)
    return next((handle or ALL for handle in clicked), None)


def clicked(sidebar: Sidebar, *rows: int) -> list[str | None]:
    """Click on these rows; return which conversations that opens, None for everyone."""
    opened: list[str | None] = []
    for row in rows:
        sidebar.click(row, opened.append)
    return opened


@pytest.fixture
def crowd() -> People:
    return People([user(f"user{number:03}", number) for number in range(MANY)])


# A row


def test_how_people_are_and_what_is_unread() -> None:
    people = People(
        [user("Luca", 1), user("Sohal", 2), user("Sumaya", 3), user("Tom", 4, state="idle")],
        [
            conversation("Luca", 9, unread=2),
            conversation("Sohal", 8),
            conversation("Mia", 7),
            conversation("Eve", 6, 1),
        ],
    )
    people.take(received("Sumaya", 10, automatic=True))
    people.take({"type": "conversation_read", "seq": 11, "handle": "Sumaya", "up_to": 10, "unread": 0})
    assert rows(people) == [
        " * everyone       4",
        " ◐ Sumaya      away",
        " ● Luca           2",
        " ● Sohal",
        "   Eve            1",
        " ○ Tom         idle",
        "   Mia",
    ]


def test_what_is_unread_and_who_is_gone_differs_in_style_too() -> None:
    people = People([user("Luca", 1), user("Tom", 2)], [conversation("Luca", 9, unread=2), conversation("Mia", 7)])
    _, luca, tom, mia = Sidebar().draw(people, None, 20, 24)
    assert styles(luca) == {"●": "class:here", "Luca": "class:unread", "2": "class:unread"}
    assert styles(tom) == {"●": "class:here", "Tom": ""}
    assert styles(mia) == {"Mia": "class:gone"}


@pytest.mark.parametrize(("unread", "end"), [(1, " 1"), (99, " 99"), (100, " 99+"), (20_000, " 99+")])
def test_many_unread_take_few_cells(unread: int, end: str) -> None:
    assert rows(People([], [conversation("Luca", 9, unread)]))[1].endswith(end)


def test_a_long_handle_is_cut_for_what_is_unread() -> None:
    people = People([user("Maximiliane-von-und-zu")], [conversation("Maximiliane-von-und-zu", 9, unread=12)])
    assert rows(people)[1] == " ● Maximiliane-… 12"
    people.take({"type": "conversation_read", "seq": 11, "handle": "Maximiliane-von-und-zu", "up_to": 9, "unread": 0})
    assert rows(people)[1] == " ● Maximiliane-von-…"


def test_a_hostile_handle_acts_on_no_terminal_and_moves_nothing() -> None:
    people = People([user("a\x1b[2Jb", 1), user("שלום", 2)], [conversation("שלום", 9, unread=3)])
    assert rows(people)[1:] == [" ● שלום\u200e           3", " ● a\\x1b[2Jb"]


def test_nobody_is_here() -> None:
    assert rows(People()) == [" * everyone"]


def test_the_open_one_is_marked_in_all_its_cells() -> None:
    people = People([user("Luca", 1), user("Tom", 2)])
    sidebar = Sidebar()
    assert opened(sidebar.draw(people, "Tom", 20, 24)) == ["Tom"]
    assert opened(sidebar.draw(people, None, 20, 24)) == ["everyone       2"]
    assert opened(sidebar.draw(people, "Stranger", 20, 24)) == []


HANDLES = st.one_of(st.text(min_size=1, max_size=64), st.sampled_from(["日本語" * 9, "👩\u200d💻", "שלום", "\x1b[H"]))


@given(st.lists(st.tuples(HANDLES, st.integers(0, 200), st.booleans())), st.sampled_from([15, 20, 40]))
def test_each_row_has_exactly_its_cells(known: list[tuple[str, int, bool]], columns: int) -> None:
    people = People(
        [user(handle, number) for number, (handle, _, is_here) in enumerate(known) if is_here],
        [conversation(handle, number + 1, unread) for number, (handle, unread, _) in enumerate(known)],
    )
    lines = Sidebar().draw(people, known[0][0] if known else None, columns, 24)
    assert all(line_width(line) == columns for line in lines)


# Hundreds of them


def test_whoever_is_opened_is_in_sight(crowd: People) -> None:
    sidebar = Sidebar()
    for number in (0, 499, 3, 250, 251, 230, 229, 100):
        to = f"user{number:03}"
        lines = sidebar.draw(crowd, to, 20, 22)
        assert len(lines) == 22
        assert opened(lines) == [to]
    assert opened(sidebar.draw(crowd, None, 20, 22)) == ["everyone     500"]


def test_it_moves_no_further_than_needed(crowd: People) -> None:
    sidebar = Sidebar()
    sidebar.draw(crowd, "user100", 20, 22)
    assert [at(sidebar, 0), at(sidebar, 21)] == ["user079", "user100"]
    sidebar.draw(crowd, "user090", 20, 22)
    assert [at(sidebar, 0), at(sidebar, 21)] == ["user079", "user100"]
    sidebar.draw(crowd, "user078", 20, 22)
    assert [at(sidebar, 0), at(sidebar, 21)] == ["user078", "user099"]


def test_the_user_may_scroll_away_from_the_open_one_until_another_is_opened(crowd: People) -> None:
    sidebar = Sidebar()
    sidebar.draw(crowd, "user100", 20, 22)
    sidebar.scroll(crowd, 50)
    for _ in range(2):
        assert opened(sidebar.draw(crowd, "user100", 20, 22)) == []
    assert at(sidebar, 0) == "user029"
    assert opened(sidebar.draw(crowd, "user101", 20, 22)) == ["user101"]


def test_scrolling_ends_at_both_ends(crowd: People) -> None:
    sidebar = Sidebar()
    sidebar.draw(crowd, None, 20, 22)
    sidebar.scroll(crowd, -10_000)
    sidebar.draw(crowd, None, 20, 22)
    assert [at(sidebar, 0), at(sidebar, 21)] == ["user478", "user499"]
    sidebar.scroll(crowd, 10_000)
    sidebar.draw(crowd, None, 20, 22)
    assert at(sidebar, 0) == ALL


def test_turning_the_wheel_beyond_an_end_takes_no_time_to_turn_back(crowd: People) -> None:
    sidebar = Sidebar()
    sidebar.draw(crowd, None, 20, 22)
    for beyond, back, first in ((-10_000, 3, "user475"), (10_000, -3, "user002")):
        sidebar.scroll(crowd, beyond)
        sidebar.scroll(crowd, back)
        sidebar.draw(crowd, None, 20, 22)
        assert clicked(sidebar, 0) == [first]


def test_few_do_not_scroll() -> None:
    people, sidebar = People([user("Luca")]), Sidebar()
    sidebar.draw(people, None, 20, 22)
    sidebar.scroll(people, -5)
    assert len(sidebar.draw(people, None, 20, 22)) == 2


def test_the_list_is_full_also_when_many_have_gone(crowd: People) -> None:
    sidebar = Sidebar()
    sidebar.draw(crowd, "user499", 20, 22)
    crowd.meet([user(f"user{number:03}", number) for number in range(30)])
    assert len(sidebar.draw(crowd, "user499", 20, 22)) == 22
    assert at(sidebar, 21) == "user029"


# Clicks


@settings(max_examples=50)
@given(st.integers(0, MANY - 1), st.integers(-600, 600), st.integers(1, 40))
def test_a_click_means_who_is_drawn_there(opened_one: int, up: int, height: int) -> None:
    crowd, sidebar = People([user(f"user{number:03}", number) for number in range(MANY)]), Sidebar()
    sidebar.draw(crowd, f"user{opened_one:03}", 20, height)
    sidebar.scroll(crowd, up)
    lines = sidebar.draw(crowd, f"user{opened_one:03}", 20, height)
    drawn = [plain(line).strip(" ●") for line in lines]
    clicked = [at(sidebar, row) or "" for row in range(height)]
    assert clicked == [name.replace("* everyone     500", ALL) for name in drawn]


def test_a_click_means_who_was_drawn_there_though_the_order_has_changed_since() -> None:
    people, sidebar = People([user("Luca", 1), user("Tom", 2)]), Sidebar()
    sidebar.draw(people, None, 20, 22)
    people.take(received("Tom", 1))
    assert [at(sidebar, row) for row in range(4)] == [ALL, "Luca", "Tom", None]
