"""What service managers are told of slcpd: a unit of systemd, an agent of launchd. Pure: facts in, text out."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MARK = "# Written by `slcpctl service install`"  # a unit without it is somebody else's
UNWRITABLE = re.compile(r"[\0-\x1f\x7f\ud800-\udfff]")  # in a path: ends a line of a unit, or is no UTF-8
UNRUNNABLE = re.compile(r"[\"'\\]")  # in the path of a program, to systemd

_HARMLESS = re.compile(r"[\w@+=:,./-]+")  # needs no quotes
_ALWAYS_WRITABLE = ("/tmp", "/var/tmp")  # noqa: S108  # where SQLite sorts what is large
_RUNTIME = "XDG_RUNTIME_DIR"  # systemd sets it itself


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text depends on."""

    python: str  # the path of the interpreter that has slcpd
    profile: str | None
    folders: tuple[str, ...]  # in which the daemon writes
    environment: Mapping[str, str]  # the variables that it needs
    runs_programs: bool  # of the user's: a viewer of images, on_message
    can_wall: bool  # whether a user may make a file system of its own here


def unit_name(profile: str | None) -> str:
    """Return the name of a profile's unit of systemd."""
    return f"slcpd-{profile}.service" if profile else "slcpd.service"


def agent_label(profile: str | None) -> str:
    """Return the label of a profile's agent of launchd."""
    return f"local.slcpd.{profile}" if profile else "local.slcpd"


def systemd_unit(facts: Facts) -> str:
    """Write the unit, systemd.service(5). No path in `facts` may match UNWRITABLE, nor that of Python UNRUNNABLE."""
    name = unit_name(facts.profile).removesuffix(".service")
    lines = [
        f"{MARK}, which would write over your changes; `systemctl --user edit {name}` keeps them.",
        *_UNIT.strip().splitlines(),
        f"ExecStart={_command(facts)}",
        *(f"Environment={_word(f'{name}={value}')}" for name, value in facts.environment.items() if name != _RUNTIME),
        *_LIFE.strip().splitlines(),
        *_sandbox(facts),
        *_INSTALL.splitlines(),
    ]
    return "\n".join(lines) + "\n"


def launchd_agent(facts: Facts) -> bytes:
    """Write the agent, launchd.plist(5)."""
    agent = {
        "Label": agent_label(facts.profile),
        "ProgramArguments": [facts.python, "-m", "slcpd", "--background", *_profile(facts)],  # logs to its file
        "WorkingDirectory": "/",  # Python imports what lies in it
        "EnvironmentVariables": dict(facts.environment),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},  # not after `slcpctl stop`; other exit codes launchd cannot tell apart
    }
    return plistlib.dumps(agent)


def _command(facts: Facts) -> str:
    unexpanded = ":" if "$" in facts.python else ""  # systemd would put the value of a variable there
    return unexpanded + " ".join(map(_word, [facts.python, "-m", "slcpd", *_profile(facts)]))


def _profile(facts: Facts) -> list[str]:
    return ["--profile", facts.profile] if facts.profile else []


def _sandbox(facts: Facts) -> Iterator[str]:
    if facts.runs_programs:
        yield from _NO_SANDBOX.strip().splitlines()
        return
    yield from _LIMITS.strip().splitlines()
    if facts.can_wall:
        yield from _WALLS.strip().splitlines()
        yield from (f"ReadWritePaths={_word(f'-{folder}')}" for folder in (*facts.folders, *_ALWAYS_WRITABLE))


def _word(text: str) -> str:
    """Write one word of a setting, systemd.syntax(7): a specifier begins with %, a backslash escapes."""
    escaped = text.replace("%", "%%")
    if _HARMLESS.fullmatch(text):
        return escaped
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'


_UNIT = """
[Unit]
Description=slcp, chat on the local network
Documentation=man:slcpd(8)

[Service]
Type=notify
SyslogIdentifier=slcpd
# Python imports what lies in the working directory: not the home, for there a random.py may lie
WorkingDirectory=/
"""

_LIFE = """
# after a crash, not after `slcpctl stop`; nor where another try helps nobody: 2 wrong configuration, 3 another runs
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2 3
# its event loop says twice as often that it turns
WatchdogSec=60
# `slcpctl stop` waits for 10 s
TimeoutStopSec=15
# of the control socket; kept when it stops, for the other profiles have theirs in it
RuntimeDirectory=slcp
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
"""

_NO_SANDBOX = """
# No sandbox: on_message or open_images is set, and the programs that it runs would be in it, too.
# They end by themselves, not with the daemon.
KillMode=process
"""

_LIMITS = """
# The sandbox. What needs root is not in it, for this has none. What strangers send is parsed by slcpd: code that
# they bring in that way shall get no further.
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
# neither Python nor what slcpd imports makes code while it runs
MemoryDenyWriteExecute=yes
# the control socket, IPv4, and netlink, which lists the interfaces
RestrictAddressFamilies=AF_UNIX AF_INET AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
# a call that is not allowed fails, as on a system without it; the daemon does not die of it
SystemCallErrorNumber=EPERM
"""

_WALLS = """
# All files can be read, since images to send may lie anywhere (so no PrivateTmp), but for keys, and for the sockets
# by which systemd and D-Bus would run programs outside of the sandbox. systemd(1) of a user needs PrivateUsers for it.
PrivateUsers=yes
InaccessiblePaths=-%h/.ssh -%h/.gnupg -%t/bus -%t/systemd/private
# Written is in the daemon's own folders alone; `slcpctl service install` again after a change of imagepath.
ProtectSystem=strict
ProtectHome=read-only
"""

_INSTALL = """
[Install]
WantedBy=default.target
"""
