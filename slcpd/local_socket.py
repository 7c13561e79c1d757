"""The control socket's place in the system: who may reach it, and nobody else.

A Unix socket, on Windows a named pipe; all above this module sees a pair of streams.
"""

import sys

MAX_CLIENTS = 1000  # at once: descriptors; a desktop has a handful

if sys.platform == "win32":
    from slcpd.named_pipe import Endpoint, bound, is_same_user, listening
else:
    from slcpd.unix_socket import Endpoint, bound, is_same_user, listening

__all__ = ["MAX_CLIENTS", "Endpoint", "bound", "is_same_user", "listening"]
