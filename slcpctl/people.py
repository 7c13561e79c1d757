"""The commands about people: who is here, and being here oneself."""

from __future__ import annotations

from argparse import Namespace

from slcp.client import Connection, request
from slcp.endpoint import control_socket
from slcp.escaping import quoted
from slcpctl.output import note, out_json, out_lines
from slcpctl.render import user_lines
from slcpctl.translating import tr


def users(options: Namespace) -> int:
    """List who is here."""
    found = request(control_socket(options.profile), "users", refresh=options.refresh)["users"]
    if options.json:
        out_json(*found)
    elif found:
        out_lines(user_lines(found))
    else:
        note(_NOBODY if options.refresh else tr("nobody else is here; `slcpctl users --refresh` asks again"))
    return 0


def away(options: Namespace) -> int:
    """Be inactive, with an answer if one is given."""
    with Connection(control_socket(options.profile)) as daemon:
        if options.text:
            daemon.request("set_config", key="autoreply", value=" ".join(options.text))
        result = daemon.request("set_config", key="inactive", value=True)
        answer = daemon.request("get_config")["config"]["autoreply"]["value"]
    told = tr("away; texts are answered with: {answer}", answer=answer) if answer else tr("away")
    return _tell(options, result, told)


def back(options: Namespace) -> int:
    """Be active again."""
    result = request(control_socket(options.profile), "set_config", key="inactive", value=False)
    return _tell(options, result, tr("back: texts are no longer answered for you"))


def join(options: Namespace) -> int:
    """Be here again."""
    return _tell(options, request(control_socket(options.profile), "join"), tr("you are here"))


def leave(options: Namespace) -> int:
    """Say goodbye."""
    result = request(control_socket(options.profile), "leave")
    return _tell(options, result, tr("you have left; `slcpctl join` comes back"))


def block(options: Namespace) -> int:
    """Hear nothing more of a user."""
    result = request(control_socket(options.profile), "block", handle=options.handle)
    words = tr("{handle} is blocked; `slcpctl unblock {word}` takes it back")
    return _tell(options, result, words.format(handle=options.handle, word=quoted(options.handle)))


def unblock(options: Namespace) -> int:
    """Hear a user again."""
    result = request(control_socket(options.profile), "unblock", handle=options.handle)
    return _tell(options, result, tr("{handle} is no longer blocked", handle=options.handle))


_NOBODY = tr("nobody else is here")


def _tell(options: Namespace, result: dict[str, object], words: str) -> int:
    if options.json:
        out_json(result)
    else:
        note(words)
    return 0
