"""What the last word of a command line may become, for the shells' completion.

Every command line that is half typed comes here, so: whatever goes wrong is nothing to offer, no daemon
is started, and one that is stuck is not waited for. Handles are what strangers chose; the scripts
(`shells`) quote them, and those that could not be seen as they are or would be an option are left out.
"""

from __future__ import annotations

from slcp.client import Connection, Json
from slcp.endpoint import control_socket, is_profile
from slcp.errors import SlcpError
from slcp.escaping import escape
from slcpctl.arguments import FLAGS, OPTIONS, VALUES_WHEN_BARE
from slcpctl.commands import BLOCKED, COMMANDS, RECIPIENT, Argument, Command
from slcpctl.output import out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

IS_PATH = 10  # exit code: the word is the path of a file, which the shell completes best
ANSWERS_WITHIN = 1.0  # seconds: whoever pressed Tab waits
EVERYONE = "everyone"
_REPEATED = ("+", "*")  # nargs


class Typed:
    """What stands before the word: read it with `take`, from left to right."""

    def __init__(self) -> None:
        self.profile: str | None = None
        self.name: str | None = None  # of the command
        self.operands = 0  # of the command
        self.option: Argument | None = None  # whose value comes next
        self.options_ended = False  # by --

    @property
    def command(self) -> Command | None:
        return COMMANDS.get(self.name or "")

    def take(self, word: str) -> None:
        """Take one more word."""
        if self.option is not None:
            self._take_value(self.option, word)
        elif word.startswith("-") and word != "-" and not self.options_ended:
            self._take_option(word)
        elif self.name is None:
            self.name = word
        else:
            self.operands += 1

    def options(self) -> tuple[Argument, ...]:
        """Return the options that may come next."""
        own = self.command.arguments if self.command else ()
        return (*filter(_is_option, own), *OPTIONS)

    def operand(self) -> Argument | None:
        """Return the argument that an operand would be."""
        operands = [each for each in self.command.arguments if not _is_option(each)] if self.command else []
        if self.operands < len(operands):
            return operands[self.operands]
        return operands[-1] if operands and operands[-1].options.get("nargs") in _REPEATED else None

    def _take_option(self, word: str) -> None:
        name, has_value, value = word.partition("=")
        self.options_ended = word == "--"
        for option in self.options():
            if name in option.names and has_value:
                self._take_value(option, value)
            elif name in option.names and _takes_next_word(option):
                self.option = option

    def _take_value(self, option: Argument, value: str) -> None:
        self.option = None
        if "--profile" in option.names:
            self.profile = value


def print_offers(words: list[str]) -> int:
    """Print what the last word may become, one a line, whatever is typed of it; return the exit code."""
    try:
        offered = offers(words)
    except (SlcpError, OSError):
        return 0
    if offered is None:
        return IS_PATH
    for word in offered:
        out(word)
    return 0


def offers(words: list[str]) -> list[str] | None:
    """Return what the last word may become, None if it is a path. Raises what asking the daemon does."""
    typed = Typed()
    for word in words[:-1]:
        typed.take(word)
    if typed.option is not None:
        return _values(typed.option, typed.profile)
    if words[-1:] and words[-1].startswith("-") and not typed.options_ended:
        flags = ["-h", "--help"] if typed.name else FLAGS
        return [*(name for option in typed.options() for name in option.names), *flags]
    if typed.name is None:
        return list(COMMANDS)
    operand = typed.operand()
    return [] if operand is None else _values(operand, typed.profile)


def _values(argument: Argument, profile: str | None) -> list[str] | None:
    """Return what an argument may be, None if it is a path."""
    match argument.options.get("metavar", argument.names[0].upper()):
        case "HANDLE":
            return _names(argument, profile)
        case "PATH" | "FILE":
            return None
        case "COMMAND":
            return list(COMMANDS)
        case "KEY":
            from slcp.config import KEYS

            return list(KEYS)
        case _:
            choices = argument.options.get("choices")
            return list(choices) if isinstance(choices, tuple) else []


def _names(argument: Argument, profile: str | None) -> list[str]:
    if profile is not None and not is_profile(profile):
        return []
    with Connection(control_socket(profile), ANSWERS_WITHIN) as daemon:
        if argument is BLOCKED:
            names: Iterable[str] = daemon.request("get_config")["config"]["blocked"]["value"]
        else:
            names = _shortest(daemon.request("users")["users"])
        known = [name for name in names if escape(name) == name and not name.startswith("-")]
    return [*known, EVERYONE] if argument is RECIPIENT else known


def _shortest(users: list[Json]) -> list[str]:
    """Return for each user the shortest name that means nobody else."""
    handles = [EVERYONE, *(user["handle"] for user in users)]
    return [user["name"] if handles.count(user["handle"]) > 1 else user["handle"] for user in users]


def _is_option(argument: Argument) -> bool:
    return argument.names[0].startswith("-")


def _takes_next_word(option: Argument) -> bool:
    return "action" not in option.options and option.names[0] not in VALUES_WHEN_BARE
