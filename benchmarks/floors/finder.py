"""The floor of finding others: a question to all, an answer from each.

    python finder.py answer NAME PORT             answers each question with NAME
    python finder.py seek NUMBER PORT BROADCAST   asks, and ends when so many have answered

Datagrams are lost: it asks again while somebody is missing.
"""

import socket
import sys

QUESTION = b"WHO\n"
ASKED_AGAIN = 0.5  # seconds


def answer(name: str, port: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("", int(port)))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            _, source = ear.recvfrom(512)
            ear.sendto(name.encode(), source)


def seek(number: str, port: str, broadcast: str) -> None:
    found: set[bytes] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as voice:
        voice.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        voice.settimeout(ASKED_AGAIN)
        while len(found) < int(number):
            voice.sendto(QUESTION, (broadcast, int(port)))
            try:
                while len(found) < int(number):
                    found.add(voice.recv(512))
            except TimeoutError:
                pass
    sys.stdout.write(f"found {len(found)}\n")


if __name__ == "__main__":
    kind, *words = sys.argv[1:]
    if kind == "answer":
        answer(*words)
    else:
        seek(*words)
