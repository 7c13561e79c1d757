"""The commands about keys: comparing them, and accepting one."""

from __future__ import annotations

from argparse import Namespace

from slcp.client import request
from slcp.endpoint import control_socket
from slcpctl.output import note, out_json, out_lines
from slcpctl.render import key_lines
from slcpctl.translating import tr


def verify(options: Namespace) -> int:
    """Show a user's key and one's own, to be compared by voice."""
    found = request(control_socket(options.profile), "verify", handle=options.handle)
    if options.json:
        out_json(found)
    else:
        out_lines(key_lines(found))
    return 0


def trust(options: Namespace) -> int:
    """Accept the key that a user shows now, or that it shows none."""
    result = request(control_socket(options.profile), "trust", handle=options.handle, plain=options.plain)
    if options.json:
        out_json(result)
    elif options.plain:
        note(tr("{handle} may speak plain text; what waited for that goes out now", handle=options.handle))
    else:
        key = result["shown"] or result["pinned"][0]
        note(tr("trusted from now on: {key}", key=key["spoken"]))
    return 0
