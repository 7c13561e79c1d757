"""The command service: lets systemd, or launchd on macOS, look after the daemon of a profile."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path

from slcp.client import Connection, Json, NoDaemonError, request
from slcp.config import INTERFACES_VARIABLE, Config, load, login_name
from slcp.endpoint import control_socket
from slcp.errors import SlcpError
from slcp.places import Places, places
from slcpctl.daemon import end
from slcpctl.output import note, out_json, out_lines
from slcpctl.programs import ProgramError, output_of
from slcpctl.render import status_lines
from slcpctl.starting import identity, service_status
from slcpctl.supervisors import Supervisor, supervisor_of
from slcpctl.translating import tr
from slcpctl.units import UNRUNNABLE, UNWRITABLE, Facts

CARRIED_OVER = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", INTERFACES_VARIABLE)


class ServiceError(SlcpError):
    """The service cannot be installed or removed."""


def service(options: Namespace) -> int:
    """Install the service, remove it, or show it."""
    act = {"install": _install, "remove": _remove, "status": _status}[options.action]
    return act(supervisor_of(options.profile), options)


def _install(supervisor: Supervisor, options: Namespace) -> int:
    facts = _facts(supervisor, options.profile)
    is_new = _write(supervisor, supervisor.text(facts))
    _check_manager(supervisor)
    _make_way(supervisor, options.profile, is_new)
    try:
        supervisor.adopt()
        supervisor.start()
    except ProgramError as error:
        words = tr("{file} is written, but does not start: {error}; `slcpctl logs` may tell why")
        raise ServiceError(words.format(file=supervisor.file, error=error)) from error
    running = service_status(options.profile)
    if options.json:
        out_json(_shown(supervisor, options.profile))
    else:
        words = tr("slcpd runs as a service now ({identity}): {file}")
        note(words.format(identity=identity(running), file=supervisor.file))
        for advice in supervisor.advice(facts):
            note(advice)
    return 0


def _remove(supervisor: Supervisor, options: Namespace) -> int:
    was_there = _is_ours(supervisor)
    if was_there:
        _drop(supervisor)
    if options.json:
        out_json(_shown(supervisor, options.profile))
    else:
        words = tr("removed {file}") if was_there else tr("no service is installed: there is no {file}")
        note(words.format(file=supervisor.file))
    return 0


def _drop(supervisor: Supervisor) -> None:
    """End the service and remove its file, the file even if the manager does not answer."""
    try:
        supervisor.drop()
    except ProgramError as error:
        words = tr("{manager} has not ended the service: {error}; `slcpctl stop` ends a daemon that runs")
        note(words.format(manager=supervisor.title, error=error))
    supervisor.file.unlink(missing_ok=True)
    try:
        supervisor.forget()
    except ProgramError:  # the same reason, or it has forgotten
        return


def _status(supervisor: Supervisor, options: Namespace) -> int:
    shown = _shown(supervisor, options.profile)
    if options.json:
        out_json(shown)
    else:
        out_lines(status_lines(_for_people(shown)))
    return 0


def _shown(supervisor: Supervisor, profile: str | None) -> Json:
    """Return what there is to know of the service, and the daemon's own answer."""
    unknown: Json = {"enabled": None, "state": None, "pid": None, "problem": None}
    try:
        state = supervisor.state()
    except ProgramError as error:
        state = {"problem": str(error)}
    return {
        "installed": supervisor.file.exists(),
        "file": str(supervisor.file),
        "manager": supervisor.title,
        **unknown,
        **state,
        "daemon": _daemon(profile),
    }


def _daemon(profile: str | None) -> Json | None:
    """Return the status of the daemon that runs; None if none answers."""
    try:
        return request(control_socket(profile), "status")
    except SlcpError:
        return None


def _for_people(shown: Json) -> Json:
    """Leave out what is unknown, and say of the daemon who it is."""
    known = {name: value for name, value in shown.items() if value is not None}
    daemon = shown["daemon"]
    if daemon is None:
        return {**known, "daemon": tr("none answers; `slcpctl start` starts one")}
    is_inside = daemon["pid"] == shown["pid"]
    words = _THE_SERVICE if is_inside else tr("{identity}, process {pid}, outside of the service")
    return {**known, "daemon": words.format(identity=identity(daemon), pid=daemon["pid"])}


_THE_SERVICE = tr("{identity}, process {pid}, the service")


# What install does


def _facts(supervisor: Supervisor, profile: str | None) -> Facts:
    """Find out what the service must be like here; make the folders that it writes to.

    Raises ConfigError when the daemon could not start, ServiceError, OSError.
    """
    _check_python()
    where = places(profile)
    config = load(where.config, where.settings, os.environ, {"handle": login_name()}).config
    facts = Facts(
        python=sys.executable,
        profile=profile,
        folders=_folders(where, config),
        environment={name: value for name in CARRIED_OVER if (value := os.environ.get(name, "").strip())},
        runs_programs=bool(config.on_message or config.open_images),
        can_wall=supervisor.can_wall(),
    )
    _check_paths(facts)
    return facts


def _check_paths(facts: Facts) -> None:
    """Raises ServiceError when systemd could not read a path."""
    paths = (facts.python, *facts.folders, *facts.environment.values())
    wrong = [*filter(UNWRITABLE.search, paths), *filter(UNRUNNABLE.search, [facts.python])]
    if wrong:
        words = tr("{path!r}: a service manager cannot read such a path; give it a plainer name", path=wrong[0])
        raise ServiceError(words)


def _check_manager(supervisor: Supervisor) -> None:
    """Raises ServiceError when the service manager does not answer."""
    try:
        supervisor.check()
    except ProgramError as error:
        words = tr(
            "{file} is written, but {manager} cannot be told: {error}; log in as this user, not by su or sudo, and "
            "`slcpctl service install` again; where {manager} does not run, let another service manager run "
            "`{python} -m slcpd`, which stays in the foreground"
        )
        why = words.format(file=supervisor.file, manager=supervisor.title, error=error, python=sys.executable)
        raise ServiceError(why) from error


def _check_python() -> None:
    """Raises ServiceError when this Python finds slcpd only from here, or by its environment."""
    try:
        output_of(sys.executable, "-E", "-P", "-m", "slcpd", "--version")
    except ProgramError as error:
        words = tr(
            "a service could not run slcpd: {error}; install slcp for this Python: `{python} -m pip install .`",
            error=error,
            python=sys.executable,
        )
        raise ServiceError(words) from error


def _folders(where: Places, config: Config) -> tuple[str, ...]:
    own = [where.config.parent, where.lock.parent, where.database.parent]
    images = [Path(config.imagepath).expanduser()] if config.imagepath else []
    for folder in own:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in images:
        folder.mkdir(parents=True, exist_ok=True)
    return tuple(map(str, (*own, *images)))


def _write(supervisor: Supervisor, text: bytes) -> bool:
    """Write the file of the service; tell whether it is not what was there. Raises ServiceError, OSError."""
    if _is_ours(supervisor) and supervisor.file.read_bytes() == text:
        return False
    supervisor.file.parent.mkdir(parents=True, exist_ok=True)
    supervisor.file.write_bytes(text)
    return True


def _is_ours(supervisor: Supervisor) -> bool:
    """Tell whether the file is there. Raises ServiceError when it is not of our making."""
    try:
        text = supervisor.file.read_bytes()
    except FileNotFoundError:
        return False
    if not supervisor.wrote(text):
        words = tr("{file} was not written by slcpctl: move it away, or go on without this command")
        raise ServiceError(words.format(file=supervisor.file))
    return True


def _make_way(supervisor: Supervisor, profile: str | None, is_new: bool) -> None:
    """End a daemon that runs outside of the service, or as the service was before."""
    try:
        with Connection(control_socket(profile), any_api=True) as daemon:
            pid = daemon.request("status")["pid"]
    except NoDaemonError:
        return
    if is_new or pid != supervisor.state()["pid"]:
        note(tr("slcpd runs already (process {pid}); it is ended, and started as a service", pid=pid))
        end(profile)
