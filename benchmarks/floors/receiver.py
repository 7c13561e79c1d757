"""The floor of an image that comes in: its bytes into a file, synced, then a word to the sender.

python receiver.py PORT FOLDER [CERTIFICATE]

With a certificate (and its key in the same file) the stream is TLS 1.3. A stream begins with the size, 8 bytes.
"""

import os
import socket
import ssl
import sys
from pathlib import Path

CHUNK = 1 << 18  # bytes


def take(connection: socket.socket, file: Path) -> None:
    buffer = memoryview(bytearray(CHUNK))
    owed = int.from_bytes(connection.recv(8), "big")
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        while owed and (came := connection.recv_into(buffer)):
            os.write(descriptor, buffer[:came])
            owed -= came
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    connection.sendall(b"k")


def main(port: str, folder: str, certificate: str | None = None) -> None:
    with socket.create_server(("127.0.0.1", int(port))) as server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = server.accept()
            if certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.minimum_version = ssl.TLSVersion.TLSv1_3
                context.load_cert_chain(certificate)
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                take(connection, Path(folder, "floor.tif"))


if __name__ == "__main__":
    main(*sys.argv[1:])
