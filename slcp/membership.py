"""Our own being here: JOIN, LEAVE and the heartbeat (docs/protocol.md, 2.6)."""

from random import Random

from slcp.announcing import Announcer
from slcp.links import Links
from slcp.node import Node

HEARTBEAT = 30.0  # seconds, give or take JITTER, so that a LAN does not speak in chorus
JITTER = 0.1


class Membership:
    """Whether the others see us. Times are seconds of the caller's clock."""

    def __init__(self, me: Node, announcer: Announcer, random: Random) -> None:
        self._me = me
        self._announcer = announcer
        self._random = random
        self.heartbeat_at: float | None = None  # None while we have left

    @property
    def is_here(self) -> bool:
        return self.heartbeat_at is not None

    def due(self, other: float) -> float:
        """Return when the next heartbeat is due, or `other` if that is sooner."""
        return other if self.heartbeat_at is None else min(other, self.heartbeat_at)

    def join(self, now: float) -> None:
        """Say that we are here and ask who else is: at start, and when the user wants it."""
        self._announcer.join()
        self._announcer.ask_all()
        self._plan_heartbeat(now)

    def leave(self) -> None:
        """Say that we go, and be silent until join()."""
        if self.is_here:
            self._announcer.leave(self._me.handle)
            self.heartbeat_at = None

    def ask(self) -> None:
        """Ask who is here; works while we have left too."""
        self._announcer.ask_all()

    def rename(self, handle: str, now: float) -> None:
        """Take another handle and tell everyone: the new one first, so that we are never gone in between."""
        former, self._me.handle = self._me.handle, handle
        if self.is_here:
            self._announcer.join()
            self._announcer.leave(former)
            self._plan_heartbeat(now)

    def follow(self, links: Links, now: float) -> None:
        """Take note that our interfaces or their addresses have changed."""
        self._me.move(links)
        if self.is_here:
            self.join(now)

    def beat(self, now: float) -> None:
        """Send the heartbeat when it is due."""
        if self.heartbeat_at is not None and now >= self.heartbeat_at:
            self._announcer.greet()
            self._plan_heartbeat(now)

    def _plan_heartbeat(self, now: float) -> None:
        self.heartbeat_at = now + HEARTBEAT * self._random.uniform(1 - JITTER, 1 + JITTER)
