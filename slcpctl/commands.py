"""COMMANDS: what slcpctl can do, one row a command.

The argument parser, `slcpctl help`, the manual and the completion in shells read this table. A row
names its function instead of holding it, so that a command imports only what it needs itself.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from importlib import import_module

from slcpctl.translating import tr

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

RECIPIENT = Argument("handle", metavar="HANDLE", help=tr('a handle or handle@ip:port; "everyone" is everyone present'))
_PEER = Argument("handle", metavar="HANDLE", help=tr("a handle or handle@ip:port"))
BLOCKED = Argument("handle", metavar="HANDLE", help=tr("a handle or handle@ip:port"))
_IDS = Argument("ids", metavar="ID", nargs="+", help=tr("as `slcpctl msg` and `slcpctl history` show it"))
_WAIT = Argument(
    "--wait",
    type=float,
    metavar="SECONDS",
    help=tr(
        "wait until it is sent, delivered, failed or cancelled: at most {wait} (--wait), or SECONDS (--wait=SECONDS)",
        wait=WAIT,
    ),
)

COMMANDS = {
    command.name: command
    for command in (
        Command(
            "chat",
            tr("open the interactive chat; the same as no command at all"),
            "chat.opening:chat",
            Argument("handle", metavar="HANDLE", nargs="?", help=tr("whom to write to first")),
            Argument("--plain", action="store_true", help=tr("line by line: for screen readers and simple terminals")),
        ),
        Command(
            "gui",
            tr("open the chat in a window"),
            "window.opening:gui",
            Argument("handle", metavar="HANDLE", nargs="?", help=tr("whom to write to first")),
            Argument("--theme", choices=("light", "dark"), help=tr("light or dark; as the desktop is without")),
        ),
        Command(
            "users",
            tr("list who is here"),
            "people:users",
            Argument("--refresh", action="store_true", help=tr("ask the network first")),
        ),
        Command(
            "msg",
            tr("send a text"),
            "sending:msg",
            RECIPIENT,
            Argument("text", metavar="TEXT", nargs="+", help=tr("the text; - reads it from standard input")),
            Argument(
                "--automatic", action="store_true", help=tr("mark it as written by a program: no other answers it")
            ),
            _WAIT,
        ),
        Command(
            "img",
            tr("send images"),
            "sending:img",
            RECIPIENT,
            Argument("paths", metavar="PATH", nargs="+", help=tr("an image file")),
            _WAIT,
        ),
        Command(
            "listen",
            tr("print events as they come"),
            "reading:listen",
            Argument("--since", type=int, metavar="SEQ", help=tr("begin with the events after this seq; 0 is all")),
            Argument("--cursor", metavar="FILE", help=tr("keep the last seq in this file, and go on from there")),
        ),
        Command(
            "history",
            tr("print texts and images of the past"),
            "reading:history",
            Argument("handle", metavar="HANDLE", nargs="?", help=tr("only those from and to this user")),
            Argument("--search", metavar="WORDS", help=tr("only texts with all of these words")),
            Argument("--limit", type=int, default=50, metavar="N", help=tr("the newest N (50)")),
        ),
        Command(
            "away",
            tr("be inactive: texts are answered automatically"),
            "people:away",
            Argument("text", metavar="TEXT", nargs="*", help=tr("the answer, kept for the next time")),
        ),
        Command("back", tr("be active again"), "people:back"),
        Command("join", tr("be here again after leave, and ask who else is"), "people:join"),
        Command("leave", tr("say goodbye and stay unseen until join"), "people:leave"),
        Command("verify", tr("show a user's key and yours, to be compared by voice"), "trusting:verify", _PEER),
        Command(
            "trust",
            tr("accept the key that a user shows now"),
            "trusting:trust",
            _PEER,
            Argument("--plain", action="store_true", help=tr("accept that the user has no key and speaks plain text")),
        ),
        Command("block", tr("hear nothing more of a user"), "people:block", _PEER),
        Command("unblock", tr("hear a user again"), "people:unblock", BLOCKED),
        Command("cancel", tr("withdraw messages that wait to be sent"), "sending:cancel", _IDS),
        Command("retry", tr("send failed or cancelled messages again"), "sending:retry", _IDS),
        Command(
            "config",
            tr("show the configuration and where each value comes from, or change it"),
            "configuring:config",
            Argument("key", metavar="KEY", nargs="?", help=tr("show this key only")),
            Argument("value", metavar="VALUE", nargs="*", help=tr("the new value")),
            Argument("--unset", action="store_true", help=tr("go back to the value of config.toml")),
        ),
        Command("status", tr("show how the daemon is: counters, limits, files"), "daemon:status"),
        Command("start", tr("start the daemon in the background"), "daemon:start"),
        Command("stop", tr("end the daemon"), "daemon:stop"),
        Command(
            "logs",
            tr("print the end of the daemon's log"),
            "daemon:logs",
            Argument("-n", dest="lines", type=int, default=20, metavar="N", help=tr("the last N lines (20)")),
        ),
        Command(
            "service",
            tr("let systemd, or launchd on macOS, look after the daemon"),
            "service:service",
            Argument(
                "action",
                choices=("install", "remove", "status"),
                help=tr("install it and start it at each login, remove it, or show how it is"),
            ),
        ),
        Command("demo", tr("let two daemons, Ani and Luca, talk on loopback, and show it"), "demo:demo"),
        Command(
            "completion",
            tr("print what completes slcpctl in a shell"),
            "shells:completion",
            Argument("shell", choices=SHELLS, help=tr("such as `source <(slcpctl completion bash)` in ~/.bashrc")),
        ),
        Command("version", tr("print the version of slcpctl and of the daemon that runs"), "versions:version"),
        Command(
            "help",
            tr("show all commands, or one of them"),
            "arguments:show_help",
            Argument("command", metavar="COMMAND", nargs="?", help=tr("the command")),
        ),
    )
}
