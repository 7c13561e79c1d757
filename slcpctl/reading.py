"""The commands that read: history, and events as they come."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from slcp.client import Json
from slcp.endpoint import control_socket
from slcpctl.arguments import UsageError
from slcpctl.connecting import Connection, request
from slcpctl.output import note, out_json, out_lines
from slcpctl.render import event_line, local_time, message_lines

SEQ_DIGITS = 19  # SQLite counts to 2**63


def history(options: Namespace) -> int:
    """Print a page of the history, oldest first."""
    criteria = {"with": options.handle, "search": options.search, "limit": options.limit}
    found = request(control_socket(options.profile), "history", **criteria)["messages"]
    if options.json:
        out_json(*found)
    elif found:
        for message in found:
            out_lines(message_lines(message))
    else:
        note("nothing found" if options.handle or options.search else "no messages yet; `slcpctl msg` sends the first")
    return 0


def listen(options: Namespace) -> int:
    """Print events until the daemon ends or we are interrupted."""
    show = out_json if options.json else _out_event
    path = control_socket(options.profile)
    with Connection(path) as daemon:
        for event in daemon.events(_first_seq(path, options)):
            show(event)
            sys.stdout.flush()
            if options.cursor and "seq" in event:
                _write_cursor(options.cursor, event["seq"])
    return 0


def _out_event(event: Json) -> None:
    when = local_time(event["time"], "%H:%M:%S") if "time" in event else " " * len("00:00:00")
    out_lines([[("dim", when), ("", "  "), *event_line(event)]])


def _first_seq(path: str, options: Namespace) -> int | None:
    """Return the seq to go on from: of the cursor, else of --since; None is now."""
    if not options.cursor:
        since: int | None = options.since
        return since
    seq = _read_cursor(options.cursor)
    if seq is None:
        seq = request(path, "hello")["seq"] if options.since is None else int(options.since)
        _write_cursor(options.cursor, seq)  # an event may come while we are not there, before we have seen any
    return seq


def _read_cursor(path: str) -> int | None:
    try:
        with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123  # import pathlib costs 5 ms
            words = file.read(2 * SEQ_DIGITS).strip()
    except FileNotFoundError:
        return None
    if not words.isdecimal() or len(words) > SEQ_DIGITS:
        raise UsageError(f"{path} holds no cursor: remove it to begin anew, or name another file")
    return int(words)


def _write_cursor(path: str, seq: int) -> None:
    """Replace the file in one step: whenever we are killed, it is the old one or the new one."""
    new = f"{path}.new"
    with open(new, "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(f"{seq}\n")
    os.replace(new, path)  # noqa: PTH105
