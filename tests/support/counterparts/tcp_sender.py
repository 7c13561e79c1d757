"""Row `tcp-sender`: all discovery from whoisport, texts by TCP one a connection, images by UDP."""

import socket
from pathlib import Path

from counterparts.program import (
    EVERYBODY,
    MAX_DATAGRAM,
    Connection,
    Program,
    RefusedError,
    Source,
    User,
    send_by_tcp,
    shown,
)

MAX_TEXT = 512  # bytes
CHUNK = 60_000  # bytes of an image in one datagram
STALL = 3.0  # seconds without a datagram that end an image


class TcpSender(Program):
    """Unpacks what it hears without a look: whatever does not have the right number of parts ends its listener."""

    def start(self) -> None:
        self._whois = self.open_whois()
        self.hear("whois", self._whois, self._take_datagram)
        own = self.open_udp(self.me.port)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.run("images", lambda: self._take_images(own))
        self.serve(self.me.port, self._take_text)

    # Discovery

    def _say(self, line: str, to: Source) -> None:
        self._whois.sendto(f"{line}\n".encode(), to)

    def _announce(self, line: str) -> None:
        self._say(line, (EVERYBODY, self.whoisport))

    def join(self) -> None:
        self._announce(f"JOIN {self.me.handle} {self.me.port}")

    def leave(self) -> None:
        self._announce(f"LEAVE {self.me.handle}")

    def who(self) -> None:
        self._announce("WHO")

    def _list(self) -> str:
        return "KNOWNUSERS " + ",".join(f"{handle} {ip} {port}" for handle, ip, port in self.everyone())

    def _take_datagram(self, data: bytes, source: Source) -> None:
        line = data.decode(errors="replace").strip()
        command, *parameters = line.split(" ")
        if command == "JOIN":
            handle, port = parameters
            self.register(User(handle, source[0], int(port)), "join")
            self._announce(self._list())
        elif command == "LEAVE":
            (handle,) = parameters
            self.forget(handle)
        elif command == "WHO":
            self._say(self._list(), source)
        elif command == "KNOWNUSERS":
            for entry in line.removeprefix("KNOWNUSERS").removeprefix(" ").split(","):
                handle, ip, port = entry.split(" ")
                self.register(User(handle, ip, int(port)), "list")

    # Texts and images

    def send_text(self, to: User, text: str) -> None:
        send_by_tcp(to.ip, to.port, f"MSG {self.me.handle} {text}\n".encode())

    def _take_text(self, connection: Connection) -> None:
        """Take the first line and close."""
        data = connection.everything()
        line, end, _ = data.partition(b"\n")
        match line.split(b" ", 2), end:
            case [b"MSG", handle, text], b"\n":
                sender = handle.decode(errors="replace")
                self.show_text(sender, text[:MAX_TEXT].decode(errors="replace"), "tcp", len(line) + 1)
            case _:
                raise RefusedError(f"no text: {shown(line)}")

    def send_image(self, to: User, path: Path) -> None:
        data = path.read_bytes()
        header = f"IMG {self.me.handle} {len(data)}\n".encode()
        first = CHUNK - len(header)
        with self.open_udp() as sock:
            sock.sendto(header + data[:first], (to.ip, to.port))
            for start in range(first, len(data), CHUNK):
                sock.sendto(data[start : start + CHUNK], (to.ip, to.port))

    def _take_images(self, own: socket.socket) -> None:
        """Whatever comes after a header counts as the image's."""
        while True:
            own.settimeout(None)
            data, _ = own.recvfrom(MAX_DATAGRAM)
            header, _, data = data.partition(b"\n")
            match header.split(b" "):
                case [b"IMG", handle, size] if size.isdigit():
                    image = self._rest_of_image(own, data, int(size))
                    if image is not None:
                        self.show_image(handle.decode(errors="replace"), "", image, "udp")
                case _:
                    self.tell("refused", of=f"no image: {shown(header)}")

    def _rest_of_image(self, own: socket.socket, data: bytes, size: int) -> bytes | None:
        own.settimeout(STALL)
        while len(data) < size:
            try:
                more, _ = own.recvfrom(MAX_DATAGRAM)
            except TimeoutError:
                self.tell("refused", of=f"{len(data)} of {size} bytes of an image")
                return None
            if len(more) > CHUNK:
                self.tell("refused", of=f"a datagram of {len(more)} bytes")
                return None
            data += more
        return data[:size]
