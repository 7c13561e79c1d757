"""Row `bare`: no line ends, no command before a text, READY before an image."""

import socket
from pathlib import Path

from counterparts.program import (
    EVERYBODY,
    LINE,
    PATIENCE,
    Connection,
    Program,
    RefusedError,
    Source,
    User,
    send_by_tcp,
    user_of,
)

READY = b"READY"


class Bare(Program):
    """Knows WHO without line end alone; shows the first bytes of any connection that is no image."""

    def start(self) -> None:
        self._own = self.open_udp()
        self.hear("whois", self.open_whois(), self._take_datagram)
        self.hear("own", self._own, self._take_datagram)
        self.serve(self.me.port, self._take_connection)

    # Discovery

    def _say(self, text: str, to: Source) -> None:
        self._own.sendto(text.encode(), to)

    def _announce(self, text: str) -> None:
        self._say(text, (EVERYBODY, self.whoisport))

    def join(self) -> None:
        self._announce(f"JOIN {self.me.handle} {self.me.port}")

    def leave(self) -> None:
        self._announce(f"LEAVE {self.me.handle}")

    def who(self) -> None:
        self._announce("WHO")

    def _take_datagram(self, data: bytes, source: Source) -> None:
        if data == b"WHO":
            entries = ", ".join(f"{handle} {ip} {port}" for handle, ip, port in self.everyone())
            self._say(f"KNOWNUSERS {entries}", source)
            return
        text = data.decode(errors="replace")
        match text.split():
            case ["JOIN", handle, port] if port.isdecimal():
                self.register(User(handle, source[0], int(port)), "join")
            case ["LEAVE", handle]:
                self.forget(handle)
            case ["KNOWNUSERS", *_]:
                self._take_list(text.strip().removeprefix("KNOWNUSERS "))
            case _:
                pass

    def _take_list(self, entries: str) -> None:
        for entry in entries.split(","):
            self.register(user_of(entry.split()), "list")

    # Texts and images

    def send_text(self, to: User, text: str) -> None:
        send_by_tcp(to.ip, to.port, f"{self.me.handle}: {text}".encode())

    def send_image(self, to: User, path: Path) -> None:
        data = path.read_bytes()
        with socket.create_connection((to.ip, to.port), PATIENCE) as connection:
            connection.sendall(f"IMG {path.name} {len(data)}\n".encode())
            answer = connection.recv(len(READY))
            if answer != READY:
                raise ConnectionError(f"instead of READY came {answer!r}")
            connection.sendall(data)

    def _take_connection(self, connection: Connection) -> None:
        data = connection.first(LINE)
        while b"\n" not in data and data.startswith(b"IMG "):
            if len(data) >= LINE:
                raise ValueError("no line end in the header of an image")
            if not (more := connection.first(LINE - len(data))):
                break
            data += more
        header = data.partition(b"\n")[0].split(b" ")
        match header:
            case [b"IMG", name, size] if size.isdigit() and b"\n" in data:
                connection.answer(READY)  # what came behind the line end is lost
                self._show_image(name, connection.exactly(int(size)), connection.ip)
            case _:
                self._show(data + connection.everything())

    def _show_image(self, name: bytes, data: bytes, ip: str) -> None:
        self.show_image(self.name_of(ip), name.decode(errors="replace"), data, "tcp")

    def _show(self, data: bytes) -> None:
        if not data:
            raise RefusedError("a connection without a byte")
        sender, colon, text = data[:LINE].decode(errors="replace").partition(": ")
        self.show_text(sender if colon else "", text if colon else sender, "tcp", len(data))
