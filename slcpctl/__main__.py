"""slcpctl: one command, or the interactive chat; what went wrong becomes an exit code."""

from __future__ import annotations

import os
import sys

from slcp.client import DaemonUnreachableError, NoDaemonError
from slcp.errors import ConfigError, SlcpError
from slcpctl.arguments import UsageError, parse
from slcpctl.output import note
from slcpctl.translating import tr

COMPLETE = "__complete"  # for the scripts of `slcpctl completion` alone, so no row of COMMANDS
FAILED = 1
EXIT_CODES = {ConfigError: 2, UsageError: 2, DaemonUnreachableError: 3, NoDaemonError: 3}  # any other error: FAILED
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
PIPE_CLOSED = 141  # 128 + SIGPIPE: whoever read our output has seen enough


def main() -> int:
    """Run the command that was typed; return the exit code of the process."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a TextIOWrapper
    if sys.argv[1:2] == [COMPLETE]:
        return complete(sys.argv[2:])
    try:
        command, options = parse(sys.argv[1:])
        code = command.load()(options)
        sys.stdout.flush()
    except SlcpError as error:
        note(f"slcpctl: {_words(error)}")
        return EXIT_CODES.get(type(error), FAILED)
    except OSError as error:
        return _system_refuses(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def complete(words: list[str]) -> int:
    """Print what the last word may become."""
    from slcpctl.completing import print_offers

    return print_offers(words)


def _words(error: SlcpError) -> str:
    """Return what an error says; what slcp says, which knows no language but English, as far as it is frequent."""
    if isinstance(error, NoDaemonError):
        return tr("no daemon at {path}: {why}; `slcpctl start` starts one", path=error.path, why=error.why)
    return str(error)


def _system_refuses(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        return PIPE_CLOSED
    where = error.filename or tr("the system")
    note(f"slcpctl: {where}: {error.strerror or error}")
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
