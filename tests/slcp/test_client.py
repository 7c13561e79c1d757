import json
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fake_daemon import FakeDaemon, RefusedError

from slcp import API_VERSION
from slcp.client import (
    Connection,
    DaemonUnreachableError,
    ErrorCode,
    OtherApiError,
    RequestError,
    name_of,
    request,
    result_of,
)
from slcp.local_stream import MAX_LINE

HELLO = b'{"id":1,"result":{"api":%d}}\n' % API_VERSION


@dataclass
class CannedDaemon:
    """Serves one connection: HELLO, then an answer to each line, as given, and then the end."""

    path: str
    asked: list[bytes] = field(default_factory=list)

    def serve(self, listener: socket.socket, answers: tuple[bytes, ...]) -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            assert json.loads(lines.readline())["method"] == "hello"
            connection.sendall(HELLO)
            for answer in answers:
                self.asked.append(lines.readline())
                with suppress(ConnectionError):  # who has had enough may go
                    connection.sendall(answer)


@contextmanager
def serving(path: Path, *answers: bytes) -> Iterator[CannedDaemon]:
    daemon = CannedDaemon(str(path))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(daemon.path)
        listener.listen()
        thread = threading.Thread(target=daemon.serve, args=(listener, answers))
        thread.start()
        yield daemon
        thread.join()


@pytest.fixture
def path() -> Iterator[Path]:
    """A path short enough for a socket wherever the tests run."""
    with tempfile.TemporaryDirectory(prefix="slcp-") as folder:
        yield Path(folder, "control.sock")


def test_a_request_is_one_line_of_json_rpc(path: Path) -> None:
    with serving(path, b'{"jsonrpc":"2.0","id":1,"result":{"id":"7"}}\n') as daemon:
        assert request(daemon.path, "send_text", to="Luca", text="Grüße\nLuca") == {"id": "7"}
    (line,) = daemon.asked
    assert line.endswith(b"\n")
    assert json.loads(line) == {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "send_text",
        "params": {"to": "Luca", "text": "Grüße\nLuca"},
    }


def test_several_requests_go_over_one_connection(path: Path) -> None:
    with (
        serving(path, b'{"id":1,"result":{"seq":7}}\n', b'{"id":1,"result":{"users":[]}}\n') as daemon,
        Connection(daemon.path) as connection,
    ):
        assert connection.request("status") == {"seq": 7}
        assert connection.request("users") == {"users": []}


def test_a_refusal_is_raised_with_the_word_and_the_text_of_the_daemon(path: Path) -> None:
    answer = (
        b'{"id":1,"error":{"code":-32000,"message":"no user Noah; here are: Luca","data":{"code":"unknown_user"}}}\n'
    )
    with serving(path, answer) as daemon, pytest.raises(RequestError, match="no user Noah; here are: Luca") as caught:
        request(daemon.path, "send_text", to="Noah", text="Hallo")
    assert caught.value.code is ErrorCode.UNKNOWN_USER


def test_a_word_of_a_later_daemon_still_is_a_refusal() -> None:
    with pytest.raises(RequestError, match="too late"):
        result_of({"id": 1, "error": {"code": -32000, "message": "too late", "data": {"code": "not_known_yet"}}})


@pytest.mark.parametrize(
    ("since", "params"),
    [(None, {}), (0, {"since": 0}), (7, {"since": 7})],
    ids=["new ones", "all", "from 7"],
)
def test_events_follow_a_subscription(path: Path, since: int | None, params: dict[str, int]) -> None:
    lines = b"".join(
        [
            b'{"id":1,"result":{"seq":7}}\n',
            b'{"method":"event","params":{"seq":8,"type":"text_received"}}\n',
            b'{"method":"event","params":{"seq":9,"type":"user_left"}}\n',
        ]
    )
    with serving(path, lines) as daemon, Connection(daemon.path) as connection:
        events = connection.events(since)
        assert next(events) == {"seq": 8, "type": "text_received"}
        assert next(events) == {"seq": 9, "type": "user_left"}
        with pytest.raises(DaemonUnreachableError, match="has ended"):
            next(events)
    assert json.loads(daemon.asked[0])["params"] == params


@pytest.mark.parametrize("seconds", [-1.0, 0.01], ids=["past", "soon"])
def test_events_can_be_followed_until_a_moment(path: Path, seconds: float) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with Connection(str(path), any_api=True) as connection:
            daemon, _ = listener.accept()
            with daemon:
                daemon.sendall(b'{"id":1,"result":{"seq":7}}\n')
                assert list(connection.events(until=time.monotonic() + seconds)) == []


def test_where_no_daemon_is_the_user_is_told_how_to_start_one(path: Path) -> None:
    with pytest.raises(DaemonUnreachableError, match=r"control\.sock: No such file.*slcpctl start"):
        Connection(str(path))


def test_the_socket_of_a_daemon_that_was_killed_is_no_daemon(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))
    with pytest.raises(DaemonUnreachableError, match="Connection refused"):
        Connection(str(path))


def test_a_path_too_long_for_a_socket_says_so(tmp_path: Path) -> None:
    with pytest.raises(DaemonUnreachableError, match="path too long"):
        Connection(str(tmp_path / ("x" * 200)))


@pytest.mark.parametrize("answer", [b"", b'{"id":1,"res'], ids=["no answer", "half an answer"])
def test_a_daemon_that_ends_before_it_answers_is_unreachable(path: Path, answer: bytes) -> None:
    with serving(path, answer) as daemon, pytest.raises(DaemonUnreachableError, match="before it answered"):
        request(daemon.path, "status")


def test_a_daemon_that_does_not_answer_in_time_is_unreachable(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with pytest.raises(DaemonUnreachableError, match=r"does not answer within 0\.01 s"):
            Connection(str(path), timeout=0.01)


def test_an_answer_that_comes_too_late_is_not_that_of_the_next_request(daemon: FakeDaemon) -> None:
    daemon.answers["users"] = daemon.say_nothing
    with Connection(str(daemon.path), timeout=0.1) as connection:
        with pytest.raises(DaemonUnreachableError, match=r"does not answer within 0\.1 s"):
            connection.request("users")
        with pytest.raises(DaemonUnreachableError, match="was closed; make another one"):
            connection.request("status")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"x" * (MAX_LINE + 1) + b"\n", "over 64 MiB; ask for less at once"),
        (b'nonsense\n{"id":2,"result":{}}\n', "is no JSON"),
    ],
    ids=["too long", "no JSON"],
)
def test_an_answer_that_cannot_be_read_closes_the_connection(path: Path, answer: bytes, why: str) -> None:
    with serving(path, answer) as daemon, Connection(daemon.path) as connection:
        with pytest.raises(DaemonUnreachableError, match=why):
            connection.request("history")
        with pytest.raises(DaemonUnreachableError, match="was closed; make another one"):
            connection.request("status")


def test_the_end_of_the_daemon_can_be_waited_for(path: Path) -> None:
    with serving(path, b'{"id":1,"result":{}}\n') as daemon, Connection(daemon.path) as connection:
        connection.request("shutdown")
        connection.wait_for_end()
        with pytest.raises(DaemonUnreachableError):
            connection.request("hello")


@pytest.mark.usefixtures("daemon")
def test_without_a_path_it_is_the_daemon_of_the_default_profile() -> None:
    with Connection() as connection:
        assert connection.request("hello")["handle"] == "Ani"


@pytest.mark.parametrize("api", [API_VERSION + 1, None], ids=["later", "from before there was hello"])
def test_a_daemon_of_another_api_is_asked_nothing(daemon: FakeDaemon, api: int | None) -> None:
    daemon.answers["hello"] = {"version": "9", "api": api} if api else RefusedError("unknown_method", "no such")
    with pytest.raises(OtherApiError, match="cannot speak to"):
        request(str(daemon.path), "users")
    assert daemon.asked == []


def test_what_stays_as_it_is_can_be_asked_of_a_daemon_of_any_api(daemon: FakeDaemon) -> None:
    daemon.answers["hello"] = {"version": "9", "api": API_VERSION + 1}
    with Connection(str(daemon.path), any_api=True) as connection:
        assert connection.hello()["version"] == "9"
        assert "pid" in connection.request("status")


@pytest.mark.parametrize(("port", "name"), [(5001, "Ani@192.168.0.10:5001"), (None, "Ani")])
def test_an_event_tells_whom_to_answer(port: int | None, name: str) -> None:
    assert name_of({"handle": "Ani", "ip": "192.168.0.10", "port": port}) == name
