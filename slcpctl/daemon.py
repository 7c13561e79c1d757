"""The commands about the daemon itself."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from contextlib import suppress

from slcp.client import Connection, DaemonUnreachableError, Json, request
from slcp.endpoint import control_socket
from slcp.errors import SlcpError
from slcpctl.output import note, out, out_json, out_lines
from slcpctl.render import Line, local_time, status_lines
from slcpctl.starting import PAUSE, identity, started
from slcpctl.starting import start as start_daemon
from slcpctl.translating import tr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

ENDS_WITHIN = 10.0  # seconds: it says LEAVE and closes its history


class NotStoppedError(SlcpError):
    """The daemon was told to end, and has not."""


class NoLogError(SlcpError):
    """There is no log file."""


def status(options: Namespace) -> int:
    """Show how the daemon is."""
    result = request(control_socket(options.profile), "status")
    if options.json:
        out_json(result)
    else:
        out_lines(status_lines(result))
    return 0


def start(options: Namespace) -> int:
    """Start the daemon, unless it runs."""
    try:
        running, is_ours = request(control_socket(options.profile), "status"), False
    except DaemonUnreachableError:
        running, is_ours = start_daemon(options.profile)
    if options.json:
        out_json(running)
    else:
        note(started(running) if is_ours else tr("slcpd is running already ({identity})", identity=identity(running)))
    return 0


def stop(options: Namespace) -> int:
    """End the daemon; return when it has ended, so that another can start."""
    result = end(options.profile)
    if options.json:
        out_json(result)
    else:
        note(tr("slcpd has ended"))
    return 0


def end(profile: str | None) -> Json:
    """End the daemon of a profile; return its last answer when it has ended. Raises NotStoppedError."""
    from slcp.places import places

    with Connection(control_socket(profile), any_api=True) as daemon:  # to end it is what an upgrade needs
        pid = daemon.request("status")["pid"]
        result = daemon.request("shutdown")
        until = time.monotonic() + ENDS_WITHIN
        daemon.wait_for_end(until)
    _wait_for_end(pid, places(profile).lock, until)
    return result


def _wait_for_end(pid: int, lock: Path, until: float) -> None:
    while _runs(pid, lock):
        if time.monotonic() > until:
            raise NotStoppedError(
                tr(
                    "slcpd (process {pid}) was told to end, and has not within {seconds:g} s; "
                    "`slcpctl logs` may tell why, `kill -9 {pid}` ends it",
                    pid=pid,
                    seconds=ENDS_WITHIN,
                )
            )
        time.sleep(PAUSE)


def _runs(pid: int, lock: Path) -> bool:
    """Tell whether the daemon holds its lock, which says more than its pid: a container may never reap it."""
    if sys.platform == "win32":
        return _exists(pid)
    import fcntl

    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:  # a daemon with other XDG variables than ours
        return _exists(pid)
    return False


def _exists(pid: int) -> bool:
    """Tell whether a process exists; os.kill(pid, 0), which asks that elsewhere, interrupts it on Windows."""
    from psutil import pid_exists

    return pid_exists(pid)


def logs(options: Namespace) -> int:
    """Print the end of the log."""
    for line in _end_of_log(options.profile, max(options.lines, 0)):
        if options.json:
            out(line.rstrip("\n"))
        else:
            out_lines(_log_lines(line))
    return 0


def _end_of_log(profile: str | None, count: int) -> list[str]:
    """Return the last lines of the log file, or of a service's journal if that is newer. Raises NoLogError."""
    from slcp.places import places
    from slcpctl.supervisors import installed

    supervisor = installed(profile)
    path = places(profile).log
    logs = [_tail(path, count), supervisor.log(count) if supervisor else []]
    if not any(logs) and not path.exists():
        raise NoLogError((_NO_JOURNAL if supervisor else _NO_LOG).format(path=path))
    return max(logs, key=_newest)


def _tail(path: Path, count: int) -> list[str]:
    from collections import deque

    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return list(deque(file, count))
    except FileNotFoundError:
        return []


def _newest(lines: list[str]) -> str:
    """Return the time of the last line that has one; "" if none has."""
    import json

    for line in reversed(lines):
        with suppress(ValueError, KeyError, TypeError):  # cut off by a crash
            return str(json.loads(line)["time"])
    return ""


def _log_lines(line: str) -> list[Line]:
    import json

    try:
        entry: Json = json.loads(line)
        head, message = f"{local_time(entry['time'], '%Y-%m-%d %H:%M:%S')}  {entry['level']:7}  ", entry["message"]
    except (ValueError, KeyError, TypeError):  # cut off by a crash
        return [[("", line.rstrip("\n"))]]
    trace: list[Line] = [[("dim", part)] for part in entry.get("trace", "").splitlines()]
    return [[("dim", head), (_LEVEL_STYLES.get(entry["level"], ""), message)], *trace]


_NO_LOG = tr("no log at {path}; only a daemon in the background writes one (`slcpctl start`)")
_NO_JOURNAL = tr("no log at {path}; the journal shows none of the service, or none that you may read")
_LEVEL_STYLES = {"debug": "dim", "warning": "name", "error": "bad", "critical": "bad"}
