"""Row `json`: the seed's own program, JSON arrays in datagrams."""

import base64
import json
import os
from pathlib import Path
from typing import Any

from counterparts.program import EVERYBODY, Connection, Program, RefusedError, Source, User, send_by_tcp, user_of

IMAGES = 100  # above the chat port


class Seed(Program):
    """No TCP at the chat port; its one network process ends of what it does not expect."""

    def start(self) -> None:
        self._own = self.open_udp(self.me.port)
        self.hear("whois", self.open_whois(), self._take_datagram)
        self.hear("own", self._own, self._take_datagram)
        self.serve(self.me.port + IMAGES, self._take_image)

    def die(self, where: str, error: Exception) -> None:
        """All sockets belong to one process, and it is over."""
        super().die(where, error)
        os._exit(1)

    # Discovery

    def _say(self, *message: object, to: Source) -> None:
        self._own.sendto(json.dumps(message).encode(), to)

    def _announce(self, *message: object) -> None:
        self._say(*message, to=(EVERYBODY, self.whoisport))

    def join(self) -> None:
        self._announce("JOIN", *self.me)

    def leave(self) -> None:
        self._announce("LEAVE", self.me.handle)

    def who(self) -> None:
        self._announce("WHO", self.me.handle)

    def _take_datagram(self, data: bytes, source: Source) -> None:
        text = data.decode()  # ends the process when it is no UTF-8
        try:
            message = json.loads(text)
        except json.JSONDecodeError:
            return
        if not isinstance(message, list):
            raise TypeError(f"not an array: {message!r}")
        match message[0]:
            case "JOIN":
                _, handle, ip, port = message
                self.register(User(handle, ip, int(port)), "join")
            case "LEAVE":
                self.forget(message[1])
            case "WHO":
                self._answer_who(message[1], source)
            case "KNOWNUSERS":
                self._take_entry(message[1])
            case "MSG":
                self._take_text(message, len(data))
            case _:
                pass

    def _answer_who(self, asker: str, source: Source) -> None:
        if source[0] != "127.0.0.1":
            self._say("KNOWNUSERS", "{} {} {}".format(*self.me), to=source)

    def _take_entry(self, entry: Any) -> None:
        """Everyone answers for itself, so there is one."""
        user = user_of(str(entry).split(" "))
        if user is None:
            raise RefusedError(f"a list: {entry!r}")
        self.register(user, "list")

    # Texts and images

    def send_text(self, to: User, text: str) -> None:
        self._say("MSG", self.me.handle, to.handle, text, to=(to.ip, to.port))

    def _take_text(self, message: list[Any], size: int) -> None:
        match message:
            case [_, str(sender), self.me.handle, str(text)]:
                self.show_text(sender, text, "udp", size)
            case _:
                raise RefusedError(f"a text: {message!r}")

    def send_image(self, to: User, path: Path) -> None:
        message = [self.me.handle, path.name, base64.b64encode(path.read_bytes()).decode()]
        send_by_tcp(to.ip, to.port + IMAGES, json.dumps(message).encode())

    def _take_image(self, connection: Connection) -> None:
        data = connection.everything()
        try:
            sender, name, image = json.loads(data)
            self.show_image(sender, name, base64.b64decode(image, validate=True), "tcp")
        except (ValueError, TypeError) as error:
            raise RefusedError(f"an image: {error}") from error
