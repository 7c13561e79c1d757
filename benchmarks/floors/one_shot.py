"""The floor of `slcpctl msg`: reads its arguments, makes one round trip of JSON on a Unix socket, prints the id."""

import argparse
import json
import socket
import sys


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("path")
    options.add_argument("handle")
    options.add_argument("text")
    chosen = options.parse_args()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(chosen.path)
        call = {"id": 1, "method": "send_text", "params": {"to": chosen.handle, "text": chosen.text}}
        connection.sendall(json.dumps(call).encode() + b"\n")
        answer = json.loads(connection.makefile("rb").readline())
    sys.stdout.write(f"queued {answer['result']['id']}\n")


if __name__ == "__main__":
    main()
