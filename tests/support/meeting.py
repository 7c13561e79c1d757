"""Several daemons together: until all know each other, and how long things take."""

import time
from datetime import UTC, datetime, timedelta

from daemons import Daemon, Json


def meet(*daemons: Daemon) -> list[Json]:
    """Return when each has heard each other one itself: the events that told it."""
    handles = {daemon.request("hello")["handle"]: daemon for daemon in daemons}
    return [_hear(daemon, other) for handle, daemon in handles.items() for other in handles if other != handle]


def _hear(daemon: Daemon, other: str) -> Json:
    """Wait until a daemon has heard another; one that it knows second hand changes when it is heard."""

    def is_heard(event: Json) -> bool:
        first_hand = event["type"] == "user_changed" or (event["type"] == "user_joined" and not event["second_hand"])
        return first_hand and event["handle"] == other

    return daemon.wait_until(is_heard, f"sign of life of {other}")


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
