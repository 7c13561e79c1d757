"""What is unread, in every client alike; the line above what is new; the bell."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from chat_stage import Come, Open, Send
from daemons import Daemon
from full_screen import Chat, pane, sidebar, status


def divider_above(chat: Chat) -> str:
    """Return what stands below the line above new messages, "" without such a line."""
    lines = pane(chat.screen)
    return next((below.split()[-1] for line, below in pairwise(lines) if "── new " in line), "")


def test_unread_messages_are_counted_and_visited(chat: Open, come: Come, send: Send) -> None:
    una, udo = come("Una"), come("Udo")
    with_luca = chat()
    send(una, "una1", "una2")
    send(udo, "udo1")
    with_luca.wait_unread(Una="2", Udo="1").wait_in(status, "3 unread")
    assert sidebar(with_luca.screen)[1:3] == ["● Udo 1", "● Una 2"]  # the newest on top
    with_luca.press("c-n").wait_in(pane, "udo1").wait_unread(Una="2")
    with_luca.press("c-n").wait_in(pane, "una2").wait_unread().wait_gone("unread", status)
    with_luca.press("c-n").wait_for("nothing is unread")


def test_more_than_fits_is_counted_as_more(chat: Open, come: Come, send: Send) -> None:
    uwe = come("Uwe")
    with_luca = chat()
    send(uwe, *(f"uwe{number}" for number in range(101)))
    with_luca.wait_unread(Uwe="99+").wait_in(status, "101 unread")
    with_luca.type("/to Uwe\r").wait_in(pane, "uwe100").wait_unread()


def test_what_one_client_shows_is_read_in_all(chat: Open, come: Come, send: Send, ani: Daemon) -> None:
    ulla = come("Ulla")
    one, other = chat(), chat()
    send(ulla, "ulla1")
    one.wait_unread(Ulla="1")
    other.wait_unread(Ulla="1")
    one.press("c-n").wait_unread()
    other.wait_unread().wait_gone("unread", status)
    other.press("c-n").wait_for("nothing is unread")


def test_both_agree_when_the_daemon_was_killed(chat: Open, come: Come, send: Send, ani: Daemon) -> None:
    uli, urs = come("Uli"), come("Urs")
    one, other = chat(), chat()
    send(uli, "uli1")
    send(urs, "urs1")
    one.type("/to Uli\r").wait_unread(Urs="1")
    other.wait_unread(Urs="1")
    ani.kill()
    for each in (one, other):
        each.wait_in(status, "no daemon now")
    ani.start()
    for each in (one, other):
        each.wait_in(status, "Ani ·").wait_unread(Urs="1")
    other.type("/to Urs\r").wait_unread()
    one.wait_unread()


def test_a_line_stands_above_what_was_unread_when_it_was_opened(chat: Open, come: Come, send: Send) -> None:
    ugo = come("Ugo")
    send(ugo, "old")
    with_ugo = chat("Ugo").wait_in(pane, "old").wait_unread()
    with_ugo.type("/to Luca\r").wait_for("to Luca >")
    send(ugo, "new1", "new2")
    with_ugo.wait_unread(Ugo="2")
    with_ugo.press("c-n").wait_in(pane, "── new since").wait_unread()
    assert divider_above(with_ugo) == "new1"
    with_ugo.type("I see\r").wait_gone("── new since")
    assert ugo.take() == b"MSG Ugo I see\n"


def test_a_line_stands_above_what_came_while_the_window_was_not_looked_at(chat: Open, come: Come, send: Send) -> None:
    uta = come("Uta")
    with_uta = chat("Uta")
    send(uta, "seen")
    with_uta.wait_in(pane, "seen").wait_unread().look(focused=False)
    assert divider_above(with_uta) == ""
    send(uta, "came1", "came2")
    with_uta.wait_in(pane, "came2").wait_unread(Uta="2")
    assert divider_above(with_uta) == "came1"
    with_uta.look(focused=True).wait_unread()
    send(uta, "seen too")
    with_uta.wait_in(pane, "seen too").wait_unread()
    assert divider_above(with_uta) == "came1"
    with_uta.look(focused=False)
    send(uta, "came3")
    with_uta.wait_in(pane, "came3").wait_unread(Uta="1")
    assert divider_above(with_uta) == "came3"
    with_uta.look(focused=True).wait_unread()


@pytest.fixture
def bell(ani: Daemon) -> Iterator[None]:
    """Ani wants the bell."""
    ani.request("set_config", key="bell", value=True)
    yield
    ani.request("set_config", key="bell", value=None)


@pytest.mark.usefixtures("bell")
def test_the_bell_rings_for_what_comes_while_the_window_is_not_looked_at(chat: Open, come: Come, send: Send) -> None:
    ulf = come("Ulf")
    with_ulf = chat("Ulf")
    send(ulf, "seen")
    with_ulf.wait_in(pane, "seen").look(focused=False)
    assert with_ulf.rang == 0
    send(ulf, "not noticed")
    with_ulf.wait_in(pane, "not noticed")
    assert with_ulf.rang == 1


@pytest.mark.usefixtures("bell")
def test_the_bell_rings_for_another_conversation(chat: Open, come: Come, send: Send) -> None:
    ursel = come("Ursel")
    with_luca = chat()
    send(ursel, "psst")
    with_luca.wait_in(sidebar, "Ursel 1")
    assert with_luca.rang == 1


def test_the_bell_rings_for_those_alone_who_want_it(chat: Open, come: Come, send: Send) -> None:
    undine = come("Undine")
    with_luca = chat().look(focused=False)
    send(undine, "psst")
    with_luca.wait_in(sidebar, "Undine 1")
    assert with_luca.rang == 0
