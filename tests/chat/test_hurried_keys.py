"""Keys that come together, as after a slow moment of the network: each means what it meant when it was pressed."""

from chat_stage import Come, Open, Send
from daemons import Daemon
from full_screen import pane, status, title, typed

ENTER_AND_NEXT_UNREAD = "\r\x0e"
ENTER_AND_QUIT = "\r\x11"


def test_a_text_goes_to_whom_it_was_typed_for(chat: Open, come: Come, send: Send, ani: Daemon, luca: Daemon) -> None:
    send(come("Ada"), "hi")
    with_ada = chat().wait_unread(Ada="1").type(f"for Luca alone{ENTER_AND_NEXT_UNREAD}").wait_in(title, "Ada")
    luca.wait_for("text_received", text="for Luca alone")
    assert ani.messages(**{"with": "Ada"})[-1]["direction"] == "in"
    with_ada.wait_unread()


def test_who_is_chosen_first_gets_what_is_typed_next(chat: Open, come: Come, luca: Daemon) -> None:
    ada = come("Ada2")
    chat(ada.handle).type("/to Luca\rfor Luca now\r").wait_in(title, "Luca")
    luca.wait_for("text_received", text="for Luca now")


def test_what_was_typed_last_is_sent_before_the_chat_ends(chat: Open, luca: Daemon) -> None:
    assert chat().type(f"bye by key{ENTER_AND_QUIT}").wait_for_exit() == 0
    assert chat().type("bye by command\r/quit\r").wait_for_exit() == 0
    luca.wait_for("text_received", text="bye by key")
    luca.wait_for("text_received", text="bye by command")


def test_letters_are_typed_once_another_conversation_is_open(chat: Open, come: Come, send: Send, ani: Daemon) -> None:
    """Not taken as commands for a message that is no longer chosen."""
    asta = come("Asta")
    send(asta, "hi")
    with_luca = chat().type("to be chosen\r").wait_in(pane, "to be chosen").press("tab")
    with_luca.press("c-n").wait_in(title, "Asta").type("x or o?\r")
    assert asta.take() == b"MSG Asta x or o?\n"
    with_luca.wait_in(pane, "x or o?").wait_unread()


def test_a_chosen_message_under_the_help_is_left_alone(chat: Open, come: Come, ani: Daemon) -> None:
    aki = come("Aki")
    aki.speak_from_elsewhere().tcp.close()
    with_aki = chat("Aki").type("waits\r").wait_in(status, "1 queued").press("tab", "f1").wait_in(title, "Help")
    with_aki.type("x").wait_in(typed, "to Aki > x").press("escape").wait_in(title, "Aki")
    assert ani.messages(**{"with": "Aki"})[-1]["state"] == "queued"
    ani.request("cancel", id=ani.messages(**{"with": "Aki"})[-1]["id"])


def test_the_history_of_all_is_no_new_recipient(chat: Open, luca: Daemon, ani: Daemon) -> None:
    with_luca = chat().type("/history\rprivate words\r")
    luca.wait_for("text_received", text="private words")
    with_luca.wait_in(title, "Luca").wait_in(pane, "private words")
    assert ani.messages()[-1]["batch"] is None


def test_a_peer_called_as_everyone_is_one_person(chat: Open, come: Come, send: Send, ani: Daemon) -> None:
    star = come("*")
    send(star, "hi from a star")
    with_star = chat().press("c-n").wait_in(title, f"*@{star.ip}").wait_in(pane, "hi from a star").wait_unread()
    with_star.type("to one\r").wait_in(pane, "to one")
    assert star.take() == b"MSG * to one\n"
    assert ani.messages()[-1]["batch"] is None


def test_a_name_in_another_case_is_the_same_person(chat: Open, luca: Daemon) -> None:
    chat("everyone").type("/to luca\r").wait_in(title, "Luca").type("in any case\r").wait_in(pane, "in any case")
    luca.wait_for("text_received", text="in any case")


def test_who_passes_by_everyone_has_read_nothing(chat: Open, come: Come, send: Send) -> None:
    """Only what was all on the screen is read; the rest stays unread, and can be visited."""
    ava = come("Ava")
    with_luca = chat()
    send(ava, *(f"ava{number}" for number in range(60)))
    with_luca.wait_unread(Ava="60").type("/to everyone\r").wait_in(pane, "ava59")
    send(ava, "ava60")
    with_luca.wait_in(pane, "ava60").wait_unread(Ava="61").press("c-n").wait_in(title, "Ava").wait_unread()
