"""Those who keep daemons busy besides their users' texts: plain programs, clients, people who come and go.

Each acts from a thread of its own while its context lasts, and counts what it did.
"""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Sequence
from random import Random
from types import TracebackType
from typing import Self

from daemons import WAIT, Daemon
from plain import PlainPeer

from slcp.client import Connection
from soak.pictures import noise

ENDS_WITHIN = WAIT * 3  # seconds for what one has begun
MESSAGES = ("texts to daemons", "images to daemons", "texts from daemons")


class Busy:
    """Does `act` again and again."""

    def __init__(self, rng: Random, pause: float) -> None:
        """`pause` is the mean of the seconds between two acts."""
        self.times = Counter[str]()
        self.rng = rng
        self._pause = pause
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raises what has ended it before its time."""
        self._stop.set()
        self._thread.join(ENDS_WITHIN)
        self.close()
        if self._error is not None and error is None:
            raise self._error

    def act(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what it has."""

    def wait(self, seconds: float) -> bool:
        """Wait; True when the time to end has come."""
        return self._stop.wait(seconds)

    def _run(self) -> None:
        try:
            while not self._stop.wait(self.rng.uniform(0, 2 * self._pause)):
                self.act()
        except Exception as error:  # noqa: BLE001  # is raised where the context ends
            self._error = error


class PlainUser(Busy):
    """A program of the course: comes, asks who is there, writes, is written to, sends images, goes."""

    def __init__(self, handle: str, ip: str, whoisport: int, daemons: Sequence[Daemon], rng: Random) -> None:
        super().__init__(rng, 0.3)
        self.pictures: set[str] = set()  # SHA-256 of the images it has sent
        self._peer = PlainPeer(handle, whoisport, ip)
        self._daemons = daemons
        self._ports = {id(daemon): int(daemon.request("status")["port"]) for daemon in daemons}

    def act(self) -> None:
        daemon = self.rng.choice(self._daemons)
        self.rng.choice([self._come_and_ask, self._send_text, self._send_image, self._be_written_to, self._go])(daemon)

    def close(self) -> None:
        self._peer.close()

    def _come_and_ask(self, _: Daemon) -> None:
        self._peer.join()
        self._peer.broadcast(b"WHO\n")
        self.times["lines"] += 2

    def _go(self, _: Daemon) -> None:
        self._peer.leave()
        self.times["lines"] += 1

    def _send_text(self, daemon: Daemon) -> None:
        self._peer.send(self._ports[id(daemon)], f"MSG Somebody {self.times.total()}\n".encode())
        self.times["texts to daemons"] += 1

    def _send_image(self, daemon: Daemon) -> None:
        data = noise(self.rng, 60, self.rng.randint(10, 500))
        self.pictures.add(hashlib.sha256(data).hexdigest())
        self._peer.send(self._ports[id(daemon)], b"IMG Somebody %d\n" % len(data) + data)
        self.times["images to daemons"] += 1

    def _be_written_to(self, daemon: Daemon) -> None:
        self._peer.join()
        daemon.wait_until(lambda event: event.get("handle") == self._peer.handle, f"sign of {self._peer.handle}")
        daemon.request("send_text", to=self._peer.name, text=f"text {self.times.total()}")
        self._peer.take()
        self.times["texts from daemons"] += 1


class Caller(Busy):
    """Clients of one daemon: subscribe, read some events, hang up."""

    def __init__(self, daemon: Daemon, rng: Random) -> None:
        super().__init__(rng, 0.5)
        self._daemon = daemon

    def act(self) -> None:
        since = max(0, int(self._daemon.request("hello")["seq"]) - self.rng.randint(0, 100))
        with Connection(str(self._daemon.world.socket)) as connection:
            for _ in connection.events(since, until=time.monotonic() + self.rng.uniform(0, 2)):
                pass
        self.times["subscriptions"] += 1


class Restless(Busy):
    """The user of one daemon leaves, and joins a little later."""

    def __init__(self, daemon: Daemon, rng: Random) -> None:
        super().__init__(rng, 5.0)
        self._daemon = daemon

    def act(self) -> None:
        self._daemon.request("leave")
        self.wait(self.rng.uniform(0, 2))
        self._daemon.request("join")
        self.times["absences"] += 1
