"""A user who writes all the time: texts and images to one recipient, through the control socket.

What the daemon has given an id for is remembered; the audit holds the daemon to it.
"""

import hashlib
import threading
from pathlib import Path
from random import Random
from types import TracebackType
from typing import NamedTuple, Self

from slcp.client import Connection, DaemonUnreachableError
from soak.pictures import picture

MAX_PADDING = 200  # characters behind the number that makes a text unlike all others
RECONNECT_AFTER = 0.01  # seconds between two tries to reach a daemon that is down
ENDS_WITHIN = 60.0  # seconds for the last call: longer than a call may take


class Taken(NamedTuple):
    """A message that a daemon has given an id."""

    id: str
    content: str  # the text, or the SHA-256 of the image


class Traffic:
    """Sends from a thread of its own while the context lasts."""

    def __init__(self, control: Path, to: str, folder: Path, rng: Random, rate: float, share_of_images: float) -> None:
        """`rate` is in messages a second; images are made in `folder`, where they must stay until they are sent."""
        self.taken: list[Taken] = []
        self.pictures: set[str] = set()  # SHA-256 of every image that we asked to send
        self.unanswered = 0  # calls whose daemon died before it answered: they may have been taken, or not
        self._control = control
        self._to = to
        self._folder = folder
        self._rng = rng
        self._pause = 1 / rate
        self._share_of_images = share_of_images
        self._number = 0
        self._connection: Connection | None = None
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"traffic to {to}")

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raises what has ended the thread before its time."""
        self._stop.set()
        self._thread.join(ENDS_WITHIN)
        if self._error is not None and error is None:
            raise self._error

    @property
    def texts(self) -> int:
        """How many texts were taken."""
        return len(self.taken) - self.images

    @property
    def images(self) -> int:
        """How many images were taken."""
        return sum(each.content in self.pictures for each in self.taken)

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._pause):
                self._send_next()
        except Exception as error:  # noqa: BLE001  # is raised where the context ends
            self._error = error
        finally:
            self._hang_up()

    def _send_next(self) -> None:
        connection = self._connect()
        if connection is None:
            return
        try:
            if self._rng.random() < self._share_of_images:
                self._send_image(connection)
            else:
                self._send_text(connection)
        except DaemonUnreachableError:
            self.unanswered += 1
            self._hang_up()

    def _send_text(self, connection: Connection) -> None:
        self._number += 1
        text = f"{self._number:07d} {'x' * self._rng.randint(1, MAX_PADDING)}"
        taken = connection.request("send_text", to=self._to, text=text)
        self.taken.append(Taken(taken["id"], text))

    def _send_image(self, connection: Connection) -> None:
        data = picture(self._rng)
        digest = hashlib.sha256(data).hexdigest()
        path = self._folder / f"{digest[:16]}.png"
        path.write_bytes(data)
        self.pictures.add(digest)
        taken = connection.request("send_image", to=self._to, path=str(path))
        self.taken.append(Taken(taken["id"], digest))

    def _connect(self) -> Connection | None:
        """Return a connection, the same one while it lasts; None when the daemon is down."""
        if self._connection is None:
            try:
                self._connection = Connection(str(self._control))
            except DaemonUnreachableError:
                self._stop.wait(RECONNECT_AFTER)
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.__exit__()
            self._connection = None
