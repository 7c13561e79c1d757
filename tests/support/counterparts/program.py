"""What the programs have in common: whom they know, threads that end of what chokes them, sockets."""

import contextlib
import functools
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

EVERYBODY = "255.255.255.255"
MAX_DATAGRAM = 65_535  # bytes
LINE = 512  # bytes with the line end
PATIENCE = 10.0  # seconds that a connection may stand still
SHOWN = 1024  # bytes of a datagram that are told

Source = tuple[str, int]


class User(NamedTuple):
    """Someone and the chat port."""

    handle: str
    ip: str
    port: int


class Tell(Protocol):
    def __call__(self, event: str, **fields: object) -> None: ...


class RefusedError(Exception):
    """This came and was not taken; the program goes on."""


class Program:
    """One program of the course. Subclasses say how it speaks."""

    def __init__(self, me: User, whoisport: int, tell: Tell) -> None:
        self.me = me
        self.whoisport = whoisport
        self.tell = tell
        self.users: dict[str, User] = {}

    # What a subclass says

    def start(self) -> None:
        """Open the sockets and listen."""
        raise NotImplementedError

    def join(self) -> None:
        raise NotImplementedError

    def leave(self) -> None:
        raise NotImplementedError

    def leave_by_tcp(self) -> None:
        raise NotImplementedError

    def who(self) -> None:
        raise NotImplementedError

    def send_text(self, to: User, text: str) -> None:
        raise NotImplementedError

    def send_image(self, to: User, path: Path) -> None:
        raise NotImplementedError

    # Whom it knows

    def register(self, user: User | None, how: str) -> None:
        if user and user.handle != self.me.handle:
            self.users[user.handle] = user
            self.tell("user_known", handle=user.handle, ip=user.ip, port=user.port, how=how)

    def forget(self, handle: str, by: str = "udp") -> None:
        if self.users.pop(handle, None):
            self.tell("user_gone", handle=handle, by=by)

    def everyone(self) -> list[User]:
        return [self.me, *self.users.values()]

    def name_of(self, ip: str) -> str:
        """Tell who is at an address, as programs do that are not told who writes."""
        return next((user.handle for user in self.users.values() if user.ip == ip), f"somebody at {ip}")

    # What it shows

    def show_text(self, sender: str, text: str, by: str, size: int) -> None:
        """`size` is that of the line or datagram."""
        self.tell("text", sender=sender, text=text, by=by, size=size)

    def show_image(self, sender: str, name: str, data: bytes, by: str) -> None:
        self.tell("image", sender=sender, name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest(), by=by)

    # Threads

    def run(self, where: str, work: Callable[[], None]) -> None:
        """Let a thread work; what it does not catch ends it, and that is told."""

        def until_it_chokes() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001  # that is what the table calls choking
                self.die(where, error)

        threading.Thread(target=until_it_chokes, daemon=True).start()

    def die(self, where: str, error: Exception) -> None:
        self.tell("died", where=where, of=repr(error))

    def hear(self, where: str, sock: socket.socket, take: Callable[[bytes, Source], None]) -> None:
        """Take what comes to a UDP socket, in a thread; our own broadcasts are passed over."""

        def work() -> None:
            while True:
                data, source = sock.recvfrom(MAX_DATAGRAM)
                if source[0] != self.me.ip:
                    self.tell("heard", at=where, ip=source[0], port=source[1], size=len(data), data=shown(data))
                    with self._telling_refusals():
                        take(data, source)

        self.run(where, work)

    def serve(self, port: int, take: Callable[["Connection"], None]) -> None:
        """Take connections at a TCP port, each in a thread."""
        listener = socket.create_server(("", port))

        def work() -> None:
            while True:
                accepted, source = listener.accept()
                self.run("connection", functools.partial(self._take, accepted, source[0], take))

        self.run("tcp", work)

    def _take(self, accepted: socket.socket, ip: str, take: Callable[["Connection"], None]) -> None:
        with accepted, self._telling_refusals():
            accepted.settimeout(PATIENCE)
            take(Connection(accepted, ip))

    @contextlib.contextmanager
    def _telling_refusals(self) -> Iterator[None]:
        try:
            yield
        except (RefusedError, OSError) as error:
            self.tell("refused", of=str(error))

    # Sockets

    def open_whois(self) -> socket.socket:
        """Bind the port of discovery."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.bind(("", self.whoisport))
        return sock

    def open_udp(self, port: int = 0) -> socket.socket:
        """Bind a socket that can broadcast; at any port, if none is said."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.bind((self.me.ip, port))  # so that the system finds a way to everybody without a default route
        return sock

    def throw_away(self, data: bytes, *targets: Source) -> None:
        """Send from a socket that is closed at once."""
        with self.open_udp() as sock:
            for target in targets:
                sock.sendto(data, target)


class Connection:
    """A TCP connection that someone made to us."""

    def __init__(self, accepted: socket.socket, ip: str) -> None:
        self.ip = ip
        self._accepted = accepted
        self._rest = b""

    def line(self) -> bytes | None:
        """Return the next line with its line end; None at the end. Raises RefusedError when it is too long or cut."""
        while b"\n" not in self._rest[:LINE]:
            if len(self._rest) >= LINE:
                raise RefusedError(f"a line of more than {LINE} bytes")
            if not (more := self._accepted.recv(LINE)):
                if self._rest:
                    raise RefusedError(f"a line without its end: {shown(self._rest)}")
                return None
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line + b"\n"

    def exactly(self, size: int) -> bytes:
        """Return so many bytes. Raises RefusedError when fewer come."""
        data, self._rest = self._rest[:size], self._rest[size:]
        while len(data) < size:
            more = self._accepted.recv(size - len(data))
            if not more:
                raise RefusedError(f"{len(data)} of {size} bytes")
            data += more
        return data

    def everything(self) -> bytes:
        """Return all up to the end."""
        data, self._rest = self._rest, b""
        return data + b"".join(iter(lambda: self._accepted.recv(MAX_DATAGRAM), b""))

    def first(self, size: int) -> bytes:
        """Return what comes first, at most so many bytes."""
        return self._accepted.recv(size)

    def answer(self, data: bytes) -> None:
        self._accepted.sendall(data)


def send_by_tcp(ip: str, port: int, *parts: bytes) -> None:
    """Send over a connection of its own and close it at once."""
    with socket.create_connection((ip, port), PATIENCE) as connection:
        for part in parts:
            connection.sendall(part)


def user_of(words: list[str]) -> User | None:
    """Read an entry of a list: handle, ip and port, nothing else."""
    match words:
        case [handle, ip, port] if port.isdecimal():
            return User(handle, ip, int(port))
        case _:
            return None


def shown(data: bytes) -> str:
    return data[:SHOWN].decode("latin-1")
