"""The scene of the captures: Ani's chat, and what four people send her from daemons of their own on loopback."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from daemons import Daemon, World, free_port
from PIL import Image
from terminal import Terminal

from docs.screens.picture import draw

TAKEN_BY_LUCA = 1_000_000  # bytes of an image; a scan has more
ANSWER, BEING_TYPED = "Sunday it is!", "Shall I bring "


class People(NamedTuple):
    """Their daemons."""

    ani: Daemon
    luca: Daemon
    sohal: Daemon
    sumaya: Daemon
    tom: Daemon


@contextmanager
def people(root: Path) -> Iterator[People]:
    """Start the daemons in a folder; yield them when Ani knows all and all know her."""
    with ExitStack() as running:
        whoisport = free_port()

        def start(handle: str, **keys: object) -> Daemon:
            world = World(root / handle)
            world.configure(handle=handle, port=free_port(), whoisport=whoisport, notify=False, **keys)
            daemon = Daemon(world)
            running.callback(daemon.close)
            return daemon.start()

        here = People(
            ani=start("Ani"),
            luca=start("Luca", max_image_size=TAKEN_BY_LUCA),
            sohal=start("Sohal"),
            sumaya=start("Sumaya", inactive=True, autoreply="In a meeting, back at four."),
            tom=start("Tom"),
        )
        for handle, daemon in zip(("Luca", "Sohal", "Sumaya", "Tom"), here[1:], strict=True):
            here.ani.wait_for("user_joined", handle=handle)
            daemon.wait_for("user_joined", handle="Ani")
        yield here


def play(here: People, chat: Terminal, folder: Path) -> None:
    """Let all happen that the captures show, in front of Ani's open chat."""
    chat.wait_for("4 here")
    let_all_write(here, folder)
    chat.wait_for("2 unread").type(f"{ANSWER}\r")
    here.luca.wait_for("text_received", text=ANSWER)
    chat.type(BEING_TYPED)


def let_all_write(here: People, folder: Path) -> None:
    """Let all come to Ani that she has not typed herself in an open chat."""
    _sumaya_is_away(here.ani)
    _tom_leaves(here.ani, here.tom)
    _luca_and_ani_talk(here.ani, here.luca, draw(folder / "lake.jpg"))
    say(here.sohal, "Ani", "Who has the key of the lab?")
    say(here.sohal, "Ani", "Found it.")


def _sumaya_is_away(ani: Daemon) -> None:
    say(ani, "Sumaya", "Coffee at three?")
    answer = ani.wait_for("text_received", handle="Sumaya", automatic=True)
    ani.request("mark_read", **{"with": "Sumaya", "up_to": answer["seq"]})


def _tom_leaves(ani: Daemon, tom: Daemon) -> None:
    say(ani, "Tom", "The printer works again.")
    tom.stop()
    ani.wait_for("user_left", handle="Tom")
    ani.request("send_text", to="Tom", text="It does not, after all.")


def _luca_and_ani_talk(ani: Daemon, luca: Daemon, picture: Path) -> None:
    say(luca, "Ani", "Hallo Ani!")
    say(ani, "Luca", "Hey Luca, alles klar?")
    with Image.open(picture) as image:
        image.save(picture.with_name("scan.tif"))
    refused = ani.request("send_image", to="Luca", path=str(picture.with_name("scan.tif")))["id"]
    ani.wait_for("image_failed", id=refused)
    say(luca, "Ani", "Ja! Back from the lake, with this one:")
    sent = luca.request("send_image", to="Ani", path=str(picture))["id"]
    luca.wait_for("image_delivered", id=sent)
    say(ani, "Luca", "Wow.\nWhere is that?")
    say(luca, "Ani", "An hour by bike 🚲")


def say(sender: Daemon, to: str, text: str) -> None:
    """Send a text; return when it is delivered."""
    sent = sender.request("send_text", to=to, text=text)["id"]
    sender.wait_for("text_delivered", id=sent)
