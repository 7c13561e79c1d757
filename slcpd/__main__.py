"""slcpd: arguments, logging, the lock, exit codes.

What takes long to import is imported by the functions: by then SIGTERM ends us cleanly.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from slcp import __version__
from slcp.endpoint import is_profile
from slcp.errors import ConfigError, SlcpError
from slcp.escaping import escape
from slcpd.instance import AlreadyRunningError, single_instance

if TYPE_CHECKING:
    from slcp.config import Layers, Value
    from slcp.places import Places

EXIT_FAILED = 1
EXIT_CONFIG = 2
EXIT_RUNS_ALREADY = 3
DEFAULT_PROFILE = "default"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the daemon. Returns the exit code.

    0 stopped, 1 could not run, 2 wrong usage or configuration, 3 another one of the profile runs.
    """
    signal.signal(signal.SIGTERM, _end)  # until the daemon has its own handler
    try:
        _run(parser().parse_args(arguments))
    except AlreadyRunningError as error:
        return _fail(error, EXIT_RUNS_ALREADY)
    except ConfigError as error:
        return _fail(error, EXIT_CONFIG)
    except SlcpError as error:
        return _fail(error, EXIT_FAILED)
    except OSError as error:  # before the daemon runs: a folder or file that cannot be made
        return _fail(_reason(error), EXIT_FAILED)
    except KeyboardInterrupt:
        return 0
    return 0


def _end(*_: object) -> None:
    sys.exit(0)


def _run(options: argparse.Namespace) -> None:
    """Run until told to end. Raises AlreadyRunningError, ConfigError, OSError."""
    import asyncio

    from slcp.places import places
    from slcpd.daemon import run
    from slcpd.descriptors import raise_limit
    from slcpd.logs import STDERR
    from slcpd.supervision import supervisor_of

    supervisor = supervisor_of(os.environ, os.getpid())
    if supervisor.watchdog is not None:
        faulthandler.enable(STDERR)  # it ends us with SIGABRT when we are stuck: this shows where
    where = places(options.profile, options.config)
    raise_limit()
    with single_instance(where.lock), suppress(asyncio.CancelledError):
        layers = _load(where, options)
        _start_logging(options.background, layers, where)

        def ready() -> None:
            gc.freeze()  # what is loaded by now stays: looking through it takes a full collection some 20 ms
            if options.background:
                _announce_and_let_go()

        asyncio.run(run(layers, where, options.profile or DEFAULT_PROFILE, ready, supervisor))


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line; the manual page is made from it."""
    from slcp.config import LOG_LEVELS

    options = argparse.ArgumentParser(
        prog="slcpd",
        description="The daemon of slcp: finds people on the local network, sends and receives, keeps the history.",
        epilog="It runs in the foreground; `slcpctl start` runs it in the background, `slcpctl service install` as a "
        "service. Exit codes: 0 stopped, 1 could not run, 2 wrong usage or configuration, "
        "3 another one of the profile runs.",
    )
    options.add_argument("--config", type=Path, metavar="FILE", help="the config file, instead of the profile's")
    options.add_argument("--profile", type=_profile, metavar="NAME", help="a daemon of its own, beside the default one")
    options.add_argument("--background", action="store_true", help="log to the log file; print `ready` once it serves")
    options.add_argument("--log-level", choices=LOG_LEVELS, help="instead of the config's log_level")
    options.add_argument("--version", action="version", version=f"slcpd {__version__}", help="print the version")
    return options


def _profile(name: str) -> str:
    if not is_profile(name):
        raise argparse.ArgumentTypeError(f"{name!r}: 1 to 32 of the characters A-Z a-z 0-9 _ . -")
    return name


def _load(where: Places, options: argparse.Namespace) -> Layers:
    """Read the configuration; the first run writes config.toml, unless a file was named. Raises ConfigError."""
    from slcp.config import load, login_name, template

    if not where.config.exists():
        if options.config:
            raise ConfigError(f"{where.config}: there is no such file; without --config the first run writes one")
        try:
            where.config.parent.mkdir(parents=True, exist_ok=True)
            where.config.write_text(template(login_name()), encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{where.config}: cannot be written: {error.strerror}") from error
    chosen: dict[str, Value] = {"log_level": options.log_level} if options.log_level else {}
    return load(where.config, where.settings, os.environ, {"handle": login_name()}, chosen)


def _start_logging(background: bool, layers: Layers, where: Places) -> None:
    from slcpd import logs

    if background:
        logs.log_to_file(layers.config.log_level, where.log)
    else:
        logs.log_to_terminal(layers.config.log_level)


def _announce_and_let_go() -> None:
    """Tell who started us that we serve, and leave the terminal."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (sys.stdin, sys.stdout, sys.stderr):
        os.dup2(nowhere, standard.fileno())
    os.close(nowhere)


def _reason(error: OSError) -> str:
    if error.filename is None:
        return f"the system: {error.strerror or error}"
    return f"{error.filename}: {error.strerror}; see the XDG_*_HOME variables"


def _fail(reason: SlcpError | str, code: int) -> int:
    sys.stderr.write(f"slcpd: {escape(str(reason))}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
