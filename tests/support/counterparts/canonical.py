"""Row `slcp`: the canonical form.

One command a line that ends with LF, exactly as the document writes it; what differs is passed over. It sends from a
port that is not its chat port, since it takes texts by TCP.
"""

from pathlib import Path

from counterparts.program import EVERYBODY, Connection, Program, RefusedError, Source, User, send_by_tcp, user_of


class Canonical(Program):
    """Also what `colon` and `tcp-knowusers` are based on, as far as they are canonical."""

    def start(self) -> None:
        self._own = self.open_udp()
        self.hear("whois", self.open_whois(), self.take_datagram)
        self.hear("own", self._own, self.take_datagram)
        self.serve(self.me.port, self.take_connection)

    # Discovery

    def say(self, line: str, to: Source) -> None:
        self._own.sendto(f"{line}\n".encode(), to)

    def announce(self, line: str) -> None:
        self.say(line, (EVERYBODY, self.whoisport))

    def join(self) -> None:
        self.announce(f"JOIN {self.me.handle} {self.me.port}")

    def leave(self) -> None:
        self.announce(f"LEAVE {self.me.handle}")

    def who(self) -> None:
        self.announce("WHO")

    def take_datagram(self, data: bytes, source: Source) -> None:
        for line in data.split(b"\n")[:-1]:  # what has no line end is no line
            self.take_line(line.decode(errors="replace"), source)

    def take_line(self, line: str, source: Source) -> None:
        match line.split(" "):
            case ["JOIN", handle, port, *_] if port.isdecimal():
                self.register(User(handle, source[0], int(port)), "join")
                self.answer_join(source)
            case ["LEAVE", handle, *_]:
                self.forget(handle)
            case ["WHO", *_]:
                self.answer_who(source)
            case ["KNOWNUSERS" | "KNOWUSERS" as command, *_]:
                self.take_list(command, line.removeprefix(f"{command} "))
            case _:
                pass

    def answer_join(self, source: Source) -> None:
        """It does not."""

    def answer_who(self, source: Source) -> None:
        self.say("KNOWNUSERS " + ", ".join(f"{handle} {ip} {port}" for handle, ip, port in self.everyone()), source)

    def take_list(self, command: str, entries: str) -> None:
        if command == "KNOWNUSERS":
            self.register_entries(entries)

    def register_entries(self, entries: str) -> None:
        for entry in entries.split(", "):
            self.register(user_of(entry.split(" ")), "list")

    # Texts and images

    def send_text(self, to: User, text: str) -> None:
        send_by_tcp(to.ip, to.port, f"MSG {to.handle} {text}\n".encode())

    def send_image(self, to: User, path: Path) -> None:
        data = path.read_bytes()
        send_by_tcp(to.ip, to.port, f"IMG {to.handle} {len(data)}\n".encode(), data)

    def take_connection(self, connection: Connection) -> None:
        while (line := connection.line()) is not None:
            self.take_line_of(connection, line)

    def take_line_of(self, connection: Connection, line: bytes) -> None:
        match line.decode(errors="replace").removesuffix("\n").split(" ", 2):
            case ["MSG", handle, text]:
                self.show_text(self.who_sent(handle, connection.ip), text, "tcp", len(line))
            case ["IMG", handle, size] if size.isdecimal():
                data = connection.exactly(int(size))
                self.show_image(self.who_sent(handle, connection.ip), "", data, "tcp")
            case [command, *_]:
                self.take_other_line(command, line.decode(errors="replace").removesuffix("\n"), connection.ip)
            case _:
                pass

    def take_other_line(self, command: str, line: str, ip: str) -> None:
        """Unknown commands are passed over."""

    def who_sent(self, handle: str, ip: str) -> str:
        """The handle is the recipient. Raises RefusedError when that is someone else."""
        if handle != self.me.handle:
            raise RefusedError(f"something for {handle}")
        return self.name_of(ip)
