"""The window in the language of its user."""

from pathlib import Path

from daemons import Daemon, World
from gui import OpenGui


def test_a_conversation_in_german(open_gui: OpenGui, ani: Daemon, luca: Daemon) -> None:
    gui = open_gui(ani.world, "Luca", LANGUAGE="de").wait_in("name", "Luca").wait_in("people", "alle")
    for button, words in {"send": "Senden", "search": "Suchen", "keys": "Schlüssel…", "block": "Blockieren…"}.items():
        gui.wait_in(button, words)
    gui.type("Hallo!").press("Return").wait_in("messages", "heute").wait_in("messages", "zugestellt")
    luca.wait_for("text_received", handle="Ani", text="Hallo!")
    gui.press("F1").wait_in("page", "Hilfe").wait_in("page", "Tastatur").wait_in("page", "zeigen, wer da ist")
    gui.press("Escape").press("Control-comma").wait_in("dialog_settings", "Einstellungen")
    gui.wait_in("key_handle", "Der Name, den andere sehen und an den sie schreiben.")


def test_the_first_start_in_german(open_gui: OpenGui, tmp_path: Path) -> None:
    world = World(tmp_path / "neu")
    gui = open_gui(world, LANGUAGE="de").wait_in("welcome", "Willkommen bei slcp")
    gui.type("A ni").press("Return").wait_in("welcome", "Der Name braucht 1 bis 32 Zeichen")
    gui.press("Control-q").wait_for_exit()


def test_at_its_least_size_all_of_the_title_and_the_search_is_there(
    open_gui: OpenGui, ani: Daemon, luca: Daemon
) -> None:
    gui = open_gui(ani.world, "Luca", LANGUAGE="de").wait_in("name", "Luca").wait_in("trust", "verschlüsselt")
    gui.tcl("wm geometry . [join [wm minsize .] x]")
    gui.press("Control-f").wait_until(lambda: gui.tcl("::tests::seen searched") != "", "the search")
    gui.wait_until(lambda: gui.tcl("winfo width .") == gui.tcl("lindex [wm minsize .] 0"), "the least size")
    for name in ("name", "trust", "search", "keys", "block", "searched"):
        widget = gui.tcl(f"::tests::seen {name}")
        assert int(gui.tcl(f"winfo width {widget}")) >= int(gui.tcl(f"winfo reqwidth {widget}")), name
