"""A message is chosen, by keys or with the mouse: sent again, withdrawn; the mouse elsewhere."""

from chat_stage import Come, Open, Send
from daemons import Daemon
from emulated_screen import EmulatedScreen
from full_screen import Chat, border, pane, said, status, title, typed
from plain import PlainPeer


def away(peer: PlainPeer) -> PlainPeer:
    """Let a peer take nothing, by TCP or UDP."""
    peer.speak_from_elsewhere().tcp.close()
    return peer


def is_chosen(screen: EmulatedScreen, text: str) -> bool:
    return any(cell.reverse for cell in said(screen, text))


def wait_chosen(chat: Chat, text: str) -> Chat:
    return chat.wait_until(lambda screen: is_chosen(screen, text), f"{text} chosen")


def test_a_message_that_waits_is_withdrawn_and_sent_again(chat: Open, come: Come) -> None:
    otto = away(come("Otto"))
    with_otto = chat("Otto").type("a slip of the pen\r")
    with_otto.wait_state("a slip", "queued").wait_in(title, "not here")
    with_otto.type("what I meant\r")
    with_otto.wait_state("what I meant", "queued").press("tab")
    wait_chosen(with_otto, "what I meant").press("up")
    wait_chosen(with_otto, "a slip").press("x")
    with_otto.wait_state("a slip", "cancelled").wait_in(status, "1 queued").press("x")
    with_otto.wait_in(typed, "cancel is for messages that are queued").press("down")
    wait_chosen(with_otto, "what I meant").press("escape").wait_until(
        lambda screen: not is_chosen(screen, "what I meant"), "none chosen"
    )
    otto.listen()
    otto.join()
    assert otto.take() == b"MSG Otto what I meant\n"
    with_otto.wait_state("what I meant", "sent").press("tab")
    wait_chosen(with_otto, "what I meant").press("up", "r")
    assert otto.take() == b"MSG Otto a slip of the pen\n"
    with_otto.wait_state("a slip", "sent").wait_gone("queued", status)
    assert with_otto.text.count("a slip") == 1


def test_what_is_typed_goes_on_with_the_line(chat: Open, come: Come) -> None:
    """Whoever forgets that a message is chosen loses no letter."""
    otis = come("Otis")
    with_otis = chat("Otis").type("one\r")
    assert otis.take() == b"MSG Otis one\n"
    with_otis.wait_state("one", "sent").press("tab")
    wait_chosen(with_otis, "one").type("Hallo\r")
    assert otis.take() == b"MSG Otis Hallo\n"


def test_a_failed_message_is_sent_again(chat: Open, come: Come, ani: Daemon) -> None:
    olga = come("Olga")
    ani.request("set_config", key="security", value="require")
    with_olga = chat("Olga").type("a secret\r")
    with_olga.wait_state("a secret", "failed").wait_in(pane, "security")
    ani.request("set_config", key="security", value=None)
    with_olga.press("tab")
    wait_chosen(with_olga, "a secret").press("r")
    assert olga.take() == b"MSG Olga a secret\n"
    with_olga.wait_state("a secret", "sent").wait_gone("`security`")


# The mouse


def test_a_click_opens_a_conversation(chat: Open, come: Come, send: Send) -> None:
    oma, opa = come("Oma"), come("Opa")
    with_luca = chat()
    send(oma, "from Oma")
    send(opa, "from Opa")
    column, row = with_luca.wait_for("● Oma").find("● Oma")
    with_luca.click(column + 4, row).wait_in(title, "Oma").wait_in(pane, "from Oma").wait_in(typed, "to Oma >")
    with_luca.click(*with_luca.find("everyone")).wait_in(title, "everyone").wait_in(pane, "from Opa")


def test_a_click_chooses_a_message(chat: Open, come: Come, send: Send) -> None:
    send(come("Ole"), "first", "second", "third")
    with_ole = chat("Ole").wait_in(pane, "third")
    with_ole.click(*with_ole.find("second"))
    wait_chosen(with_ole, "second").press("up")
    wait_chosen(with_ole, "first")
    with_ole.click(border(with_ole.screen) + 5, 3).press("escape").wait_until(
        lambda screen: not any(is_chosen(screen, text) for text in ("first", "second", "third")), "none chosen"
    )


def test_the_wheel_turns_what_is_under_it(chat: Open, come: Come, send: Send) -> None:
    """By three lines a notch, to its end."""
    oda, _, _ = come("Oda"), come("Odo"), come("Odin")
    send(oda, *(f"line {number} ." for number in range(30)))
    with_oda = chat("Oda", rows=8).wait_in(pane, "line 29 .")
    with_oda.wheel(60, 3, -1).wait_until(lambda screen: "line 26 ." in pane(screen)[-1], "three lines up")
    with_oda.wheel(60, 3, -30).wait_in(pane, "line 0 .").wheel(60, 3, 30).wait_in(pane, "line 29 .")
    with_oda.wait_for("* everyone").wheel(3, 3, 9).wait_gone("* everyone").wheel(3, 3, -9).wait_for("* everyone")
    assert "line 29 ." in pane(with_oda.screen)[-1]
    with_oda.press("f1").wait_in(title, "Help").wheel(60, 3, 1).wait_gone("Enter ", pane)
    with_oda.wheel(60, 3, 30).wait_in(pane, "CONFIG HELP").wheel(60, 3, -30).wait_in(pane, "Enter ")
