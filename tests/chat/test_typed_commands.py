"""Commands as they are typed: those of the chat, and those of SLCP as the course's programs take them."""

from pathlib import Path

import pytest
from chat_stage import Come, Open, Send
from daemons import Daemon
from full_screen import pane, people, status, title, typed
from PIL import Image


def test_msg_and_img(chat: Open, luca: Daemon, tmp_path: Path) -> None:
    Image.effect_noise((60, 40), 60).save(tmp_path / "cat.jpg")
    to_all = chat("everyone", folder=tmp_path).type("MSG Luca Hallo, wie geht's?\r")
    luca.wait_for("text_received", handle="Ani", text="Hallo, wie geht's?")
    to_all.type("IMG Luca cat.jpg\r")
    received = luca.wait_for("image_received", handle="Ani")
    assert Path(received["path"]).read_bytes() == (tmp_path / "cat.jpg").read_bytes()
    to_all.wait_state("to Luca: Hallo, wie geht's?", "delivered").wait_state("to Luca: cat.jpg", "delivered")


def test_leave_and_join(chat: Open, luca: Daemon, ani: Daemon) -> None:
    with_luca = chat().type("LEAVE\r").wait_in(typed, "you have left; /join comes back")
    left = luca.wait_for("user_left", handle="Ani", reason="said_so")
    with_luca.type("JOIN\r").wait_in(typed, "you are here").wait_gone("you have left")
    luca.wait_for("user_joined", since=left["seq"], handle="Ani")


def test_who(chat: Open, come: Come) -> None:
    """A longer answer has a page of its own; Esc closes it."""
    wim, wolf = come("Wim"), come("Wolf")
    with_luca = chat().type("WHO\r").wait_in(title, "Who is here")
    for peer in (wim, wolf):
        with_luca.wait_in(pane, peer.handle).wait_in(pane, f"{peer.ip}:{peer.port}")
    with_luca.press("escape").wait_in(title, "Luca")
    assert wim.ip not in with_luca.text


@pytest.mark.parametrize(
    ("handle", "away", "answer", "back"),
    [
        ("Ida", "CONFIG inactive ON", "I am away.", "CONFIG inactive OFF"),
        ("Ilse", "/away At lunch", "At lunch", "/back"),
    ],
)
def test_away_and_back(
    chat: Open, come: Come, send: Send, ani: Daemon, handle: str, away: str, answer: str, back: str
) -> None:
    peer = come(handle)
    with_peer = chat(handle).type(f"{away}\r").wait_in(status, "· away")
    send(peer, "are you there?")
    assert peer.take() == f"MSG {handle} {answer}\n".encode()
    with_peer.wait_in(pane, f"(automatic) {answer}")
    with_peer.type(f"{back}\r").wait_gone("· away", status)
    assert ani.request("get_config")["config"]["inactive"]["value"] is False


def test_help(chat: Open) -> None:
    with_luca = chat(rows=20).type("HELP\r").wait_in(title, "Help").wait_in(pane, "next conversation with something")
    with_luca.press("pagedown", "pagedown", "pagedown").wait_in(pane, "MSG IMG CONFIG HELP")
    with_luca.press("escape").wait_in(title, "Luca").press("f1").wait_in(title, "Help").press("escape")
    with_luca.wait_in(title, "Luca").type("/help\r").wait_in(title, "Help")


def test_a_text_that_begins_like_a_command(chat: Open, luca: Daemon) -> None:
    with_luca = chat().type("WHO is there?\r")
    luca.wait_for("text_received", text="WHO is there?")
    with_luca.type("//quit is how it ends\r")
    luca.wait_for("text_received", text="/quit is how it ends")


def test_another_conversation(chat: Open, come: Come) -> None:
    come("Otto")
    with_otto = chat().type("/to Otto\r").wait_in(title, "Otto").wait_in(typed, "to Otto >")
    with_otto.type("/to everyone\r").wait_in(title, "everyone").press("m-down").wait_gone("to everyone", typed)
    handles = people(with_otto.screen)
    for handle in [*handles[2:], "everyone"]:
        with_otto.press("m-down").wait_in(typed, f"to {handle} >")
    with_otto.press("m-up").wait_in(typed, f"to {handles[-1]} >")


def test_the_keys_of_both_are_shown_and_trusted(chat: Open, luca: Daemon, ani: Daemon) -> None:
    with_luca = chat().wait_in(title, "encrypted").type("/verify\r").wait_in(title, "Keys").wait_in(pane, "your key")
    spoken = ani.request("verify", handle="Luca")["shown"]["spoken"]
    with_luca.wait_in(pane, spoken[:30]).press("escape").wait_in(title, "Luca")
    with_luca.type("/trust Luca\r").wait_in(title, "Keys").press("escape").wait_in(title, "✓ verified")
