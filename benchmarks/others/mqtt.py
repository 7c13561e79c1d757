"""mosquitto: texts through a broker, with QoS 1. Written in C for machines; keeps nothing on the disk here."""

import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from daemons import free_port

from benchmarks.lines import LineClient
from benchmarks.others.installed import find
from benchmarks.processes import serving, takes_connections

COMMAND = "mosquitto_pub (C)"
TEXTS = "mosquitto (C, one server, nothing kept)"
TOPIC = b"luca"
CONNECT, PUBLISH_QOS_1, PUBACK, SUBSCRIBE = 0x10, 0x32, 0x40, 0x82  # MQTT 3.1.1, 2.2


class Mosquitto(NamedTuple):
    """A broker that runs."""

    command: list[str]
    port: int


@contextmanager
def server(folder: Path) -> Iterator[Mosquitto]:
    """Run a broker on a port of 127.0.0.1."""
    program, client = find("mosquitto", "mosquitto"), find("mosquitto_pub", "mosquitto-clients")
    port, config = free_port(), folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
        "max_queued_messages 0\nset_tcp_nodelay true\n"
    )
    folder.chmod(0o755)  # started by root it reads its config as another user
    with serving([program, "-c", str(config)], lambda: takes_connections(port)):
        yield Mosquitto([client, "-h", "127.0.0.1", "-p", str(port), "-t", "luca", "-q", "1", "-m", "Hallo"], port)


class MqttChat:
    """Two clients of a broker."""

    def __init__(self, stack: ExitStack, broker: Mosquitto) -> None:
        self._ani, self._luca = (_connect(stack, broker.port, name) for name in (b"ani", b"luca"))
        self._luca.send(_packet(SUBSCRIBE, struct.pack("!H", 1) + _text(TOPIC) + b"\x01"))
        _read_packet(self._luca)

    def send(self, texts: Iterable[str]) -> None:
        self._ani.send(b"".join(_packet(PUBLISH_QOS_1, _text(TOPIC) + b"\0\1" + text.encode()) for text in texts))

    def arrive(self) -> str:
        body = _read_packet(self._luca)
        at = 2 + len(TOPIC)
        self._luca.send(_packet(PUBACK, body[at : at + 2]))
        return body[at + 2 :].decode()

    def settle(self) -> None:
        _read_packet(self._ani)


def _connect(stack: ExitStack, port: int, name: bytes) -> LineClient:
    client = stack.enter_context(LineClient(port))
    client.send(_packet(CONNECT, _text(b"MQTT") + b"\x04\x02\x00\x00" + _text(name)))
    _read_packet(client)
    return client


def _packet(kind: int, body: bytes) -> bytes:
    if len(body) > 127:
        raise ValueError("the length of a packet has one byte here")
    return bytes([kind, len(body)]) + body


def _read_packet(client: LineClient) -> bytes:
    return client.read_exactly(client.read_exactly(2)[1])


def _text(text: bytes) -> bytes:
    return struct.pack("!H", len(text)) + text
