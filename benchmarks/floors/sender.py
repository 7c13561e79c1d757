"""The floor of an image that goes out: `sendfile` into a stream, or the least loop where that is TLS.

python sender.py PORT [tls]

Reads paths from its standard input; says `done` when the receiver has the file.
"""

import socket
import ssl
import sys
from pathlib import Path

CHUNK = 1 << 18  # bytes


def send(port: int, path: Path, is_tls: bool) -> None:
    with path.open("rb") as file, connect(port, is_tls) as connection:
        connection.sendall(path.stat().st_size.to_bytes(8, "big"))
        if is_tls:
            buffer = memoryview(bytearray(CHUNK))
            while got := file.readinto(buffer):
                connection.sendall(buffer[:got])
        else:
            connection.sendfile(file)
        connection.recv(1)


def connect(port: int, is_tls: bool) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    if not is_tls:
        return connection
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection)


def main(port: str, *options: str) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        send(int(port), Path(line.rstrip("\n")), "tls" in options)
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
