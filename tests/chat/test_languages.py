"""The chat in the language of its user: LANGUAGE, LC_ALL, LC_MESSAGES and LANG choose it, as gettext has it."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from daemons import WAIT, Daemon
from full_screen import Chat, pane, sidebar, status, surroundings, title, typed

GERMAN = {"LANGUAGE": "", "LANG": "de_DE.UTF-8"}


@pytest.fixture
def german(ani: Daemon) -> Iterator[Chat]:
    with Chat(ani.world, "Luca", LANGUAGE="de") as chat:
        yield chat.wait_for("an Luca >")


def test_a_conversation(german: Chat, luca: Daemon) -> None:
    german.wait_in(title, "verschlüsselt").wait_in(sidebar, "alle")
    german.type("Alles klar?\r")
    luca.wait_for("text_received", handle="Ani", text="Alles klar?")
    german.wait_state("Alles klar?", "zugestellt").wait_in(pane, "── heute ")
    german.press("c-f").wait_in(typed, "suchen >").wait_in(pane, "tippe Wörter, die in den Nachrichten vorkommen")


def test_commands_are_typed_as_ever_and_answered_in_german(german: Chat) -> None:
    german.type("/to al\t").wait_in(typed, "/to alle").type("\r").wait_in(typed, "an alle >").type("/to Luca\r")
    german.wait_in(typed, "an Luca >").type("WHO\r").wait_in(typed, "Luca  da")
    german.type("/away\r").wait_in(status, "· abwesend").type("/back\r").wait_gone("· abwesend", status)
    german.type("/nix\r").wait_in(typed, "/nix ist kein Befehl; /help zeigt, welche es gibt")


def test_the_help(german: Chat) -> None:
    german.press("f1").wait_in(title, "Hilfe").wait_in(title, "Esc schließt").wait_in(pane, "Tastatur")
    german.wait_in(pane, "nächste Unterhaltung mit Ungelesenem").press("pagedown", "pagedown")
    german.wait_in(pane, "/users").wait_in(pane, "zeigen, wer da ist")


def test_the_plain_chat(ani: Daemon, luca: Daemon) -> None:
    environment = {**surroundings(ani.world), **GERMAN}
    command = [sys.executable, "-m", "slcpctl", "chat", "--plain", "Luca"]
    ran = subprocess.run(
        command, env=environment, input="Hallo!\n/nix\n", capture_output=True, text=True, timeout=WAIT, check=False
    )
    luca.wait_for("text_received", handle="Ani", text="Hallo!")
    assert "  an Luca: Hallo!\n" in ran.stdout
    assert "  an Luca: zugestellt\n" in ran.stdout
    assert "slcpctl: /nix ist kein Befehl; /help zeigt, welche es gibt; nicht ausgeführt: /nix\n" in ran.stderr
