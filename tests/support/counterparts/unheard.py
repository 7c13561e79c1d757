"""A program that the table does not have: canonical words, but by UDP alone, lower case, CR LF."""

from pathlib import Path

from counterparts.program import EVERYBODY, LINE, Program, RefusedError, Source, User, user_of


class Unheard(Program):
    """Sends all from its chat port and takes texts there; nobody listens at its TCP port. Does not answer WHO."""

    def start(self) -> None:
        self._own = self.open_udp(self.me.port)
        self.hear("whois", self.open_whois(), self._take_datagram)
        self.hear("own", self._own, self._take_datagram)

    def _say(self, line: str, to: Source) -> None:
        self._own.sendto(f"{line}\r\n".encode(), to)

    def _announce(self, line: str) -> None:
        self._say(line, (EVERYBODY, self.whoisport))

    def join(self) -> None:
        self._announce(f"join {self.me.handle} {self.me.port}")

    def leave(self) -> None:
        self._announce(f"leave {self.me.handle}")

    def who(self) -> None:
        self._announce("who")

    def send_text(self, to: User, text: str) -> None:
        self._say(f"msg {to.handle} {text}", (to.ip, to.port))

    def send_image(self, to: User, path: Path) -> None:
        raise NotImplementedError

    def _take_datagram(self, data: bytes, source: Source) -> None:
        for line in data.splitlines():
            self._take_line(line.decode(errors="replace"), source, len(data))

    def _take_line(self, line: str, source: Source, size: int) -> None:
        command, _, rest = line.partition(" ")
        match command.lower(), rest.split():
            case "join", [handle, port] if port.isdecimal():
                self.register(User(handle, source[0], int(port)), "join")
                entries = ", ".join(f"{handle} {ip} {port} [AFK]" for handle, ip, port in self.everyone())
                self._say(f"knownusers {entries}", (source[0], self.whoisport))
            case "leave", [handle]:
                self.forget(handle)
            case "knownusers", _:
                self._take_list(rest)
            case "msg", [handle, _, *_]:
                self._take_text(handle, rest.partition(" ")[2], source, size)
            case _:
                pass

    def _take_list(self, entries: str) -> None:
        for entry in entries.split(","):
            self.register(user_of(entry.split()[:3]), "list")

    def _take_text(self, handle: str, text: str, source: Source, size: int) -> None:
        """The sender is whoever has announced the port that it came from."""
        if handle != self.me.handle or size > LINE:
            raise RefusedError(f"a text for {handle} of {size} bytes")
        senders = [user.handle for user in self.users.values() if (user.ip, user.port) == source]
        self.show_text(senders[0] if senders else f"somebody at {source}", text, "udp", size)
