"""The commands that send, and wait for what becomes of it."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace

from slcp.client import Connection, Json
from slcp.endpoint import control_socket
from slcpctl.output import note, out, out_json
from slcpctl.starting import connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYONE = "*"  # as the API calls everyone present
_EVERYONE_WORDS = {"everyone": EVERYONE}
OUTCOMES = {  # the events that end a message, and what has become of it
    "text_sent": "sent",
    "text_failed": "failed",
    "image_sent": "sent",
    "image_failed": "failed",
}
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
        result = daemon.request("send_text", to=recipient(options.handle), text=text)
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
    """Send a failed message again."""
    with Connection(control_socket(options.profile)) as daemon:
        _tell_queued(options, [daemon.request("retry", id=options.id)])
    return 0


def _standard_input() -> str:
    """Read the text; bytes that are no UTF-8 stay recognisable, so that the daemon can refuse them."""
    return sys.stdin.buffer.read().decode(errors="surrogateescape").rstrip("\r\n")


def _finish(options: Namespace, results: list[Json], since: int) -> int:
    if options.wait is not None:
        return _wait(options, [message_id for result in results for message_id in _ids(result)], since)
    return _tell_queued(options, results)


def _ids(result: Json) -> list[str]:
    return result["ids"] if "ids" in result else [result["id"]]


def _tell_queued(options: Namespace, results: list[Json]) -> int:
    if options.json:
        out_json(*results)
    else:
        for message_id in (message_id for result in results for message_id in _ids(result)):
            out(f"queued {message_id}")
    return 0


def _wait(options: Namespace, ids: list[str], since: int) -> int:
    """Wait for what becomes of each message and tell it; return the exit code."""
    waiting = set(ids)
    code = 0
    for event in _events_of(options, waiting, since):
        outcome = OUTCOMES[event["type"]]
        if options.json:
            out_json({"id": event["id"], "state": outcome, "reason": event.get("reason")})
        else:
            out(f"{outcome} {event['id']}")
        if "reason" in event:
            note(f"to {event['handle']}: {event['reason']}; `slcpctl retry {event['id']}` tries again")
            code = FAILED
    if waiting:
        note(f"{len(waiting)} of {len(ids)} not sent within {options.wait:g} s: stays queued until the user is heard")
        return TIME_OVER
    return code


def _events_of(options: Namespace, waiting: set[str], since: int) -> Iterator[Json]:
    """Yield the event that ends each message of `waiting`, and take it from there."""
    from slcpctl.progress import Progress

    until = time.monotonic() + options.wait
    with Connection(control_socket(options.profile)) as daemon, Progress() as progress:
        for event in daemon.events(since, until):
            if event.get("id") not in waiting:
                continue
            if event["type"] in OUTCOMES:
                waiting.remove(event["id"])
                progress.clear()
                yield event
            else:
                progress.show(event)
            if not waiting:
                return
