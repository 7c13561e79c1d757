"""Real daemons for the tests: each in a world of its own, made of the XDG variables."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slcp.client import Connection, request

Json = dict[str, Any]

WAIT = 15.0  # seconds until something that must happen counts as missing; nothing sleeps this long when all is well


@dataclass
class World:
    """The folders of one user, and a config file in them; those of one profile, if it has a name."""

    root: Path
    profile: str | None = None
    variables: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        folders = {"CONFIG_HOME": "config", "STATE_HOME": "state", "DATA_HOME": "data", "RUNTIME_DIR": "run"}
        self.variables = {f"XDG_{name}": str(self.root / folder) for name, folder in folders.items()}
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "run").mkdir(mode=0o700, exist_ok=True)

    @property
    def _inside(self) -> str:
        return f"profiles/{self.profile}" if self.profile else ""

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "SLCP_INTERFACES": "lo", "PYTHONWARNINGS": "default", **self.variables}

    @property
    def config(self) -> Path:
        return self.root / "config/slcp" / self._inside / "config.toml"

    @property
    def log(self) -> Path:
        return self.root / "state/slcp" / self._inside / "slcpd.log"

    @property
    def database(self) -> Path:
        return self.root / "data/slcp" / self._inside / "history.sqlite"

    @property
    def identity(self) -> Path:
        return self.root / "data/slcp" / self._inside / "identity.pem"

    @property
    def images(self) -> Path:
        return self.root / "data/slcp" / self._inside / "images"

    @property
    def outbox(self) -> Path:
        return self.root / "data/slcp" / self._inside / "outbox"

    @property
    def socket(self) -> Path:
        return self.root / "run/slcp" / (f"control-{self.profile}.sock" if self.profile else "control.sock")

    def configure(self, **keys: Any) -> None:
        """Write config.toml; JSON's values are TOML's too."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in keys.items()]
        self.config.write_text("".join(lines), encoding="utf-8")


def run_slcpd(world: World, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run slcpd where it cannot serve, to its end."""
    command = [sys.executable, "-m", "slcpd", *arguments]
    environment = {**world.environment, **variables}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=WAIT, check=False)


class Daemon:
    """One slcpd process, started in the background mode, in a world, maybe in a network namespace."""

    def __init__(self, world: World, prefix: Sequence[str] = (), environment: dict[str, str] | None = None) -> None:
        self.world = world
        self._prefix = prefix
        self._environment = environment or {}
        self._process: subprocess.Popen[str] | None = None

    def start(self, *arguments: str) -> "Daemon":
        """Start it and return when it serves."""
        self.launch(*arguments)
        return self.wait_until_ready()

    def launch(self, *arguments: str) -> None:
        """Start the process, and do not wait for what becomes of it."""
        profile = ["--profile", self.world.profile] if self.world.profile else []
        slcpd = [sys.executable, "-m", "slcpd", "--background", "--log-level", "debug"]
        command = [*self._prefix, *slcpd, *profile, *arguments]
        self._process = subprocess.Popen(
            command,
            env={**self.world.environment, **self._environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> "Daemon":
        """Return when it serves."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        if self.process.stdout.readline() != "ready\n":
            raise AssertionError(f"slcpd did not start: {self.process.stderr.read()}")
        return self

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process

    def stop(self) -> int:
        """Ask it to end with SIGTERM. Returns the exit code."""
        self.process.terminate()
        return self._reap()

    def kill(self) -> None:
        """End it at once, with no chance to clean up."""
        self.process.send_signal(signal.SIGKILL)
        self._reap()

    def _reap(self) -> int:
        code = self.process.wait(WAIT)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
        self._process = None
        return code

    def close(self) -> None:
        """End it if it runs."""
        if self._process is not None:
            self.kill()

    def request(self, method: str, /, **params: Any) -> Json:
        return request(str(self.world.socket), method, **params)

    @property
    def pid(self) -> int:
        return int(self.request("status")["pid"])

    def users(self) -> dict[str, Json]:
        """Return who is here, by handle."""
        return {user["handle"]: user for user in self.request("users")["users"]}

    def messages(self, **query: Any) -> list[Json]:
        messages: list[Json] = self.request("history", **query)["messages"]
        return messages

    def wait_for(self, type: str, /, since: int = 0, **expected: Any) -> Json:  # noqa: A002  # the event's own word
        """Return the first event after `since` of a type, with these values; it may have happened already."""

        def matches(event: Json) -> bool:
            return event["type"] == type and all(event.get(key) == value for key, value in expected.items())

        return self.wait_until(matches, f"{type} {expected}", since)

    def wait_until(self, matches: Callable[[Json], bool], what: str, since: int = 0) -> Json:
        """Return the first event after `since` that matches. Fails with the events that came instead."""
        seen: list[Json] = []
        with contextlib.closing(self.events(since)) as events:
            try:
                for event in events:
                    seen.append(event)
                    if matches(event):
                        return event
            except Exception as error:
                shown = "\n".join(map(str, seen))
                raise AssertionError(f"no {what}; came:\n{shown}\n{error}") from error
        raise AssertionError

    def events(self, since: int = 0) -> Generator[Json]:
        """Yield the events after `since`; fails when none comes for WAIT seconds."""
        with Connection(str(self.world.socket), timeout=WAIT) as connection:
            yield from connection.events(since)


def free_port() -> int:
    """Return a port that is free for TCP and UDP now, below those that systems give to outgoing connections."""
    while True:
        port = random.randrange(10_000, 32_000)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            contextlib.suppress(OSError),
        ):
            tcp.bind(("", port))
            udp.bind(("", port))
            return port
