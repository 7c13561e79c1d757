"""A daemon that answers what a test wants: a real Unix socket, served by threads."""

import json
import socketserver
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

Json = dict[str, Any]
Answer = Json | Exception | Callable[[Json], Json]
STATUS = {"handle": "Ani", "port": 5001, "pid": 0, "seq": 7}
STANDARD: dict[str, Answer] = {
    "hello": {"version": "0", "api": 2, "handle": "Ani", "seq": 7},
    "status": STATUS,
    "subscribe": {"seq": 7},
    "users": {"users": []},
    "history": {"messages": [], "more": False},
}


class RefusedError(Exception):
    """Make the fake daemon refuse a request with this code and text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class FakeDaemon:
    """Answers by method from `answers`; after a subscription it writes `events` and then, if wanted, ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, Answer] = dict(STANDARD)
        self.events: Sequence[Json] = ()
        self.keeps_open = False  # after the events of a subscription, or a shutdown
        self.asked: list[tuple[str, Json]] = []
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._server = _server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.path.unlink()

    def params_of(self, method: str) -> list[Json]:
        """The parameters of each request of that method."""
        return [params for name, params in self.asked if name == method]

    def answer(self, call: Json) -> Json:
        if call["method"] != "hello":  # every connection begins with it
            self.asked.append((call["method"], call["params"]))
        answer = self.answers[call["method"]]
        try:
            if isinstance(answer, Exception):
                raise answer
            outcome: Json = {"result": answer(call["params"]) if callable(answer) else answer}
        except RefusedError as error:
            outcome = {"error": {"code": -32000, "message": str(error), "data": {"code": error.code}}}
        return {"jsonrpc": "2.0", "id": call["id"], **outcome}

    def serve_events(self) -> bytes:
        return b"".join(line({"jsonrpc": "2.0", "method": "event", "params": event}) for event in self.events)

    def say_nothing(self, _: Json) -> Json:
        """Answer when it is too late: with the end of the test."""
        self.wait_for_end()
        return {}

    def wait_for_end(self) -> None:
        self._ended.wait()


def line(data: Json) -> bytes:
    return json.dumps(data).encode() + b"\n"


def _server(daemon: FakeDaemon) -> socketserver.ThreadingUnixStreamServer:
    class Client(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for received in self.rfile:
                call = json.loads(received)
                answer = daemon.answer(call)
                self.wfile.write(line(answer))
                if call["method"] == "subscribe" and "result" in answer:
                    self.wfile.write(daemon.serve_events())
                    if daemon.keeps_open:
                        daemon.wait_for_end()
                    return
                if call["method"] == "shutdown":
                    if daemon.keeps_open:
                        daemon.wait_for_end()
                    return

    return Server(str(daemon.path), Client)


class Server(socketserver.ThreadingUnixStreamServer):
    """Lets clients go whenever they like; any other error is shown."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
