"""Row `colon`: sockets that are thrown away, lists with colons, the sender's handle in texts and images."""

from pathlib import Path

from counterparts.canonical import Canonical
from counterparts.program import EVERYBODY, Connection, Source, User, send_by_tcp, user_of


class Colon(Canonical):
    """Asks, too, from a socket that it closes at once: no answer reaches it."""

    def start(self) -> None:
        self.hear("whois", self.open_whois(), self.take_datagram)
        self.serve(self.me.port, self.take_connection)

    def say(self, line: str, to: Source) -> None:
        self.throw_away(f"{line}\n".encode(), to)

    def _list(self) -> str:
        return "KNOWUSERS " + ",".join(f"{handle}:{ip}:{port}" for handle, ip, port in self.everyone())

    def answer_join(self, source: Source) -> None:
        for ip in (EVERYBODY, source[0]):
            self.say(self._list(), (ip, self.whoisport))

    def answer_who(self, source: Source) -> None:
        self.say(self._list(), source)

    def take_list(self, command: str, entries: str) -> None:
        if command == "KNOWUSERS":
            for entry in entries.split(","):
                self.register(user_of(entry.split(":")), "list")

    def send_text(self, to: User, text: str) -> None:
        send_by_tcp(to.ip, to.port, f"MSG {self.me.handle} {text}\n".encode())

    def send_image(self, to: User, path: Path) -> None:
        data = path.read_bytes()
        send_by_tcp(to.ip, to.port, f"IMG {self.me.handle} {len(data)}\n".encode(), data)

    def take_connection(self, connection: Connection) -> None:
        """An image is the only thing in its connection."""
        while (line := connection.line()) is not None:
            self.take_line_of(connection, line)
            if line.startswith(b"IMG "):
                return

    def who_sent(self, handle: str, ip: str) -> str:
        return handle
