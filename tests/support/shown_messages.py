"""Messages as `history` gives them, for tests that show them."""

from typing import Any

from slcpctl.screen.cells import Line

Json = dict[str, Any]

TEXT: Json = {
    "handle": "Luca", "ip": "127.0.0.1", "port": 5002, "time": "2026-11-24T14:02:00.000Z", "kind": "text",
    "state": "received", "direction": "in", "reason": None, "automatic": False, "secure": True, "text": "Hallo Ani!",
    "path": None, "size": None, "sha256": None, "width": None, "height": None, "batch": None,
}  # fmt: skip
CAT: Json = {"kind": "image", "text": None, "path": "/images/cat.jpg", "size": 15_000, "width": 640, "height": 480}


def received(seq: int = 1, text: str = "Hallo Ani!", **more: object) -> Json:
    """A text of a peer's; with CAT an image."""
    return {**TEXT, "seq": seq, "id": f"m{seq}", "text": text, **more}


def sent(seq: int = 1, text: str = "Hey Luca", state: str = "delivered", **more: object) -> Json:
    """A text of ours."""
    return {**TEXT, "seq": seq, "id": f"m{seq}", "text": text, "direction": "out", "state": state, **more}


def plain(line: Line) -> str:
    """Return what a line says, without the blanks at its end."""
    return "".join(text for _, text in line).rstrip()


def styles(line: Line) -> dict[str, str]:
    """Return the styles of what a line says, by their texts."""
    return {text.strip(): style for style, text in line if text.strip()}
