"""The commands that send, and wait for what becomes of it."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace

from slcp.client import Connection, Json, request
from slcp.endpoint import control_socket
from slcp.errors import RequestError
from slcpctl.output import note, out_json, out_lines
from slcpctl.render import state_word
from slcpctl.starting import connect
from slcpctl.translating import tr
from slcpctl.view.outcomes import OUTCOMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from slcpctl.progress import Progress

EVERYONE = "*"  # as the API calls everyone present
_EVERYONE_WORDS = dict.fromkeys(("everyone", tr("everyone")), EVERYONE)  # as it is always, and as a chat shows it
UNSENT = frozenset({"failed", "cancelled"})
LOOK_EVERY = 1.0  # seconds of waiting after which the user wants to know for what
MAX_PAGE = 500  # messages, the most of one answer
FAILED = 1
TIME_OVER = 4


def recipient(handle: str) -> str:
    """Return whom the API shall send to."""
    return _EVERYONE_WORDS.get(handle.casefold(), handle)


def msg(options: Namespace) -> int:
    """Send a text."""
    text = " ".join(options.text) if options.text != ["-"] else _standard_input()
    with connect(options.profile) as daemon:
        since = daemon.request("hello")["seq"] if options.wait is not None else 0
        result = daemon.request("send_text", to=recipient(options.handle), text=text, automatic=options.automatic)
    return _finish(options, [result], since)


def img(options: Namespace) -> int:
    """Send images, one after the other."""
    with connect(options.profile) as daemon:
        since = daemon.request("hello")["seq"] if options.wait is not None else 0
        results = [
            daemon.request("send_image", to=recipient(options.handle), path=os.path.abspath(path))  # noqa: PTH100  # import pathlib costs 5 ms
            for path in options.paths
        ]
    return _finish(options, results, since)


def retry(options: Namespace) -> int:
    """Send failed or cancelled messages again."""
    return _for_each_id(options, "retry", "queued")


def cancel(options: Namespace) -> int:
    """Withdraw messages that wait."""
    return _for_each_id(options, "cancel", "cancelled")


def _for_each_id(options: Namespace, method: str, state: str) -> int:
    """Make a request for each message; one that is refused does not keep the others from being made."""
    code = 0
    with Connection(control_socket(options.profile)) as daemon:
        for message_id in options.ids:
            try:
                daemon.request(method, id=message_id)
            except RequestError as error:
                note(f"slcpctl: {error}")
                code = FAILED
            else:
                _tell(options, {"id": message_id, "state": state}, "")
    return code


def _standard_input() -> str:
    """Read the text; bytes that are no UTF-8 stay recognisable, so that the daemon can refuse them."""
    return sys.stdin.buffer.read().decode(errors="surrogateescape").rstrip("\r\n")


def _finish(options: Namespace, results: list[Json], since: int) -> int:
    if options.wait is not None:
        return _wait(options, {key: name for result in results for key, name in _names(result).items()}, since)
    return _tell_queued(options, results)


def _names(result: Json) -> dict[str, str]:
    """Return the ids of a result, each with the name of its recipient if there may be several."""
    return dict(zip(result["ids"], result["names"], strict=True)) if "ids" in result else {result["id"]: ""}


def _tell_queued(options: Namespace, results: list[Json]) -> int:
    if options.json:
        out_json(*results)
    else:
        for message_id, name in (item for result in results for item in _names(result).items()):
            _tell(options, {"id": message_id, "state": "queued"}, name)
    return 0


def _tell(options: Namespace, outcome: Json, name: str) -> None:
    """Print what has become of a message, in one line."""
    if options.json:
        out_json(outcome)
    else:
        out_lines([[("", f"{state_word(outcome['state'])} {outcome['id']}"), ("dim", name and f"  {name}")]])


def _wait(options: Namespace, names: dict[str, str], since: int) -> int:
    """Wait for what becomes of each message and tell it; return the exit code."""
    waiting = set(names)
    code = 0
    for event in _events_of(options, waiting, since):
        message_id, outcome = event["id"], OUTCOMES[event["type"]]
        _tell(options, {"id": message_id, "state": outcome, "reason": event.get("reason")}, names[message_id])
        if outcome in UNSENT:
            words = tr("to {handle}: {why}; `slcpctl retry {id}` tries again")
            why = event.get("reason", tr("it was cancelled"))
            note(words.format(handle=event["handle"], why=why, id=message_id))
            code = FAILED
    if waiting:
        words = tr("{count} of {all} not sent within {seconds:g} s: stays queued until the user is heard")
        note(words.format(count=len(waiting), all=len(names), seconds=options.wait))
        return TIME_OVER
    return code


def _events_of(options: Namespace, waiting: set[str], since: int) -> Iterator[Json]:
    """Yield the event that ends each message of `waiting`, and take it from there; tell what the others wait for."""
    from slcpctl.progress import Progress

    path, told = control_socket(options.profile), set[str]()
    with Progress() as progress:
        for event in _events(path, since, time.monotonic() + options.wait):
            if event is None:
                messages = request(path, "history", after=since, limit=MAX_PAGE)["messages"]
                progress.clear()
                _tell_once(_reasons(message for message in messages if message["id"] in waiting), told)
            elif event.get("id") in waiting:
                yield from _ending(event, waiting, progress)
            if not waiting:
                return


def _events(path: str, since: int, until: float) -> Iterator[Json | None]:
    """Yield the events after `since` until a time of time.monotonic(), and None whenever LOOK_EVERY has passed."""
    while (now := time.monotonic()) < until:
        with Connection(path) as daemon:
            for event in daemon.events(since, min(now + LOOK_EVERY, until)):
                since = event.get("seq", since)
                yield event
        yield None


def _ending(event: Json, waiting: set[str], progress: Progress) -> Iterator[Json]:
    if event["type"] in OUTCOMES:
        waiting.remove(event["id"])
        progress.clear()
        yield event
    else:
        progress.show(event)


def _reasons(messages: Iterable[Json]) -> list[str]:
    """Return a line for each message that waits, where it is known why."""
    queued = [message for message in messages if message["state"] == "queued" and message["reason"]]
    return [tr("to {handle}: waiting: {reason}").format_map(message) for message in queued]


def _tell_once(lines: list[str], told: set[str]) -> None:
    for line in lines:
        if line not in told:
            told.add(line)
            note(line)
