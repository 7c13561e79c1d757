"""Words of the command line -> one row of COMMANDS and its arguments.

Only the parser of the command that was typed is built: to build all of them would cost each
one-shot command some milliseconds.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, HelpFormatter, Namespace

from slcp.endpoint import is_profile
from slcp.errors import SlcpError
from slcpctl.commands import COMMANDS, WAIT, Argument, Command
from slcpctl.output import out
from slcpctl.translating import tr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

NO_COMMAND = "chat"  # what `slcpctl` alone does
OPTIONS = (  # of every command, in front of it or behind
    Argument("--profile", metavar="NAME", help=tr("use the daemon, configuration and history of this name")),
    Argument("--json", action="store_true", help=tr("print one JSON object a line")),
)
FLAGS = {"-h": "help", "--help": "help", "--version": "version"}  # commands when no other is named
_MARK = "\0"  # before an operand that begins with -: no word of a command line can hold it
VALUES_WHEN_BARE = {"--wait": WAIT}  # these take a value only with =, so that they swallow no HANDLE


class UsageError(SlcpError):
    """The command line cannot be understood. Exit code 2."""


class Parser(ArgumentParser):
    """Raises UsageError instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(tr("{problem}; `{program} --help` shows what it takes", problem=message, program=self.prog))


def parse(words: list[str]) -> tuple[Command, Namespace]:
    """Return the command and its arguments. Raises UsageError."""
    name, others = _split(words)
    if name not in COMMANDS:
        raise _no_command(name)
    command = COMMANDS[name]
    parser = parser_of(command)
    options, unknown = parser.parse_known_intermixed_args(_readable(others))
    _unmark(options)
    if unknown:
        raise _not_taken(unknown[0].removeprefix(_MARK), command)
    if options.profile is not None and not is_profile(options.profile):
        raise UsageError(tr("--profile {name}: a name has 1 to 32 of A-Z a-z 0-9 _ . -", name=options.profile))
    return command, options


def parser_of(command: Command) -> Parser:
    """Build the parser of one command."""
    parser = Parser(
        prog=f"slcpctl {command.name}",
        description=_sentence(command.summary),
        formatter_class=_formatter,
        allow_abbrev=False,
    )
    for argument in (*command.arguments, *OPTIONS):
        parser.add_argument(*argument.names, **argument.options)  # type: ignore[arg-type]  # rows of a table
    # argparse itself would cut off as much as the English word is long
    parser.usage = parser.format_usage().removeprefix(tr("usage: "))
    return parser


def show_help(options: Namespace) -> int:
    """Print the help of one command or, without one, what all of them do."""
    if options.command is not None:
        parse([options.command, "--help"])
    width = max(map(len, COMMANDS))
    out(tr("Usage: slcpctl [--profile NAME] [--json] [COMMAND ...]") + "\n")
    out(tr("Chat with the people on your local network; slcpd, the daemon, does so in the background.") + "\n")
    for command in COMMANDS.values():
        out(f"  {command.name:{width}}  {command.summary}")
    out("\n" + tr("`slcpctl help COMMAND` shows what a command takes. Without a command the chat opens."))
    return 0


def _split(words: list[str]) -> tuple[str, list[str]]:
    """Find the command: the first word that is neither an option nor the value of one."""
    for index, word in enumerate(words):
        if not word.startswith("-") and words[max(index - 1, 0) : index] != ["--profile"]:
            return word, words[:index] + words[index + 1 :]
    for flag in filter(FLAGS.__contains__, words):
        return FLAGS[flag], [word for word in words if word not in FLAGS]
    return NO_COMMAND, words


def _readable(words: list[str]) -> list[str]:
    """Give bare options their values; mark what follows --, since argparse forgets it between options and operands."""
    end = words.index("--") if "--" in words else len(words)
    options = [f"{word}={VALUES_WHEN_BARE[word]}" if word in VALUES_WHEN_BARE else word for word in words[:end]]
    return options + [f"{_MARK}{word}" if word.startswith("-") else word for word in words[end + 1 :]]


def _unmark(options: Namespace) -> None:
    for name, value in vars(options).items():
        if isinstance(value, str):
            setattr(options, name, value.removeprefix(_MARK))
        elif isinstance(value, list):
            setattr(options, name, [word.removeprefix(_MARK) for word in value])


def _formatter(prog: str) -> HelpFormatter:
    """Make argparse's formatter; it would import shutil, 5 ms in each command, to learn the width."""
    try:
        width = os.get_terminal_size().columns
    except OSError:  # not a terminal
        width = 80
    return HelpFormatter(prog, width=width - 2)


def _no_command(word: str) -> UsageError:
    if near := _near(word, COMMANDS):
        return UsageError(tr("{word} is no command; did you mean {near}?", word=word, near=near))
    return UsageError(tr("{word} is no command; `slcpctl help` lists them", word=word))


def _not_taken(word: str, command: Command) -> UsageError:
    known = [option for argument in (*OPTIONS, *command.arguments) for option in argument.names]
    if near := _near(word, known):
        return UsageError(
            tr("{command} takes no {word}; did you mean {near}?", command=command.name, word=word, near=near)
        )
    words = tr(
        "{command} takes no {word}; `slcpctl {command} --help` shows what it takes", command=command.name, word=word
    )
    return UsageError(words)


def _near(word: str, known: Iterable[str]) -> str:
    """Return what was probably meant; nothing if there is no such word."""
    import difflib  # only for those who mistyped

    return "".join(difflib.get_close_matches(word, list(known), n=1))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
