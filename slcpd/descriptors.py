"""How many files and sockets we may have open: more than the few hundred that some systems begin with."""

import errno
import logging
import sys
from asyncio import AbstractEventLoop
from typing import Any

SHORT_OF = (errno.EMFILE, errno.ENFILE)
TOLD_EVERY = 60.0  # seconds: asyncio tells 128 times a second
NEEDED = 2048  # 1,000 clients, 256 connections of peers, 64 transmissions with a file each, and room

log = logging.getLogger(__name__)


class LoopErrors:
    """What the loop tells of errors that nobody waits for; that no descriptor is left it tells without end."""

    def __init__(self) -> None:
        self._told_at: float | None = None

    def __call__(self, loop: AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in SHORT_OF):
            loop.default_exception_handler(context)
        elif self._told_at is None or loop.time() - self._told_at >= TOLD_EVERY:
            self._told_at = loop.time()
            log.error(
                "connections wait: %s; see what has so many open (`status` counts ours), or raise `ulimit -n`",
                error.strerror,
            )


def raise_limit() -> None:
    """Raise our own soft limit as far as is needed and allowed."""
    if sys.platform == "win32":  # it has no such limit
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = NEEDED if hard == resource.RLIM_INFINITY else min(NEEDED, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
