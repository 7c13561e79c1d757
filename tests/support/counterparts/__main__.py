"""python -m counterparts DIALECT HANDLE PORT WHOISPORT IP

Obeys lines of JSON on stdin, such as {"number": 1, "do": "join"}, and tells what happens by lines of JSON on stdout.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from counterparts.bare import Bare
from counterparts.canonical import Canonical
from counterparts.colon import Colon
from counterparts.program import Program, User
from counterparts.seed import Seed
from counterparts.tcp_knowusers import TcpKnowusers
from counterparts.tcp_sender import TcpSender
from counterparts.unheard import Unheard

PROGRAMS: dict[str, type[Program]] = {
    "slcp": Canonical,
    "json": Seed,
    "tcp-sender": TcpSender,
    "colon": Colon,
    "tcp-knowusers": TcpKnowusers,
    "bare": Bare,
    "unheard": Unheard,
}

_one_line_at_a_time = threading.Lock()


def tell(event: str, **fields: object) -> None:
    line = json.dumps({"event": event, **fields}) + "\n"
    with _one_line_at_a_time:
        os.write(sys.__stdout__.fileno(), line.encode())  # type: ignore[union-attr]  # it is a pipe


def obey(program: Program, command: dict[str, Any]) -> None:
    match command:
        case {"do": "join"}:
            program.join()
        case {"do": "leave"}:
            program.leave()
        case {"do": "leave by TCP"}:
            program.leave_by_tcp()
        case {"do": "who"}:
            program.who()
        case {"do": "text", "to": to, "text": text}:
            program.send_text(User(*to), text)
        case {"do": "image", "to": to, "path": path}:
            program.send_image(User(*to), Path(path))
        case _:
            raise ValueError(command)


def main() -> None:
    dialect, handle, port, whoisport, ip = sys.argv[1:]
    program = PROGRAMS[dialect](User(handle, ip, int(port)), int(whoisport), tell)
    program.start()
    tell("ready")
    for line in sys.stdin:
        command = json.loads(line)
        try:
            obey(program, command)
        except Exception as error:  # noqa: BLE001  # whoever gave the command is told
            tell("done", number=command["number"], error=repr(error))
        else:
            tell("done", number=command["number"])
    os._exit(0)  # its threads wait on their sockets for ever


main()
