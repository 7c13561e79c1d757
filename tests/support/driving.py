"""A counterpart: one program of the course as a process on a host, told what to do and asked what it heard."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from daemons import WAIT, Json
from lan import Host

PORT, WHOISPORT = 6001, 4000

To = tuple[str, str, int]  # handle, ip, port


class Counterpart:
    """Ended by close(), or by the end of its context."""

    def __init__(self, host: Host, dialect: str, handle: str, port: int = PORT, whoisport: int = WHOISPORT) -> None:
        self.dialect = dialect
        self.handle = handle
        self.ip = host.ip
        self.port = port
        with contextlib.suppress(OSError):  # it may have it; without a default route nothing leads to everybody
            host.add_route("255.255.255.255")
        self._reports: list[Json] = []
        self._more = threading.Condition()
        self._number = 0
        self._has_ended = False
        program = [sys.executable, "-m", "counterparts", dialect, handle, str(port), str(whoisport), host.ip]
        self._process = subprocess.Popen(
            [*host.prefix, *program],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            self.wait_for("ready")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> To:
        return self.handle, self.ip, self.port

    # What it is told

    def join(self) -> None:
        self.do("join")

    def leave(self) -> None:
        self.do("leave")

    def who(self) -> None:
        self.do("who")

    def send_text(self, to: To, text: str) -> None:
        self.do("text", to=to, text=text)

    def send_image(self, to: To, path: Path) -> None:
        self.do("image", to=to, path=str(path))

    def do(self, what: str, **details: Any) -> None:
        """Return when it is done. Fails when the program could not do it."""
        assert self._process.stdin is not None
        self._number += 1
        self._process.stdin.write(json.dumps({"number": self._number, "do": what, **details}) + "\n")
        self._process.stdin.flush()
        done = self.wait_for("done", number=self._number)
        assert "error" not in done, f"{self.dialect} could not {what}: {done['error']}"

    # What it says

    def reports(self, event: str, since: int = 0) -> list[Json]:
        with self._more:
            return [report for report in self._reports[since:] if report["event"] == event]

    def mark(self) -> int:
        """Return how much it has said by now."""
        with self._more:
            return len(self._reports)

    def wait_for(self, event: str, since: int = 0, **expected: object) -> Json:
        """Return the first report with these values; it may have come already."""

        def found() -> list[Json]:
            return [
                report
                for report in self._reports[since:]
                if report["event"] == event and all(report.get(key) == value for key, value in expected.items())
            ]

        return self._wait(lambda: found()[:1], f"{event} {expected}", since)[0]

    def wait_for_text(self, text: str, since: int = 0) -> list[Json]:
        """Return the texts that are this one together; white space may be lost where it was cut."""
        whole = "".join(text.split())

        def together() -> list[Json]:
            pieces = [report for report in self._reports[since:] if report["event"] == "text"]
            return pieces if len(_together(pieces)) >= len(whole) else []

        pieces = self._wait(together, f"text of {len(text)} characters", since)
        assert _together(pieces) == whole
        return pieces

    @property
    def deaths(self) -> list[str]:
        """What its listeners have died of."""
        return [death["of"] for death in self.reports("died")]

    # Its process

    def kill(self) -> None:
        """Let it vanish without a word."""
        self._process.kill()
        self._process.wait(WAIT)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(WAIT)
        self._reader.join(WAIT)
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._more:
                self._reports.append(json.loads(line))
                self._more.notify_all()
        with self._more:
            self._has_ended = True
            self._more.notify_all()

    def _wait(self, found: Callable[[], list[Json]], what: str, since: int) -> list[Json]:
        deadline = time.monotonic() + WAIT
        with self._more:
            while not (reports := found()):
                if self._has_ended or not self._more.wait(deadline - time.monotonic()):
                    shown = "\n".join(map(str, self._reports[since:]))
                    raise AssertionError(f"no {what} in {self.dialect}; came:\n{shown}")
            return reports


def _together(pieces: list[Json]) -> str:
    return "".join("".join(piece["text"] for piece in pieces).split())
