"""What was typed -> requests to the daemon, and lines that tell the outcome."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import assert_never

from slcp.client import Json
from slcpctl.chat.connection import Requests
from slcpctl.chat.room import Room
from slcpctl.chat.typed import (
    CAPITALS,
    COMMANDS,
    Ask,
    CancelNewest,
    Choose,
    Quit,
    SendImages,
    SendText,
    ShowHelp,
    ShowHistory,
    ShowKeys,
    ShowUsers,
    Typed,
    TypedError,
)
from slcpctl.render import Line, columns, key_lines, message_lines, user_lines
from slcpctl.sending import EVERYONE

PAGE = 20  # messages that /history shows
FORM = "%H:%M"  # of times in the chat


async def act(typed: Typed, requests: Requests, room: Room) -> list[Line]:
    """Do what was typed. Raises RequestError, DaemonUnreachableError, TypedError."""
    match typed:
        case SendText(text, to):
            await requests.request("send_text", to=_recipient(to, room), text=text)
        case SendImages(paths, to):
            await _send_images(paths, _recipient(to, room), requests)
        case Ask():
            return await _ask(typed, requests)
        case CancelNewest():
            return await _cancel_newest(requests)
        case Choose(to):
            return choose(room, to)
        case ShowUsers() | ShowHistory() | ShowKeys() | ShowHelp():
            return await _show(typed, requests, room)
        case Quit():
            pass  # there is nothing to do
        case _:
            assert_never(typed)
    return []


async def _show(typed: ShowUsers | ShowHistory | ShowKeys | ShowHelp, requests: Requests, room: Room) -> list[Line]:
    match typed:
        case ShowUsers():
            return shown_users(await requests.request("users", refresh=True))
        case ShowHistory(with_):
            return shown_messages(await requests.request("history", **{"with": with_}, limit=PAGE))
        case ShowKeys(handle, trust):
            method = "trust" if trust else "verify"
            return key_lines(await requests.request(method, handle=_recipient(handle, room)))
        case ShowHelp():
            return help_lines()
        case _:
            assert_never(typed)


async def _send_images(paths: Iterable[str], to: str, requests: Requests) -> None:
    for path in paths:
        await requests.request("send_image", to=to, path=str(Path(path).expanduser().absolute()))


async def _ask(typed: Ask, requests: Requests) -> list[Line]:
    for method, params in typed.calls:
        await requests.request(method, **params)
    return [[("dim", typed.done)]]


async def _cancel_newest(requests: Requests) -> list[Line]:
    page = (await requests.request("history", limit=PAGE))["messages"]
    message = next((message for message in reversed(page) if message["state"] == "queued"), None)
    if message is None:
        raise TypedError(f"none of the last {PAGE} messages waits to be sent; /cancel ID takes an older one")
    await requests.request("cancel", id=message["id"])
    return message_lines({**message, "state": "cancelled", "reason": None}, FORM)


def _recipient(to: str | None, room: Room) -> str:
    chosen = to or room.to
    if chosen is None:
        raise TypedError("to whom? /to HANDLE chooses, /users shows who is here")
    return chosen


def choose(room: Room, to: str) -> list[Line]:
    """Change the recipient; say so if that is nobody who is here."""
    room.to = to
    known = to == EVERYONE or to.partition("@")[0] in room.handles
    return [] if known else [[("dim", f"{to} is not here now")]]


def shown_users(result: Json) -> list[Line]:
    """Show who is here, or that nobody is."""
    return user_lines(result["users"]) or [[("dim", "nobody else is here yet")]]


def shown_messages(result: Json) -> list[Line]:
    """Show a page of the history."""
    lines = [line for message in result["messages"] for line in message_lines(message, FORM)]
    return lines or [[("dim", "no messages yet")]]


def help_lines() -> list[Line]:
    """Say what can be typed."""
    rows = columns([[f"/{name} {row.usage}", row.summary] for name, row in COMMANDS.items()])
    return [
        [("", "What you type goes to whom the prompt names. Commands:")],
        *[[("name", f"  {usage}"), ("", f"  {summary}")] for usage, summary in rows],
        [("", f"and, as in other programs that speak SLCP: {' '.join(CAPITALS)}")],
    ]
