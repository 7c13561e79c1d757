"""Two people, of whom one has a window: what they write to each other, and what is unread."""

from chat_stage import Come
from daemons import Daemon
from gui import Gui, OpenGui


def test_a_text_arrives(gui: Gui, luca: Daemon) -> None:
    gui.type("Hallo Luca!").press("Return")
    luca.wait_for("text_received", handle="Ani", text="Hallo Luca!")
    gui.wait_in("messages", "Hallo Luca!   delivered")
    assert gui.words("message") == ""


def test_a_text_of_several_lines(gui: Gui, luca: Daemon) -> None:
    gui.type("Milch").press("Shift-Return").type("Brot").press("Return")
    luca.wait_for("text_received", handle="Ani", text="Milch\nBrot")


def test_the_button_sends(gui: Gui, luca: Daemon) -> None:
    gui.type("mit der Maus").click("send")
    luca.wait_for("text_received", handle="Ani", text="mit der Maus")


def test_what_comes_is_seen(gui: Gui, luca: Daemon) -> None:
    luca.request("send_text", to="Ani", text="Ein 🐈 kommt vorbei")
    gui.wait_in("messages", "Ein 🐈 kommt vorbei")


def test_what_comes_elsewhere_is_unread(gui: Gui, ani: Daemon, come: Come) -> None:
    sohal = come("Sohal")
    sohal.send(ani.request("status")["port"], b"MSG Ani Hallo\nMSG Ani Ani?\n")
    gui.wait_in("people", "2\nSohal")
    gui.wait_until(lambda: gui.title == "(2) Luca - slcp", "2 in the title")
    gui.click_person("Sohal").wait_in("name", "Sohal").wait_in("messages", "new since").wait_in("messages", "Ani?")
    ani.wait_for("conversation_read", handle="Sohal", unread=0)
    gui.wait_until(lambda: gui.title == "Sohal - slcp", "all read")


def test_without_a_mouse(gui: Gui, ani: Daemon, come: Come) -> None:
    tom = come("Tom")
    tom.send(ani.request("status")["port"], b"MSG Ani Moin\n")
    gui.wait_in("people", "Tom").press("Control-n").wait_in("name", "Tom").wait_in("messages", "Moin")
    gui.type("Moin Tom").press("Return")
    assert tom.take() == b"MSG Tom Moin Tom\n"
    gui.press("Alt-Down").wait_gone("name", "Tom")


def test_what_is_begun_waits_for_its_recipient(gui: Gui, ani: Daemon, luca: Daemon, come: Come) -> None:
    come("Sumaya")
    gui.wait_in("people", "Sumaya").type("fuer Luca").click_person("Sumaya").wait_in("name", "Sumaya")
    gui.wait_until(lambda: gui.words("message") == "", "an empty field")
    gui.click_person("Luca").wait_in("name", "Luca").wait_in("message", "fuer Luca").press("Return")
    luca.wait_for("text_received", handle="Ani", text="fuer Luca")


def test_nothing_goes_to_somebody_who_is_opened_meanwhile(gui: Gui, luca: Daemon, come: Come) -> None:
    """Enter comes behind the click on somebody else, before the window can show that one."""
    sven = come("Sven")
    gui.wait_in("people", "Sven").type("vertraulich")
    people, message = gui.path("people"), gui.path("message")
    gui.tcl(f"::tests::click_person {people} Sven; event generate {message} <Return>")
    gui.wait_in("name", "Sven").wait_until(lambda: gui.words("message") == "", "an empty field")
    gui.type("Hallo Sven").press("Return")
    assert sven.take() == b"MSG Sven Hallo Sven\n"
    gui.click_person("Luca").wait_in("message", "vertraulich").press("Return")
    luca.wait_for("text_received", handle="Ani", text="vertraulich")


def test_what_cannot_be_done_is_given_back(gui: Gui) -> None:
    gui.type("/mgs Luca Hallo").press("Return").wait_in("notice", "did you mean /msg?")
    gui.wait_in("message", "/mgs Luca Hallo")


def test_of_two_that_cannot_be_done_neither_is_lost(gui: Gui, luca: Daemon) -> None:
    field = gui.tcl("::tests::find message")
    typed = [f"{field} insert end {{{line}}}; event generate {field} <Return>" for line in ("/mgs eins", "/mgs zwei")]
    gui.tcl("; ".join(typed))
    gui.wait_in("message", "/mgs eins")
    gui.tcl(f"{field} delete 1.0 end; {field} insert end {{etwas anderes}}; event generate {field} <Return>")
    gui.wait_in("message", "/mgs zwei")
    luca.wait_for("text_received", handle="Ani", text="etwas anderes")


def test_nothing_of_a_peer_is_taken_for_ours(gui: Gui, ani: Daemon, luca: Daemon) -> None:
    luca.request("send_text", to="Ani", text="a\x1b[31m\u202edrawkcab")
    gui.wait_in("messages", "drawkcab")
    shown = gui.words("messages")
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_two_windows(gui: Gui, open_gui: OpenGui, ani: Daemon, luca: Daemon) -> None:
    other = open_gui(ani.world, "Luca").wait_in("name", "Luca")
    gui.type("von hier").press("Return")
    for each in (gui, other):
        each.wait_in("messages", "von hier   delivered")
