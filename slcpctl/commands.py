"""COMMANDS: what slcpctl can do, one row a command.

The argument parser, `slcpctl help`, the manual and the completion in shells read this table. A row
names its function instead of holding it, so that a command imports only what it needs itself.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from importlib import import_module

Run = Callable[[Namespace], int]  # takes what was typed, returns the exit code


class Argument:
    """One argument of a command, as argparse takes it."""

    __slots__ = ("names", "options")

    def __init__(self, *names: str, **options: object) -> None:
        self.names = names
        self.options = options


class Command:
    """One command. `run` is "module:function", both of this package."""

    __slots__ = ("arguments", "name", "run", "summary")

    def __init__(self, name: str, summary: str, run: str, *arguments: Argument) -> None:
        self.name = name
        self.summary = summary
        self.run = run
        self.arguments = arguments

    def load(self) -> Run:
        """Import the function."""
        module, _, function = self.run.partition(":")
        loaded: Run = getattr(import_module(f"slcpctl.{module}"), function)
        return loaded


WAIT = "10"  # seconds of a bare --wait: a peer that is there answers within one

SHELLS = ("bash", "zsh", "fish")

RECIPIENT = Argument("handle", metavar="HANDLE", help='a handle or handle@ip:port; "everyone" is everyone present')
_PEER = Argument("handle", metavar="HANDLE", help="a handle or handle@ip:port")
BLOCKED = Argument("handle", metavar="HANDLE", help="a handle or handle@ip:port")
_IDS = Argument("ids", metavar="ID", nargs="+", help="as `slcpctl msg` and `slcpctl history` show it")
_WAIT = Argument(
    "--wait",
    type=float,
    metavar="SECONDS",
    help=f"wait until it is sent, delivered, failed or cancelled: at most {WAIT} (--wait), or SECONDS (--wait=SECONDS)",
)

COMMANDS = {
    command.name: command
    for command in (
        Command(
            "chat",
            "open the interactive chat; the same as no command at all",
            "chat.opening:chat",
            Argument("handle", metavar="HANDLE", nargs="?", help="whom to write to first"),
            Argument("--plain", action="store_true", help="line by line: for screen readers and simple terminals"),
        ),
        Command(
            "users",
            "list who is here",
            "people:users",
            Argument("--refresh", action="store_true", help="ask the network first"),
        ),
        Command(
            "msg",
            "send a text",
            "sending:msg",
            RECIPIENT,
            Argument("text", metavar="TEXT", nargs="+", help="the text; - reads it from standard input"),
            Argument("--automatic", action="store_true", help="mark it as written by a program: no other answers it"),
            _WAIT,
        ),
        Command(
            "img",
            "send images",
            "sending:img",
            RECIPIENT,
            Argument("paths", metavar="PATH", nargs="+", help="an image file"),
            _WAIT,
        ),
        Command(
            "listen",
            "print events as they come",
            "reading:listen",
            Argument("--since", type=int, metavar="SEQ", help="begin with the events after this seq; 0 is all"),
            Argument("--cursor", metavar="FILE", help="keep the last seq in this file, and go on from there"),
        ),
        Command(
            "history",
            "print texts and images of the past",
            "reading:history",
            Argument("handle", metavar="HANDLE", nargs="?", help="only those from and to this user"),
            Argument("--search", metavar="WORDS", help="only texts with all of these words"),
            Argument("--limit", type=int, default=50, metavar="N", help="the newest N (50)"),
        ),
        Command(
            "away",
            "be inactive: texts are answered automatically",
            "people:away",
            Argument("text", metavar="TEXT", nargs="*", help="the answer, kept for the next time"),
        ),
        Command("back", "be active again", "people:back"),
        Command("join", "be here again after leave, and ask who else is", "people:join"),
        Command("leave", "say goodbye and stay unseen until join", "people:leave"),
        Command("verify", "show a user's key and yours, to be compared by voice", "trusting:verify", _PEER),
        Command(
            "trust",
            "accept the key that a user shows now",
            "trusting:trust",
            _PEER,
            Argument("--plain", action="store_true", help="accept that the user has no key and speaks plain text"),
        ),
        Command("block", "hear nothing more of a user", "people:block", _PEER),
        Command("unblock", "hear a user again", "people:unblock", BLOCKED),
        Command("cancel", "withdraw messages that wait to be sent", "sending:cancel", _IDS),
        Command("retry", "send failed or cancelled messages again", "sending:retry", _IDS),
        Command(
            "config",
            "show the configuration and where each value comes from, or change it",
            "configuring:config",
            Argument("key", metavar="KEY", nargs="?", help="show this key only"),
            Argument("value", metavar="VALUE", nargs="*", help="the new value"),
            Argument("--unset", action="store_true", help="go back to the value of config.toml"),
        ),
        Command("status", "show how the daemon is: counters, limits, files", "daemon:status"),
        Command("start", "start the daemon in the background", "daemon:start"),
        Command("stop", "end the daemon", "daemon:stop"),
        Command(
            "logs",
            "print the end of the daemon's log",
            "daemon:logs",
            Argument("-n", dest="lines", type=int, default=20, metavar="N", help="the last N lines (20)"),
        ),
        Command(
            "service",
            "let systemd, or launchd on macOS, look after the daemon",
            "service:service",
            Argument(
                "action",
                choices=("install", "remove", "status"),
                help="install it and start it at each login, remove it, or show how it is",
            ),
        ),
        Command("demo", "let two daemons, Ani and Luca, talk on loopback, and show it", "demo:demo"),
        Command(
            "completion",
            "print what completes slcpctl in a shell",
            "shells:completion",
            Argument("shell", choices=SHELLS, help="such as `source <(slcpctl completion bash)` in ~/.bashrc"),
        ),
        Command("version", "print the version of slcpctl and of the daemon that runs", "versions:version"),
        Command(
            "help",
            "show all commands, or one of them",
            "arguments:show_help",
            Argument("command", metavar="COMMAND", nargs="?", help="the command"),
        ),
    )
}
