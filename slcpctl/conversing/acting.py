"""What was typed -> requests to the daemon, and lines that tell the outcome."""

from __future__ import annotations

from typing import assert_never

from slcp.async_client import Requests
from slcp.client import Json
from slcpctl.conversing.images import open_image, save_image
from slcpctl.conversing.sending_images import send_images
from slcpctl.conversing.typed import (
    CAPITALS,
    COMMANDS,
    Ask,
    CancelNewest,
    Choose,
    OpenImage,
    Quit,
    SaveImage,
    Search,
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
from slcpctl.sending import EVERYONE, MAX_PAGE
from slcpctl.translating import tr

PAGE = 20  # messages that /history shows
FORM = "%H:%M"  # of times in the chat


Shown = ShowUsers | ShowHistory | Search | ShowKeys | ShowHelp


async def act(typed: Typed, requests: Requests, to: str | None) -> list[Line]:
    """Do what was typed while writing to `to`; return what to tell of it.

    Whom to write to is the caller's to change. Raises RequestError, DaemonUnreachableError, TypedError.
    """
    match typed:
        case SendText(text, other):
            await requests.request("send_text", to=_recipient(other, to), text=text)
        case SendImages():
            await send_images(typed, _recipient(typed.to, to), requests)
        case OpenImage():
            return open_image(await _newest_image(requests, to))
        case SaveImage(path):
            return await save_image(await _newest_image(requests, to), path)
        case Ask():
            return await _ask(typed, requests)
        case CancelNewest():
            return await _cancel_newest(requests)
        case ShowUsers() | ShowHistory() | Search() | ShowKeys() | ShowHelp():
            return await _show(typed, requests, to)
        case Choose() | Quit():
            pass  # nothing to ask for
        case _:
            assert_never(typed)
    return []


async def _show(typed: Shown, requests: Requests, to: str | None) -> list[Line]:
    match typed:
        case ShowUsers():
            return shown_users(await requests.request("users", refresh=True))
        case ShowHistory(with_):
            handle = None if with_ == EVERYONE else with_
            return shown_messages(await requests.request("history", **{"with": handle}, limit=PAGE))
        case Search(words):
            return shown_messages(await requests.request("history", search=words, limit=PAGE))
        case ShowKeys(handle, trust):
            method = "trust" if trust else "verify"
            return key_lines(await requests.request(method, handle=_recipient(handle, to)))
        case ShowHelp():
            return help_lines()
        case _:
            assert_never(typed)


async def _newest_image(requests: Requests, to: str | None) -> Json:
    handle = None if to == EVERYONE else to
    page: list[Json] = (await requests.request("history", **{"with": handle}, limit=MAX_PAGE))["messages"]
    image = next((message for message in reversed(page) if message["kind"] == "image"), None)
    if image is None:
        raise TypedError(tr("no image is here"))
    return image


async def _ask(typed: Ask, requests: Requests) -> list[Line]:
    for method, params in typed.calls:
        await requests.request(method, **params)
    return [[("dim", typed.done)]]


async def _cancel_newest(requests: Requests) -> list[Line]:
    page = (await requests.request("history", limit=PAGE))["messages"]
    message = next((message for message in reversed(page) if message["state"] == "queued"), None)
    if message is None:
        words = tr("none of the last {count} messages waits to be sent; /cancel ID takes an older one", count=PAGE)
        raise TypedError(words)
    await requests.request("cancel", id=message["id"])
    return message_lines({**message, "state": "cancelled", "reason": None}, FORM)


def _recipient(named: str | None, to: str | None) -> str:
    chosen = named or to
    if chosen is None:
        raise TypedError(tr("to whom? /to HANDLE chooses, /users shows who is here"))
    return chosen


def shown_users(result: Json) -> list[Line]:
    """Show who is here, or that nobody is."""
    return user_lines(result["users"]) or [[("dim", tr("nobody else is here yet"))]]


def shown_messages(result: Json) -> list[Line]:
    """Show a page of the history."""
    lines = [line for message in result["messages"] for line in message_lines(message, FORM)]
    return lines or [[("dim", tr("no messages yet"))]]


def help_lines() -> list[Line]:
    """Say what can be typed."""
    rows = columns([[f"/{name} {row.usage}", row.summary] for name, row in COMMANDS.items()])
    return [
        [("", tr("What you type goes to whom the prompt names. Commands:"))],
        *[[("name", f"  {usage}"), ("", f"  {summary}")] for usage, summary in rows],
        [("", tr("and, as in other programs that speak SLCP: {commands}", commands=" ".join(CAPITALS)))],
    ]
