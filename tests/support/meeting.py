"""Several daemons together: until all know each other, and how long things take."""

import time
from datetime import UTC, datetime, timedelta

from daemons import Daemon, Json


def meet(*daemons: Daemon) -> list[Json]:
    """Return when each knows each other one: the events that told it."""
    handles = {daemon.request("hello")["handle"]: daemon for daemon in daemons}
    return [
        daemon.wait_for("user_joined", handle=other)
        for handle, daemon in handles.items()
        for other in handles
        if other != handle
    ]


def seq_of(daemon: Daemon) -> int:
    """Return the newest seq: what comes after it is news."""
    return int(daemon.request("hello")["seq"])


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._moment = datetime.now(UTC)

    def at(self, *events: Json) -> float:
        """Tell how many seconds later the last of these events was, by the log of the daemon that saw it."""
        last = max(datetime.fromisoformat(event["time"]) for event in events)
        return max(last - self._moment, timedelta()).total_seconds()

    def now(self) -> float:
        return time.monotonic() - self._began
