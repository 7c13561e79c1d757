"""The command config."""

from __future__ import annotations

from argparse import Namespace

from slcp.client import Connection, Json
from slcp.endpoint import control_socket
from slcp.errors import ErrorCode, RequestError
from slcpctl.arguments import UsageError
from slcpctl.output import note, out_json, out_lines
from slcpctl.render import config_lines
from slcpctl.translating import tr


def config(options: Namespace) -> int:
    """Show all keys or one, or change one."""
    if options.unset and (options.key is None or options.value):
        raise UsageError(tr("config --unset takes a KEY and no VALUE"))
    with Connection(control_socket(options.profile)) as daemon:
        if options.unset or options.value:
            return _change(daemon, options)
        result = daemon.request("get_config")
    entries: Json = result["config"]
    if options.key is not None:
        result = _entry(entries, options.key)
        entries = {options.key: result}
    if options.json:
        out_json(result)
    else:
        out_lines(config_lines(entries.items()))
    return 0


def _change(daemon: Connection, options: Namespace) -> int:
    value = None if options.unset else " ".join(options.value)
    entry = daemon.request("set_config", key=options.key, value=value)
    if options.json:
        out_json(entry)
    else:
        out_lines(config_lines([(options.key, entry)]))
        if entry["needs_restart"]:
            note(tr("this works after `slcpctl stop` and `slcpctl start`"))
        if _shapes_service(options.key, options.profile):
            note(tr("the service is made for the value of before: `slcpctl service install` makes it for this one"))
    return 0


def _shapes_service(key: str, profile: str | None) -> bool:
    """Tell whether the sandbox of an installed service depends on a key."""
    from slcpctl.supervisors import installed

    supervisor = installed(profile)
    return supervisor is not None and key in supervisor.depends_on


def _entry(entries: Json, key: str) -> Json:
    if key not in entries:
        why = tr("{key} is no key; there are: {keys}", key=key, keys=", ".join(entries))
        raise RequestError(ErrorCode.UNKNOWN_KEY, why)
    entry: Json = entries[key]
    return entry
