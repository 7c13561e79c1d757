"""How many files and sockets we may have open: more than the few hundred that some systems begin with."""

import sys

NEEDED = 2048  # 1,000 clients, 256 connections of peers, 64 transmissions with a file each, and room


def raise_limit() -> None:
    """Raise our own soft limit as far as is needed and allowed."""
    if sys.platform == "win32":  # it has no such limit
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = NEEDED if hard == resource.RLIM_INFINITY else min(NEEDED, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
