"""The command version: which slcpctl this is, and which slcpd runs."""

from __future__ import annotations

from argparse import Namespace

from slcp import __version__
from slcp.client import Connection, DaemonUnreachableError, NoDaemonError, version_of
from slcp.endpoint import control_socket
from slcpctl.output import note, out_json, out_lines
from slcpctl.translating import tr

ANSWERS_WITHIN = 2.0  # seconds: a daemon that is stuck shall not keep our own version back


def version(options: Namespace) -> int:
    """Print both versions; say so if they differ."""
    running = _running(options.profile)
    if options.json:
        out_json({"slcpctl": __version__, "slcpd": running})
    else:
        found = {"slcpctl": __version__, "slcpd": running}
        out_lines([[("", f"{program} {number}")] for program, number in found.items() if number is not None])
    if running not in (None, __version__):
        words = tr("they differ, as after an upgrade: {command} starts slcpd {version}")
        note(words.format(command=_restart(options.profile), version=__version__))
    return 0


def _running(profile: str | None) -> str | None:
    try:
        with Connection(control_socket(profile), ANSWERS_WITHIN, any_api=True) as daemon:
            return version_of(daemon.hello())
    except NoDaemonError:
        return None
    except DaemonUnreachableError as error:
        note(f"slcpctl: {error}")
        return None


def _restart(profile: str | None) -> str:
    slcpctl = f"slcpctl --profile {profile}" if profile else "slcpctl"
    return f"`{slcpctl} stop && {slcpctl} start`"
