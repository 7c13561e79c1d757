"""Plays rows of the table against a real daemon, and compares all that has changed with what may."""

import contextlib
import itertools
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from daemons import WAIT, Daemon
from plain import LOOPBACK_BROADCAST, reset

from hostile.row import Effect, End, Finish, Row, Via
from slcp.client import Connection

ANSWERS_WITHIN = 1.0  # seconds, after whatever has come
MAY_GROW = 24 << 20  # bytes that a row may leave the daemon larger: allocators keep some; an attack takes more
SLOW = 45.0  # seconds: the longest patience of the daemon, and room
IN_FLIGHT = 50  # datagrams: more could overflow the socket's buffer, which is another test's business
SYNC = b"SYNC"  # an unknown command: when it has been counted, all before it has been read
OWN_FILES = re.compile(r"(config|state|data|run)/slcp/[\w./-]+")
IMAGES = re.compile(r"[\w-]+\.(png|jpg|gif|webp|bmp|tif)")
# what acts on a terminal: C0 but the line end, DEL, C1, bidi controls, and what cannot be seen
RAW = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@dataclass(frozen=True)
class Seen:
    """How a daemon is at one moment."""

    seq: int
    dropped: Counter[str]
    users: frozenset[tuple[str, str, int]]


class Player:
    """Knows one daemon, called Ani, and has a friend there called Victim."""

    def __init__(self, ani: Daemon) -> None:
        self.ani = ani
        status = ani.request("status")
        self._port, self._whoisport = status["port"], status["whoisport"]
        self._process = psutil.Process(status["pid"])
        self._ips = (f"127.{20 + n // 250}.0.{n % 250 + 1}" for n in itertools.count())
        self.fifo = ani.world.root / "fifo"
        os.mkfifo(self.fifo)
        self._meet_victim()

    def _meet_victim(self) -> None:
        """Let them be here whom rows speak of: a text program, and a JSON one, for the port of images to be open."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
            victim.bind(("127.0.0.5", 0))
            victim.sendto(b"JOIN Victim 5999\n", ("127.0.0.1", self._port))
            victim.sendto(b'["JOIN", "Json", "127.0.0.5", 5998]', ("127.0.0.1", self._port))
        for handle in ("Victim", "Json"):
            self.ani.wait_for("user_joined", handle=handle)

    def play(self, row: Row) -> None:
        """Send what the row says; fails unless the reaction is exactly what it says, and the daemon is well."""
        before, logged, memory = self._look(), self._log_size(), self._memory()
        outcome = self.send(row)
        self._compare(row, before, outcome)
        self._check_answer(row.name)
        self._check_log(logged)
        self._check_files()
        assert self._memory() - memory < MAY_GROW, f"{row.name}: the daemon has grown"

    def send(self, row: Row) -> Effect:
        """Return what shows at the sender's end."""
        match row.via:
            case Via.WHOIS:
                return self._send_datagrams(row, (LOOPBACK_BROADCAST, self._whoisport))
            case Via.OWN:
                return self._send_datagrams(row, ("127.0.0.1", self._port))
            case Via.TCP:
                return self._stream(row, self._port)
            case Via.TLS:
                return self._encrypted(row)
            case Via.JSON:
                return self._stream(row, self._port + 100)
            case Via.CONTROL:
                return Effect(answers=self._ask(row.sent[0].replace(b"{fifo}", os.fsencode(self.fifo))))
            case Via.SLCPCTL:
                return self._run(row.sent)
            case Via.CONFIG:
                raise ValueError("such a row needs a daemon of its own")

    # By UDP

    def _send_datagrams(self, row: Row, to: tuple[str, int]) -> Effect:
        ip = next(self._ips)
        with contextlib.ExitStack() as sockets:
            for _ in range(row.times):
                source = sockets.enter_context(_udp_socket(ip))
                for number, datagram in enumerate(row.sent, 1):
                    source.sendto(datagram.replace(b"{port}", b"%d" % self._port), to)
                    if number % IN_FLIGHT == 0:
                        self.ani.request("hello")
            self._mark_the_end(to)
        return Effect()

    def _mark_the_end(self, to: tuple[str, int]) -> None:
        """Send what shows, once it is counted, that all before has been read: see _difference."""
        with _udp_socket("127.0.0.6") as source:
            source.sendto(SYNC, to)

    # By TCP

    def _stream(self, row: Row, port: int) -> Effect:
        with contextlib.ExitStack() as stack:
            ip = next(self._ips)
            connections = [stack.enter_context(_connected(ip, port, row.is_slow)) for _ in range(row.times)]
            outcomes = [_converse(connection, row) for connection in connections]
        return outcomes[0]

    def _encrypted(self, row: Row) -> Effect:
        """What is heard is a challenge, and how it ends is up to what our system has read by then."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with _connected(next(self._ips), self._port, row.is_slow) as plain, context.wrap_socket(plain) as encrypted:
            _converse(encrypted, row)
        return Effect()

    # By the control socket

    def _ask(self, lines: bytes) -> tuple[str, ...]:
        """Send lines and end our side. Returns for each answer its word."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(WAIT)
            control.connect(str(self.ani.world.socket))
            with contextlib.suppress(ConnectionError):  # it need not read all
                control.sendall(lines)
                control.shutdown(socket.SHUT_WR)
            answers = [json.loads(line) for line in _read_to_end(control)[0].splitlines()]
        return tuple("result" if "result" in answer else answer["error"]["data"]["code"] for answer in answers)

    # By the command line

    def _run(self, words: tuple[bytes, ...]) -> Effect:
        ran = slcpctl(self.ani, *words)
        assert not RAW.search(ran.stdout + ran.stderr), ran
        assert ran.stderr.startswith("slcpctl: "), ran
        return Effect(code=ran.returncode, says=ran.stderr)

    # What has come of it

    def _look(self) -> Seen:
        status = self.ani.request("status")
        users = frozenset((user["handle"], user["ip"], user["port"]) for user in self.ani.request("users")["users"])
        return Seen(status["seq"], Counter(status["dropped"]), users)

    def _compare(self, row: Row, before: Seen, outcome: Effect) -> None:
        """Wait until all that may change has changed, and nothing else has."""
        expected = row.effect
        for name in ("answers", "code", "heard"):
            assert getattr(expected, name) in (None, getattr(outcome, name)), f"{row.name}: {outcome}"
        assert expected.says in outcome.says, f"{row.name}: {outcome}"
        assert expected.end in (None, outcome.end), f"{row.name}: {outcome}"
        synced = Counter({"unknown_command": int(row.via in (Via.WHOIS, Via.OWN))})
        until = time.monotonic() + WAIT
        while wrong := self._difference(expected, before, synced):
            assert time.monotonic() < until, f"{row.name}: {wrong}"

    def _difference(self, expected: Effect, before: Seen, synced: Counter[str]) -> str:
        """Return what is not as expected, "" when all is."""
        now = self._look()
        dropped = now.dropped - before.dropped - synced
        read = now.dropped - before.dropped >= synced
        messages = self.ani.messages(after=before.seq, limit=500)
        joined = sorted(handle for handle, _, _ in now.users - before.users)
        found: dict[str, Any] = {
            "read": read,
            "dropped": _at_least(dropped, expected.dropped) if expected.at_least else dict(dropped),
            "texts": tuple(each["text"] for each in messages if each["kind"] == "text"),
            "images": sum(each["kind"] == "image" for each in messages),
            "joined": len(joined) if isinstance(expected.joined, int) else tuple(joined),
            "left": tuple(sorted(handle for handle, _, _ in before.users - now.users)),
        }
        wanted = {"read": True, **{name: getattr(expected, name) for name in found if name != "read"}}
        return "" if found == wanted else f"found {found}, not {wanted}"

    # How the daemon is

    def _check_answer(self, name: str) -> None:
        began = time.monotonic()
        with Connection(str(self.ani.world.socket), ANSWERS_WITHIN) as connection:
            assert connection.request("hello")["handle"] == "Ani"
        assert time.monotonic() - began < ANSWERS_WITHIN, name

    def _log_size(self) -> int:
        return self.ani.world.log.stat().st_size

    def _check_log(self, since: int) -> None:
        """No trace and no error: what a stranger sends is no trouble of ours."""
        with self.ani.world.log.open("rb") as log:
            log.seek(since if since <= self._log_size() else 0)  # it may have been rotated
            entries = [json.loads(line) for line in log.read().splitlines()]
        assert [entry for entry in entries if "trace" in entry or entry["level"] in ("error", "critical")] == []

    def _check_files(self) -> None:
        """Nothing is where it does not belong, or half there."""
        root = self.ani.world.root
        files = [path for path in root.rglob("*") if not path.is_dir() and path != self.fifo]
        images = [path for path in files if self.ani.world.images in path.parents]
        assert [path for path in files if not OWN_FILES.fullmatch(str(path.relative_to(root)))] == []
        assert [path for path in images if path.parent != self.ani.world.images or not _is_image(path)] == []

    def _memory(self) -> int:
        return int(self._process.memory_info().rss)


def _is_image(path: Path) -> bool:
    return IMAGES.fullmatch(path.name) is not None or path.suffix == ".part"  # one that is coming, in a flood


def _at_least(found: Counter[str], wanted: dict[str, int]) -> dict[str, int]:
    """Return what was wanted if there is as much or more, else what there is."""
    return wanted if all(found[reason] >= number for reason, number in wanted.items()) else dict(found)


def slcpctl(daemon: Daemon, *words: bytes | str, seconds: float = WAIT) -> subprocess.CompletedProcess[str]:
    """Run slcpctl in the daemon's world. What is no UTF-8 in its output fails."""
    command = [sys.executable.encode(), b"-m", b"slcpctl", *(os.fsencode(word) for word in words)]
    environment = daemon.world.environment
    ran = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
    )
    return subprocess.CompletedProcess(words, ran.returncode, ran.stdout.decode(), ran.stderr.decode())


def _udp_socket(ip: str) -> socket.socket:
    source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    source.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    source.bind((ip, 0))
    return source


@contextlib.contextmanager
def _connected(ip: str, port: int, is_slow: bool) -> Iterator[socket.socket]:
    patience = SLOW if is_slow else WAIT
    with socket.create_connection(("127.0.0.1", port), patience, source_address=(ip, 0)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def _converse(connection: socket.socket, row: Row) -> Effect:
    """Send all, finish as the row says. Returns how it ended and what was heard."""
    heard = b""
    was_reset = False  # the system tells it once: to who sends, or to who reads
    try:
        for number, piece in enumerate(row.sent, 1):
            if number == len(row.sent) and row.waits_for:
                heard = connection.recv(len(row.waits_for), socket.MSG_WAITALL)
            connection.sendall(piece)
        if row.finish is Finish.HALF_CLOSE:
            connection.shutdown(socket.SHUT_WR)
    except OSError as error:  # it need not read all, and may have ended
        was_reset = isinstance(error, ConnectionResetError)
    if row.finish is Finish.RESET:
        reset(connection)
        return Effect()
    more, end = _read_to_end(connection)
    return Effect(heard=heard + more, end=End.RESET if was_reset else end)


def _read_to_end(connection: socket.socket) -> tuple[bytes, End]:
    read = bytearray()
    try:
        while data := connection.recv(1 << 16):
            read += data
    except ConnectionError:
        return bytes(read), End.RESET
    return bytes(read), End.IN_ORDER


def play_at_once(player: Player, rows: list[Row]) -> None:
    """Play rows that take long side by side; in the end the daemon must have taken each for what it is."""
    dropped = Counter[str]()
    before: Counter[str] = Counter(player.ani.request("status")["dropped"])
    outcomes: dict[str, Effect] = {}
    threads = [threading.Thread(target=_note_outcome, args=(player, row, outcomes)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SLOW)
    for row in rows:
        dropped.update(row.effect.dropped)
        assert (outcomes[row.name].end, outcomes[row.name].heard) == (row.effect.end, row.effect.heard), row.name
    now: Counter[str] = Counter(player.ani.request("status")["dropped"])
    assert now - before == dropped


def _note_outcome(player: Player, row: Row, outcomes: dict[str, Effect]) -> None:
    outcomes[row.name] = player.send(row)
