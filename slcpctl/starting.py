"""Starting the daemon when a command needs one and none runs."""

from __future__ import annotations

import sys
import time

from slcp.client import Connection, DaemonUnreachableError, Json, NoDaemonError
from slcp.endpoint import control_socket
from slcp.errors import ConfigError, SlcpError
from slcpctl.output import note
from slcpctl.translating import tr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from subprocess import Popen

READY_WITHIN = 20.0  # seconds: a loaded machine with a cold disk
ANSWERS_WITHIN = 5.0  # seconds: another daemon holds the lock, and is about to serve or about to end
PAUSE = 0.02  # seconds between two tries
READY = b"ready\n"
WRONG_CONFIG = 2  # exit codes of slcpd
RUNS_ALREADY = 3


class NotStartedError(SlcpError):
    """slcpd could not start; the text is its own."""


def connect(profile: str | None) -> Connection:
    """Connect to the daemon; start one if none runs, and say so.

    Raises NotStartedError, ConfigError, OtherApiError, DaemonUnreachableError when one runs but does not answer.
    """
    path = control_socket(profile)
    try:
        return Connection(path)
    except NoDaemonError:
        status, is_ours = start(profile)
    if is_ours:
        note(started(status))
    return Connection(path)


def identity(status: Json) -> str:
    """Say who a daemon is, from its status."""
    return tr("handle {handle}, port {port}", handle=status["handle"], port=status["port"])


def started(status: Json) -> str:
    """Say that a daemon was started, from its status."""
    return tr("started slcpd in the background ({identity})", identity=identity(status))


def start(profile: str | None) -> tuple[Json, bool]:
    """Start a daemon in the background; return its status once it answers, and whether we were the one to start it.

    Where it is a service, that is started. Raises NotStartedError, ConfigError.
    """
    if _start_service(profile):
        return service_status(profile), True
    process = launch(["--profile", profile] if profile else [])
    if process is not None:
        process.returncode = 0  # it outlives us on purpose, which Popen would warn of
    silent = tr("another slcpd of this profile runs, but does not answer: {error}")
    return _first_status(profile, ANSWERS_WITHIN, silent), process is not None


def _start_service(profile: str | None) -> bool:
    """Start the service of the profile; False if there is none, or it does not start: then a daemon may without it."""
    from slcpctl.programs import ProgramError
    from slcpctl.supervisors import installed

    supervisor = installed(profile)
    if supervisor is None:
        return False
    try:
        supervisor.start()
    except ProgramError as error:
        note(tr("the service does not start: {error}; starting slcpd without it", error=error))
        return False
    return True


def service_status(profile: str | None) -> Json:
    """Return the status of a daemon that was started as a service, once it answers. Raises NotStartedError."""
    silent = tr("the service was started, but does not answer; `slcpctl logs` may tell why: {error}")
    return _first_status(profile, READY_WITHIN, silent)


def launch(arguments: list[str], environment: Mapping[str, str] | None = None) -> Popen[bytes] | None:
    """Return the process of a daemon that serves; None if another one of the profile runs.

    Raises NotStartedError, ConfigError.
    """
    from subprocess import DEVNULL, PIPE, Popen

    process = Popen(
        [sys.executable, "-m", "slcpd", "--background", *arguments],
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env=environment,
        start_new_session=True,  # it shall not end with our terminal
    )
    try:
        if _is_ready(process):
            return process
        _check_why(process)
        return None
    finally:
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _is_ready(process: Popen[bytes]) -> bool:
    """Wait until the daemon says that it is ready; False if it ends before."""
    from select import select

    pipe = process.stdout
    if pipe is None or not select([pipe], [], [], READY_WITHIN)[0]:
        process.kill()
        process.wait()
        words = tr("slcpd was not ready within {seconds:g} s; `slcpctl logs` may tell why", seconds=READY_WITHIN)
        raise NotStartedError(words)
    return pipe.readline() == READY


def _check_why(process: Popen[bytes]) -> None:
    """Raise what kept the daemon from starting; return if it is that another one runs."""
    why = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
    code = process.wait()
    if code == RUNS_ALREADY:
        return
    silent = tr("it ended with exit code {code} and no word; `slcpctl logs` may tell why", code=code)
    why = why.splitlines()[-1].removeprefix("slcpd: ") if why else silent
    raise (ConfigError if code == WRONG_CONFIG else NotStartedError)(tr("slcpd could not start: {why}", why=why))


def _first_status(profile: str | None, within: float, silent: str) -> Json:
    """Return the status of the daemon; say `silent`, with {error}, if it does not answer `within` so many seconds."""
    path = control_socket(profile)
    until = time.monotonic() + within
    while True:
        try:
            with Connection(path) as daemon:
                return daemon.request("status")
        except DaemonUnreachableError as error:
            if time.monotonic() > until:
                raise NotStartedError(silent.format(error=error)) from error
            time.sleep(PAUSE)
