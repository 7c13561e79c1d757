"""Many people, many texts: whoever types notices nothing of it."""

import itertools
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chat_stage import Open, Stage
from daemons import WAIT, Daemon
from emulated_screen import EmulatedScreen
from full_screen import Chat, pane, people, status, typed
from plain import LOOPBACK_BROADCAST, PlainPeer, finish

PEOPLE = 500
EVERY = 1 / 200  # seconds between two texts
TEXTS = 300  # that are seen at least while keys are pressed
WORDS = "the quick brown fox jumps over the lazy dog, again and again; "
MOST = 50_000  # bytes of a text
NUMBER = re.compile(r"text (\d+) of many")


def join(stage: Stage, ani: Daemon) -> None:
    """Let 500 people be here, each at an address of its own."""
    for number in range(PEOPLE):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as voice:
            voice.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            voice.bind((f"127.2.{number // 200}.{number % 200 + 1}", 0))
            voice.sendto(f"JOIN user{number} 6000\n".encode(), (LOOPBACK_BROADCAST, stage.whoisport))
        if number % 50 == 49:  # no more than a socket's buffer holds
            ani.wait_for("user_joined", handle=f"user{number}")


@contextmanager
def flood(peer: PlainPeer, port: int) -> Iterator[None]:
    """Let a peer send 200 texts a second meanwhile."""
    ended = threading.Event()

    def send() -> None:
        with peer.connected(port) as connection:
            for number in itertools.count():
                if ended.wait(EVERY):
                    break
                connection.sendall(f"MSG Ani text {number} of many\n".encode())
            finish(connection)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield
    finally:
        ended.set()
        sending.join(WAIT)


def shown(screen: EmulatedScreen) -> int:
    """Return the number of the newest text that is seen, 0 without any."""
    return max((int(found[1]) for found in map(NUMBER.search, pane(screen)) if found), default=0)


def wait_typed(chat: Chat, end: str) -> None:
    """Wait until this is seen of what was typed, be it broken into lines."""
    chat.wait_until(lambda screen: end in "".join(typed(screen)), "what was typed")


def test_no_key_is_lost(stage: Stage, chat: Open, ani: Daemon, luca: Daemon) -> None:
    """Each is seen, and the text is what was typed, while the texts of others run through the window."""
    join(stage, ani)
    with stage.peer("Flo") as flo:
        flo.join()
        ani.wait_for("user_joined", handle="Flo")
        with_flo = chat("Flo", columns=120, rows=36).wait_in(status, f"{PEOPLE + 2} here")
        text = ""
        with flood(flo, ani.request("status")["port"]):
            with_flo.wait_in(pane, "text 1 of many").type("MSG Luca ")
            while shown(with_flo.screen) < TEXTS:
                assert len(text) < MOST, f"{len(text)} keys, and no more than text {shown(with_flo.screen)}"
                words = f"{WORDS}<{len(text)}>"
                for letter in words:
                    with_flo.type(letter)
                wait_typed(with_flo, words[-7:])
                text += words
            with_flo.press("enter")
            luca.wait_for("text_received", text=text)
        with_flo.press("m-up").wait_in(typed, "to everyone >").press("m-up").wait_in(typed, "to user")
        assert people(with_flo.screen)[-1] in typed(with_flo.screen)[-1]  # the last of 502 is in sight
