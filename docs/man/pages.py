"""The manual pages, made from the tables that the programs read themselves: python -m docs.man.pages

Writes slcpctl.1, slcpd.8 and slcp-config.5 beside this file; `make man` runs it.
"""

import re
from argparse import Action
from collections.abc import Iterable, Iterator
from pathlib import Path

import tomli_w

from slcp import __version__
from slcp.config import INTERFACES_VARIABLE, KEYS, Config, Key
from slcpctl.arguments import OPTIONS, VALUES_WHEN_BARE
from slcpctl.commands import COMMANDS, Argument, Command
from slcpd.__main__ import parser as slcpd_parser

HERE = Path(__file__).parent

_ROFF = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "~": "\\(ti", "^": "\\(ha"}  # groff_char(7)
_CODE = re.compile(r"`([^`]+)`")
_REPEATS = {"?": "[{}]", "*": "[{} ...]", "+": "{} ..."}  # nargs -> how a synopsis shows it

EXIT_CODES_OF_SLCPCTL = {
    "0": "done",
    "1": "refused or failed",
    "2": "wrong usage or configuration",
    "3": "no daemon answers",
    "4": "not sent within --wait",
}
EXIT_CODES_OF_SLCPD = {
    "0": "stopped",
    "1": "could not run",
    "2": "wrong usage or configuration",
    "3": "another one of the profile runs",
}
FILES = {
    "$XDG_CONFIG_HOME/slcp/config.toml": "the configuration, slcp-config(5); the first start writes it",
    "$XDG_DATA_HOME/slcp/": "the history, the key and the received images",
    "$XDG_STATE_HOME/slcp/slcpd.log": "the log of a daemon in the background",
    "$XDG_RUNTIME_DIR/slcp/control.sock": "the control socket",
}
UNIT = {"$XDG_CONFIG_HOME/systemd/user/slcpd.service": "the service of `slcpctl service install`, for systemd"}
SUPERVISION = {
    "NOTIFY_SOCKET": "where a service manager listens, sd_notify(3): it is told readiness, status and stop",
    "WATCHDOG_USEC": "microseconds: twice in that time it is told that the daemon is not stuck",
    "JOURNAL_STREAM": "where standard error leads to the journal, each line of the log has its priority in front",
}
LANGUAGES = {
    "LANGUAGE, LC_ALL, LC_MESSAGES, LANG": "the language of what people read, English or German, as gettext(3) has it: "
    "the first that is set counts, and with LC_ALL=C or --json it is English",
}
INTERFACES = {INTERFACES_VARIABLE: 'network interfaces to use, such as "lo"; overrides the key interfaces'}


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {
        "slcpctl.1": _page("slcpctl", 1, "chat on the local network", _slcpctl()),
        "slcpd.8": _page("slcpd", 8, "the daemon of slcp", _slcpd()),
        "slcp-config.5": _page("slcp-config", 5, "the configuration of slcp", _config()),
    }


def _page(name: str, section: int, purpose: str, body: Iterable[str]) -> str:
    head = [
        '.\\" Made by docs/man/pages.py: change the tables that it reads.',
        f'.TH {_text(name.upper())} {section} "" "slcp {__version__}"',
        *_section("NAME", [f"{_text(name)} \\- {_text(purpose)}"]),
    ]
    return "\n".join([*head, *body, ""])


def _slcpctl() -> Iterator[str]:
    yield from _section("SYNOPSIS", [f"{_bold('slcpctl')} [--profile NAME] [--json] [COMMAND ...]".replace("-", "\\-")])
    yield from _section(
        "DESCRIPTION",
        [
            _text("Chats with the people on the local network; slcpd(8), the daemon, does so in the background."),
            _text("Without a command the chat opens. `slcpctl help COMMAND` shows what a command takes."),
        ],
    )
    options = [*map(_argument, OPTIONS), ("--version", "the same as the command version")]
    yield from _section("OPTIONS", _list(options))
    yield ".SH COMMANDS"
    for command in COMMANDS.values():
        yield from _command(command)
    yield from _section("EXIT STATUS", _list(EXIT_CODES_OF_SLCPCTL.items()))
    yield from _section("ENVIRONMENT", _list(LANGUAGES.items()))
    yield from _section("FILES", _list((FILES | UNIT).items()))
    yield from _section("SEE ALSO", [_text("slcpd(8), slcp-config(5)")])


def _command(command: Command) -> Iterator[str]:
    yield f".SS {_text(' '.join([command.name, *map(_usage, command.arguments)]))}"
    yield _sentence(command.summary)
    yield from _list(map(_argument, command.arguments))


def _slcpd() -> Iterator[str]:
    parser = slcpd_parser()
    actions = parser._actions  # noqa: SLF001  # argparse has no public list
    yield from _section("SYNOPSIS", [f"{_bold('slcpd')} [OPTION ...]"])
    yield from _section(
        "DESCRIPTION", [_text(parser.description or ""), _text((parser.epilog or "").split(" Exit")[0])]
    )
    yield from _section("OPTIONS", _list(map(_slcpd_option, actions)))
    yield from _section("EXIT STATUS", _list(EXIT_CODES_OF_SLCPD.items()))
    yield from _section("ENVIRONMENT", _list((INTERFACES | SUPERVISION).items()))
    yield from _section("FILES", _list(FILES.items()))
    yield from _section("SEE ALSO", [_text("slcpctl(1), slcp-config(5)")])


def _slcpd_option(action: Action) -> tuple[str, str]:
    choices = f"{{{','.join(action.choices)}}}" if action.choices else ""
    value = f" {action.metavar or choices}" if action.nargs != 0 else ""
    return ", ".join(action.option_strings) + value, action.help or ""


def _config() -> Iterator[str]:
    yield from _section(
        "DESCRIPTION",
        [
            _text("The keys of config.toml, a file in TOML, each with its default."),
            _text("`slcpctl config` shows each value in force and where it comes from,"),
            _text("`slcpctl config KEY VALUE` changes one and leaves the file as it is."),
        ],
    )
    default = Config()
    yield from _section("KEYS", _list((_toml(name, default), _meaning(key)) for name, key in KEYS.items()))
    yield from _section("ENVIRONMENT", _list(INTERFACES.items()))
    yield from _section("FILES", _list(FILES.items()))
    yield from _section("SEE ALSO", [_text("slcpctl(1), slcpd(8)")])


def _toml(name: str, config: Config) -> str:
    value = getattr(config, name)
    return tomli_w.dumps({name: list(value) if isinstance(value, tuple) else value}).strip()


def _meaning(key: Key) -> str:
    restart = "" if key.live else " A change works after `slcpctl stop` and `slcpctl start`."
    return f"{key.comment} Must be {key.expects}.{restart}"


def _usage(argument: Argument) -> str:
    """Write an argument as a synopsis shows it."""
    name, metavar = argument.names[0], _metavar(argument)
    if not name.startswith("-"):
        return _REPEATS.get(str(argument.options.get("nargs")), "{}").format(metavar)
    return f"[{_option(argument)}]"


def _argument(argument: Argument) -> tuple[str, str]:
    is_option = argument.names[0].startswith("-")
    return _option(argument) if is_option else _metavar(argument), str(argument.options["help"])


def _option(argument: Argument) -> str:
    name = argument.names[0]
    if "action" in argument.options:
        return name
    return f"{name}[={_metavar(argument)}]" if name in VALUES_WHEN_BARE else f"{name} {_metavar(argument)}"


def _metavar(argument: Argument) -> str:
    choices = argument.options.get("choices")
    return "|".join(choices) if isinstance(choices, tuple) else str(argument.options.get("metavar"))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f".SH {title}"
    yield from lines


def _list(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, meaning in entries:
        yield from (".TP", _bold(term), _sentence(meaning))


def _sentence(text: str) -> str:
    return _text(f"{text[0].upper()}{text[1:].removesuffix('.')}.")


def _bold(text: str) -> str:
    return f"\\fB{_escape(text)}\\fR"


def _text(text: str) -> str:
    """Write a line of text; what stands in backticks is bold."""
    parts = _CODE.split(text)
    return "".join(_bold(part) if number % 2 else _escape(part) for number, part in enumerate(parts))


def _escape(text: str) -> str:
    escaped = "".join(_ROFF.get(character, character) for character in text)
    return f"\\&{escaped}" if escaped.startswith(".") else escaped


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
