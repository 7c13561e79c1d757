"""What leaves slcpctl: data to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import sys

from slcp.escaping import escape
from slcpctl.render import Line, paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from slcp.client import Json


def out(text: str) -> None:
    """Write one line of data, as it is: `text` holds nothing of a peer."""
    sys.stdout.write(f"{text}\n")


def out_json(*objects: Json) -> None:
    """Write each object on a line of its own; in ASCII, so that no terminal can be played tricks."""
    for data in objects:
        out(json.dumps(data))


def out_lines(lines: Iterable[Line]) -> None:
    """Write lines for people."""
    colour = has_colour(sys.stdout)
    for line in lines:
        out(paint(line, colour))


def note(text: str) -> None:
    """Tell the user something that is not the data asked for."""
    sys.stderr.write(f"{escape(text)}\n")


def has_colour(stream: TextIO) -> bool:
    """Tell whether `stream` is a terminal that may be coloured (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
