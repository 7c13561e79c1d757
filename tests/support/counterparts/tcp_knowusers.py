"""Row `tcp-knowusers`: sockets that are thrown away, lists by TCP to the chat port."""

import contextlib

from counterparts.canonical import Canonical
from counterparts.program import Source, send_by_tcp


class TcpKnowusers(Canonical):
    """Takes lists at its chat port alone, and gives them at that of whoever asks, if it knows it."""

    def start(self) -> None:
        self.hear("whois", self.open_whois(), self.take_datagram)
        self.serve(self.me.port, self.take_connection)

    def say(self, line: str, to: Source) -> None:
        self.throw_away(f"{line}\n".encode(), to)

    def answer_who(self, source: Source) -> None:
        line = "KNOWUSERS " + ", ".join(f"{handle} {ip} {port}" for handle, ip, port in self.everyone())
        for user in list(self.users.values()):
            if user.ip == source[0]:
                with contextlib.suppress(OSError):  # it may be gone
                    send_by_tcp(user.ip, user.port, f"{line}\n".encode())

    def leave_by_tcp(self) -> None:
        for user in list(self.users.values()):
            send_by_tcp(user.ip, user.port, f"LEAVE {self.me.handle}\n".encode())

    def take_list(self, command: str, entries: str) -> None:
        """Lists that come by UDP are passed over."""

    def take_other_line(self, command: str, line: str, ip: str) -> None:
        match command:
            case "KNOWUSERS":
                self.register_entries(line.removeprefix("KNOWUSERS "))
            case "LEAVE":
                self.forget(line.removeprefix("LEAVE "), by="tcp")
            case _:
                pass
