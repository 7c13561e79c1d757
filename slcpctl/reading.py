"""The commands that read: history, and events as they come."""

from __future__ import annotations

import sys
from argparse import Namespace

from slcp.client import Connection, Json
from slcp.cursor import Cursor, CursorError
from slcp.endpoint import control_socket
from slcpctl.arguments import UsageError
from slcpctl.output import note, out_json, out_lines
from slcpctl.render import event_line, local_time, message_lines
from slcpctl.translating import tr


def history(options: Namespace) -> int:
    """Print a page of the history, oldest first."""
    criteria = {"with": options.handle, "search": options.search}
    found = _newest(control_socket(options.profile), options.limit, criteria)
    if options.json:
        out_json(*found)
    elif found:
        for message in found:
            out_lines(message_lines(message))
    else:
        is_all = not (options.handle or options.search)
        note(tr("no messages yet; `slcpctl msg` sends the first") if is_all else tr("nothing found"))
    return 0


def _newest(path: str, limit: int, criteria: Json) -> list[Json]:
    """Return the newest messages that fit, oldest first; the daemon may answer with fewer at once."""
    with Connection(path) as daemon:
        page = daemon.request("history", **criteria, limit=limit)
        pages = [page["messages"]]
        while page.get("more") and (lacking := limit - sum(map(len, pages))) > 0:
            page = daemon.request("history", **criteria, limit=lacking, before=pages[-1][0]["seq"])
            pages.append(page["messages"])
    return [message for messages in reversed(pages) for message in messages]


def listen(options: Namespace) -> int:
    """Print events until the daemon ends or we are interrupted."""
    show = out_json if options.json else _out_event
    cursor = _cursor(options)
    with Connection(control_socket(options.profile)) as daemon:
        cursor.begin(daemon.hello()["seq"])
        for event in daemon.events(cursor.seq):
            show(event)
            sys.stdout.flush()
            cursor.move_past(event)
    return 0


def _out_event(event: Json) -> None:
    when = local_time(event["time"], "%H:%M:%S") if "time" in event else " " * len("00:00:00")
    out_lines([[("dim", when), ("", "  "), *event_line(event)]])


def _cursor(options: Namespace) -> Cursor:
    try:
        return Cursor(options.cursor, options.since)
    except CursorError as error:
        raise UsageError(str(error)) from error
