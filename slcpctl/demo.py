"""The command demo: the session of the SLCP document, played by two real daemons.

What is shown was observed: each step waits for the event or the answer that proves it.
"""

from __future__ import annotations

import signal
import time
from argparse import Namespace
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from slcp.client import Json
from slcp.errors import SlcpError
from slcpctl.output import note, out_json, out_lines
from slcpctl.render import Line, event_line, figures, size
from slcpctl.stage import NotSeenError, Player, players
from slcpctl.translating import tr

PHOTO_BYTES = range(14_000, 16_000)  # about the 15432 of the document's session
Narrate = Callable[[Player, str, Line | Json], None]


def demo(options: Namespace) -> int:
    """Play the session; return 0 if all of it was observed, else 1."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whatever ends us, the daemons end with us
    began = time.monotonic()
    say = _say_json if options.json else _say
    command = tr("the start")
    try:
        with players("Ani", "Luca") as (ani, luca):
            for command, step in _STEPS.items():  # noqa: B007  # read when a step fails
                step(ani, luca, say)
    except SlcpError as error:
        note(tr("slcpctl demo: {command} has failed: {error}", command=command, error=error))
        return 1
    note(tr("everything was seen, in {seconds} s", seconds=figures(round(time.monotonic() - began, 1))))
    return 0


# The steps


def _join(ani: Player, luca: Player, say: Narrate) -> None:
    for player in (ani, luca):
        say(player, DOES, [("", f"JOIN {player.name} {player.port}")])
    for player, other in ((ani, luca), (luca, ani)):
        _see(say, player, type="user_joined", handle=other.name, port=other.port)


def _who(ani: Player, luca: Player, say: Narrate) -> None:
    for player, other in ((ani, luca), (luca, ani)):
        _ask_who(say, player, [other])


def _texts(ani: Player, luca: Player, say: Narrate) -> None:
    for sender, receiver, text in ((ani, luca, "Hallo Luca!"), (luca, ani, "Hey Ani, alles klar?")):
        say(sender, DOES, [("", f"MSG {receiver.name} {text}")])
        sent = sender.request("send_text", to=receiver.name, text=text)["id"]
        _see(say, receiver, type="text_received", handle=sender.name, text=text)
        _see(say, sender, type="text_delivered", id=sent)


def _image(ani: Player, luca: Player, say: Narrate) -> None:
    photo = photo_like_jpeg()
    path = ani.folder / "photo.jpg"
    path.write_bytes(photo)
    say(ani, DOES, [("", f"IMG {luca.name} {path.name}"), ("dim", f"  ({size(len(photo))})")])
    sent = ani.request("send_image", to=luca.name, path=str(path))["id"]
    received = _see(say, luca, type="image_received", handle=ani.name, size=len(photo))
    _see(say, ani, type="image_delivered", id=sent)
    if Path(received["path"]).read_bytes() != photo:
        words = tr("the image that {receiver} has got is not the one that {sender} has sent")
        raise NotSeenError(words.format(receiver=luca.name, sender=ani.name))
    words = tr("all {count} bytes are those that {sender} has sent", count=len(photo), sender=ani.name)
    say(luca, SEES, [("good", words)])


def _leave(ani: Player, luca: Player, say: Narrate) -> None:
    say(luca, DOES, [("", f"LEAVE {luca.name}")])
    luca.request("leave")
    _see(say, ani, type="user_left", handle=luca.name, port=luca.port)
    _ask_who(say, ani, [])


_STEPS = {"JOIN": _join, "WHO": _who, "MSG": _texts, "IMG": _image, "LEAVE": _leave}


def _see(say: Narrate, player: Player, **fields: object) -> Json:
    event = player.wait_for(**fields)
    say(player, SEES, event)
    return event


def _ask_who(say: Narrate, player: Player, expected: list[Player]) -> None:
    """Let a player ask who is here, then a plain program ask the player; the expected ones must be all."""
    say(player, DOES, [("", "WHO")])
    users = player.request("users", refresh=True)["users"]
    if [user["port"] for user in users] != [other.port for other in expected]:
        words = tr("{player} sees {users}") if users else tr("{player} sees nobody")
        raise NotSeenError(words.format(player=player.name, users=", ".join(user["name"] for user in users)))
    say(player, SEES, [("", ", ".join(user["name"] for user in users) or tr("nobody else"))])
    listed, line = player.known_users()
    if listed != [player.name, *(other.name for other in expected)]:
        raise NotSeenError(tr("{player} answers WHO with {line}", player=player.name, line=line))
    say(player, ANSWERS, [("", line)])


# The photo


def photo_like_jpeg() -> bytes:
    """Make a JPEG whose size is in PHOTO_BYTES: gradients with the noise of a cheap camera."""
    from PIL import Image

    side = (320, 240)
    slope = Image.linear_gradient("L").resize(side)
    noise = Image.effect_noise(side, 24)
    bands = (slope, Image.radial_gradient("L").resize(side), slope.transpose(Image.Transpose.ROTATE_180))
    photo = Image.merge("RGB", [Image.blend(band, noise, 0.3) for band in bands])
    for quality in range(90, 10, -1):
        file = BytesIO()
        photo.save(file, "JPEG", quality=quality)
        if len(file.getvalue()) < PHOTO_BYTES.stop:
            break
    return file.getvalue()


# The telling

DOES, SEES, ANSWERS = ">", "<", "="  # the last: a WHO that a plain program has sent by UDP
_WORDS = {DOES: "does", SEES: "sees", ANSWERS: "answers"}
_NAME_CELLS = len("[Luca]")


def _say(player: Player, way: str, what: Line | Json) -> None:
    line = event_line(what) if isinstance(what, dict) else what
    style = "name" if way == DOES else "dim"
    out_lines([[("strong", f"[{player.name}]".ljust(_NAME_CELLS)), (style, f" {way} "), *line]])


def _say_json(player: Player, way: str, what: Line | Json) -> None:
    told = what if isinstance(what, dict) else "".join(text for _, text in what)
    out_json({"who": player.name, _WORDS[way]: told})
