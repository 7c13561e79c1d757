"""The counterparts themselves: each is understood by another of its kind, and dies of what its row says, no more."""

import ast
import hashlib
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import counterparts
import pytest
from driving import PORT, WHOISPORT, Counterpart
from lan import Host, Lan

RunOn = Callable[[Host, str, str], Counterpart]

DIALECTS = ["slcp", "json", "tcp-sender", "colon", "tcp-knowusers", "bare", "unheard"]
CANNOT_ASK = {"colon", "unheard"}  # asks from a socket that is closed at once; does not answer
TELLS_WHO_JOINS = {"tcp-sender", "colon", "unheard"}
TAKES_TEXTS_BY_UDP = {"json", "unheard"}
TAKES_NO_IMAGES = {"unheard"}
TAKES_IMAGES_BY_UDP = {"tcp-sender"}
NAMES_THE_FILE = {"json", "bare"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_two_of_a_kind_understand_each_other(dialect: str, lan: Lan, run_on: RunOn, photo: Path, drawing: Path) -> None:
    ani, luca = (run_on(host, dialect, handle) for host, handle in zip(lan.add_hosts(2), ("Ani", "Luca"), strict=True))
    _let_meet(ani, luca)
    for sender, recipient in ((ani, luca), (luca, ani)):
        sender.send_text(recipient.address, "Grüße 🐧: hallo!")
        by = "udp" if dialect in TAKES_TEXTS_BY_UDP else "tcp"
        recipient.wait_for("text", sender=sender.handle, text="Grüße 🐧: hallo!", by=by)
    if dialect not in TAKES_NO_IMAGES:
        _let_exchange_images(ani, luca, photo, drawing)
    luca.leave()
    ani.wait_for("user_gone", handle="Luca")
    assert ani.deaths == luca.deaths == []
    assert ani.reports("refused") == luca.reports("refused") == []


def _let_meet(ani: Counterpart, luca: Counterpart) -> None:
    """Ani was there first."""
    ani.join()
    luca.join()
    ani.wait_for("user_known", handle="Luca", ip=luca.ip, port=PORT, how="join")
    if luca.dialect not in CANNOT_ASK:
        luca.who()
    if luca.dialect not in CANNOT_ASK or luca.dialect in TELLS_WHO_JOINS:
        luca.wait_for("user_known", handle="Ani", ip=ani.ip, port=PORT, how="list")


def _let_exchange_images(ani: Counterpart, luca: Counterpart, photo: Path, drawing: Path) -> None:
    by = "udp" if ani.dialect in TAKES_IMAGES_BY_UDP else "tcp"
    for sender, recipient, path in ((ani, luca, photo), (luca, ani, drawing)):
        sender.send_image(recipient.address, path)
        image = recipient.wait_for("image", sender=sender.handle, size=path.stat().st_size, by=by)
        assert image["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert image["name"] == (path.name if ani.dialect in NAMES_THE_FILE else "")


def test_a_tcp_knowusers_leaves_by_tcp_too(lan: Lan, run_on: RunOn) -> None:
    ani, luca = (
        run_on(host, "tcp-knowusers", handle) for host, handle in zip(lan.add_hosts(2), ("Ani", "Luca"), strict=True)
    )
    _let_meet(ani, luca)
    luca.do("leave by TCP")
    ani.wait_for("user_gone", handle="Luca", by="tcp")


# What chokes them

JOIN = {
    "json": b'["JOIN", "Eve", "10.77.0.2", 5001]',
    "bare": b"JOIN Eve 5001",
    **dict.fromkeys(["slcp", "tcp-sender", "colon", "tcp-knowusers", "unheard"], b"JOIN Eve 5001\n"),
}

DEADLY = [
    ("json", b"JOIN Gr\xfc\xdfe 5001\n", "UnicodeDecodeError"),
    ("json", b"[]", "IndexError"),
    ("json", b"{}", "TypeError"),
    ("json", b"5001", "TypeError"),
    ("json", b'["WHO"]', "IndexError"),
    ("tcp-sender", b"JOIN Eve 5001 [AFK]\n", "ValueError"),
    ("tcp-sender", b"LEAVE Eve 5001\n", "ValueError"),
    ("tcp-sender", b"KNOWNUSERS \n", "ValueError"),
    ("tcp-sender", b"KNOWNUSERS Eve 10.77.0.2 5001, Otto 10.77.0.3 5001\n", "ValueError"),
    ("tcp-sender", b"KNOWNUSERS Eve 10.77.0.2 5001 [AFK]\n", "ValueError"),
    ("tcp-sender", b"JOIN Eve 5001\nHELLO Eve 5001 1 -\n", "ValueError"),
]

HARMLESS = [
    *((dialect, b"HELLO Eve 5001 1 -\n") for dialect in DIALECTS),
    *((dialect, b'["WHO", "Eve"]') for dialect in DIALECTS),
    *((dialect, b"\xff\xfe\n") for dialect in DIALECTS if dialect != "json"),
    *((dialect, b"KNOWNUSERS Eve, \n") for dialect in DIALECTS if dialect != "tcp-sender"),
    ("json", b"WHO\n"),
    ("json", b""),
    ("tcp-sender", b"KNOWNUSERS Eve 10.77.0.2 5001,Otto 10.77.0.3 5001\n"),
    ("tcp-sender", b"KNOWUSERS Eve 10.77.0.2 5001, Otto 10.77.0.3 5001\n"),
]


def _ids(cases: list[tuple[str, bytes, str]]) -> list[str]:
    return [f"{dialect} {data!r}" for dialect, data, _ in cases]


@pytest.mark.parametrize(("dialect", "data", "error"), DEADLY, ids=_ids(DEADLY))
def test_it_dies_of(dialect: str, data: bytes, error: str, lan: Lan, run_on: RunOn) -> None:
    host, of_eve = lan.add_hosts(2)
    ani = run_on(host, dialect, "Ani")
    _send_by_udp(of_eve, ani, data)
    assert error in ani.wait_for("died")["of"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_lives_on_after(dialect: str, lan: Lan, run_on: RunOn) -> None:
    host, of_eve = lan.add_hosts(2)
    ani = run_on(host, dialect, "Ani")
    harmless = [data for who, data in HARMLESS if who == dialect]
    _send_by_udp(of_eve, ani, *harmless, JOIN[dialect])
    ani.wait_for("user_known", handle="Eve", ip=of_eve.ip, port=5001, how="join")
    assert ani.deaths == []


def test_a_bare_dies_of_a_header_without_end(lan: Lan, run_on: RunOn) -> None:
    host, of_eve = lan.add_hosts(2)
    ani = run_on(host, "bare", "Ani")
    _send_by_tcp(of_eve, ani, b"IMG " + 600 * b"a")
    assert "ValueError" in ani.wait_for("died")["of"]


# What they do not take


@pytest.mark.parametrize("dialect", ["slcp", "colon", "tcp-knowusers"])
def test_a_line_of_more_than_512_bytes_is_not_taken(dialect: str, lan: Lan, run_on: RunOn) -> None:
    host, of_eve = lan.add_hosts(2)
    ani = run_on(host, dialect, "Ani")
    _send_by_tcp(of_eve, ani, b"MSG Ani " + 504 * b"a" + b"\n")
    ani.wait_for("refused", of="a line of more than 512 bytes")
    assert ani.reports("text") == []


def test_a_tcp_sender_takes_one_text_a_connection(lan: Lan, run_on: RunOn) -> None:
    host, of_eve = lan.add_hosts(2)
    ani = run_on(host, "tcp-sender", "Ani")
    for lines in (b"MSG Eve one\nMSG Eve two\n", b"MSG Eve three\n"):
        _send_by_tcp(of_eve, ani, lines)
        ani.wait_for("text", text=lines.split()[2].decode())
    assert [text["text"] for text in ani.reports("text")] == ["one", "three"]


def test_a_bare_shows_the_first_512_bytes_whatever_they_are(lan: Lan, run_on: RunOn) -> None:
    host, of_eve = lan.add_hosts(2)
    ani = run_on(host, "bare", "Ani")
    _send_by_tcp(of_eve, ani, b"MSG Ani hello\n" + 600 * b"a")
    assert ani.wait_for("text")["text"] == "MSG Ani hello\n" + 498 * "a"


def test_a_bare_knows_no_who_with_a_line_end(lan: Lan, run_on: RunOn) -> None:
    host, of_eve = lan.add_hosts(2)
    run_on(host, "bare", "Ani")
    with _udp(of_eve) as sock:
        for data in (b"WHO\n", b"WHO"):
            sock.sendto(data, (host.ip, WHOISPORT))
        assert sock.recv(512) == f"KNOWNUSERS Ani {host.ip} {PORT}".encode()
        sock.settimeout(0)
        with pytest.raises(BlockingIOError):  # the first would have been answered first
            sock.recv(512)


def test_a_bare_loses_what_comes_before_its_ready(lan: Lan, run_on: RunOn) -> None:
    host, of_eve = lan.add_hosts(2)
    ani = run_on(host, "bare", "Ani")
    _send_by_tcp(of_eve, ani, b"IMG cat.png 8\n12345678")
    ani.wait_for("refused", of="0 of 8 bytes")


def test_a_json_does_not_answer_its_own_machine(lan: Lan, run_on: RunOn) -> None:
    host, of_eve = lan.add_hosts(2)
    ani = run_on(host, "json", "Ani")
    with _udp(host) as local, _udp(of_eve) as remote:
        for sock, to in ((local, "127.0.0.1"), (remote, host.ip)):
            sock.sendto(b'["WHO", "Eve"]', (to, WHOISPORT))
            ani.wait_for("heard", data='["WHO", "Eve"]', ip="127.0.0.1" if sock is local else of_eve.ip)
        assert remote.recv(512) == f'["KNOWNUSERS", "Ani {host.ip} {PORT}"]'.encode()
        local.settimeout(0)
        with pytest.raises(BlockingIOError):
            local.recv(512)


@pytest.mark.parametrize("dialect", ["json", "unheard"])
def test_nobody_listens_at_the_chat_port_by_tcp(dialect: str, lan: Lan, run_on: RunOn) -> None:
    host, of_eve = lan.add_hosts(2)
    ani = run_on(host, dialect, "Ani")
    with pytest.raises(ConnectionRefusedError):
        _send_by_tcp(of_eve, ani, b"MSG Ani hello\n")


def test_they_share_no_code_with_slcp() -> None:
    for path in Path(counterparts.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.partition(".")[0] in {*sys.stdlib_module_names, "counterparts"}, path


def _udp(host: Host) -> socket.socket:
    sock = host.open_socket(socket.SOCK_DGRAM)
    sock.settimeout(10)
    return sock


def _send_by_udp(host: Host, to: Counterpart, *datagrams: bytes) -> None:
    with _udp(host) as sock:
        for data in datagrams:
            sock.sendto(data, (to.ip, WHOISPORT))


def _send_by_tcp(host: Host, to: Counterpart, data: bytes) -> None:
    with host.open_socket(socket.SOCK_STREAM) as sock:
        sock.settimeout(10)
        sock.connect((to.ip, to.port))
        sock.sendall(data)
