"""Answers and events of the control API as lines for people.

A line is a list of (style, text). Colours are added by `paint`, which escapes each text before:
so whatever peers have written can neither move the cursor, nor recolour, reorder or forge lines.
"""

from __future__ import annotations

from slcp.escaping import escape, quoted
from slcpctl.translating import tr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from slcp.client import Json

Line = list[tuple[str, str]]

STYLES = {"": "", "name": "1", "dim": "2", "good": "32", "bad": "31", "strong": "1;36"}  # SGR parameters


def paint(line: Line, colour: bool) -> str:
    """Return the text of a line, escaped; with the colours of its styles if wanted."""
    parts = [(STYLES[style] if colour else "", escape(text)) for style, text in line]
    return "".join(f"\x1b[{code}m{text}\x1b[m" if code else text for code, text in parts)


def local_time(time: str, form: str) -> str:
    """Return a time of the API as people on this machine read it; `form` is strftime's."""
    from datetime import datetime  # not needed by users or msg, which shall start fast

    return datetime.fromisoformat(time).astimezone().strftime(form)


def size(count: int) -> str:
    """Return a number of bytes in the largest unit that fits."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{figures(amount)} {unit}"
        amount /= 1000
    return f"{figures(amount)} GB"


def figures(amount: float) -> str:
    """Return a number with three figures, as the user's language has it."""
    whole, point, part = f"{amount:.3g}".partition(".")
    return tr("{whole}.{part}", whole=whole, part=part) if point else whole


def columns(rows: list[list[str]]) -> list[list[str]]:
    """Pad all cells but the last of each row, so that columns align."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        [cell + " " * (wide - width(cell)) for cell, wide in zip(row, [*widths[:-1], 0], strict=True)] for row in rows
    ]


def width(text: str) -> int:
    """Return how many cells of a terminal a text takes, once escaped."""
    text = escape(text)
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # rarely needed, and large

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


# Users


def user_lines(users: list[Json]) -> list[Line]:
    """Return one line a user: name, state, address, and what is special."""
    handles = [user["handle"] for user in users]
    rows = [
        [
            user["name"] if user["same_handle"] or handles.count(user["handle"]) > 1 else user["handle"],
            _PRESENCE.get(user["state"], user["state"]),
            f"{user['ip']}:{user['port']}",
            user["dialect"],
            ", ".join(
                [*(words for mark, words in _MARKS.items() if user[mark]), *_TRUST.get(user.get("trust", ""), ())]
            ),
        ]
        for user in users
    ]
    padded = columns([[*row[:3], f"{row[3]}  {row[4]}".rstrip()] for row in rows])
    return [[("name", name), ("", f"  {state}  {address}  "), ("dim", more)] for name, state, address, more in padded]


_PRESENCE = {"present": tr("present"), "idle": tr("idle")}
_TRUST = {
    "pinned": (tr("encrypted"),),
    "verified": (tr("encrypted"), tr("verified")),
    "changed": (tr("not the key of before: see `slcpctl verify`"),),
}
_MARKS = {"second_hand": tr("named by others, not heard yet"), "same_handle": tr("uses your handle")}


def key_lines(found: Json) -> list[Line]:
    """Return a user's keys and one's own, as people read them to each other, and what to do with them."""
    handle, shown, pinned = found["handle"], found["shown"], found["pinned"]
    is_verified = found["standing"] == "verified"
    known = tr("the key of {handle}, verified") if is_verified else tr("the key of {handle}, met before")
    lines = [line for key in pinned for line in _key(known.format(handle=handle), key)]
    if shown and shown not in pinned:
        lines += _key(tr("the key that {handle} shows now", handle=handle), shown, "bad" if pinned else "")
    lines += _key(tr("your key"), found["own"])
    return [*lines, [("dim", _NEXT[found["standing"]].format(handle=handle, word=quoted(handle)))]]


def _key(words: str, key: Json, style: str = "") -> list[Line]:
    return [[(style, words)], [("strong", f"  {key['spoken']}")]]


_NEXT = {
    "plain": tr("{handle} has shown no key: what you write to each other is not encrypted"),
    "new": tr("{handle} has a key that you have not met yet; the first message will pin it"),
    "pinned": tr("read them to each other; if both agree: `slcpctl trust {word}`"),
    "verified": tr("you have said that this is right"),
    "changed": tr("somebody else, or {handle} with a new key: ask by voice; if it is right: `slcpctl trust {word}`"),
}


# Messages


def message_lines(message: Json, form: str = "%Y-%m-%d %H:%M") -> list[Line]:
    """Return the lines of one message of the history: more than one only if its text has line breaks."""
    out = message["direction"] == "out"
    when = local_time(message["time"], form)
    name = tr("to {handle}", handle=message["handle"]) if out else message["handle"]
    body = _text_of(message)
    first, *others = body.split("\n")
    indent = " " * (width(when) + width(name) + 4)
    lines: list[Line] = [[("dim", when), ("", "  "), ("" if out else "name", name), ("", f"  {first}")]]
    lines += [[("", indent + line)] for line in others]
    lines[-1] += _state(message) if out else _automatic(message)
    return lines


def _text_of(message: Json) -> str:
    if message["text"] is not None:
        return str(message["text"])
    pixels = f"{message['width']}x{message['height']}, " if message["width"] else ""
    return tr("image {path} ({size})", path=message["path"], size=f"{pixels}{size(message['size'] or 0)}")


def _automatic(message: Json) -> Line:
    return [("dim", "  " + tr("(automatic)"))] if message["automatic"] else []


def _state(message: Json) -> Line:
    style = STATE_STYLES.get(message["state"], "")
    why = f": {message['reason']}" if message["reason"] else ""
    which = f"; id {message['id']}" if message["state"] in _STOPPABLE else ""
    return [*_automatic(message), (style, f"  [{state_word(message['state'])}{why}{which}]")]


def state_word(state: str) -> str:
    """Name what has become of a message of ours; a state of a newer daemon stays as it is."""
    return STATES.get(state, state)


STATES = {
    "queued": tr("queued"),
    "sending": tr("sending"),
    "sent": tr("sent"),
    "delivered": tr("delivered"),
    "failed": tr("failed"),
    "cancelled": tr("cancelled"),
}
_STOPPABLE = frozenset({"queued", "failed", "cancelled"})  # cancel and retry take the id


STATE_STYLES = {
    "queued": "dim",
    "sending": "dim",
    "sent": "good",
    "delivered": "good",
    "failed": "bad",
    "cancelled": "dim",
}


# Events


def event_line(event: Json) -> Line:
    """Return what an event says, without its time."""
    return _EVENTS.get(event["type"], _unknown)(event)


def _unknown(event: Json) -> Line:
    """Show an event of a newer daemon."""
    return [("dim", " ".join(f"{key}={value}" for key, value in event.items() if key not in ("seq", "time")))]


def _said(template: str, style: str = "dim") -> Callable[[Json], Line]:
    return lambda event: [(style, template.format_map(event))]


def _user_left(event: Json) -> Line:
    return [("dim", _LEFT.get(event["reason"], tr("{handle} is gone")).format_map(event))]


_LEFT = {
    "said_so": tr("{handle} has left"),
    "silent": tr("{handle} is gone: no sign of life"),
    "refused": tr("{handle} is gone: nobody answers there"),
    "blocked": tr("{handle} is blocked now"),
}


def _user_changed(event: Json) -> Line:
    renamed = event["previous_handle"] != event["handle"]
    words = tr("{previous_handle} is now {handle}") if renamed else tr("{handle} is {state}")
    state = _PRESENCE.get(event["state"], event["state"])
    return [("dim", words.format_map({**event, "state": state}))]


def _text_received(event: Json) -> Line:
    return [("name", event["handle"]), ("", f": {event['text']}"), *_automatic(event)]


def _text_queued(event: Json) -> Line:
    return [("", tr("to {handle}: {text}").format_map(event)), *_automatic(event)]


def _image_received(event: Json) -> Line:
    words = tr("{handle} sent an image: {path} ({format}, {width}x{height}, {size})")
    before, _, behind = words.partition("{handle}")
    told = {**event, "size": size(event["size"])}
    return [("", before), ("name", event["handle"]), ("", behind.format_map(told))]


def _image_queued(event: Json) -> Line:
    return [("", tr("to {handle}: image {path} ({size})").format_map({**event, "size": size(event["size"])}))]


def _image_progressed(event: Json) -> Line:
    is_ours = event["direction"] == "out"
    words = tr("image to {handle}: {done} of {size}") if is_ours else tr("image from {handle}: {done} of {size}")
    return [("dim", words.format(handle=event["handle"], done=size(event["done"]), size=size(event["size"])))]


def _key_pinned(event: Json) -> Line:
    words = tr("the key of {handle} is known now; `slcpctl verify {word}` shows it")
    return [("dim", words.format(handle=event["handle"], word=quoted(event["handle"])))]


def _conversation_read(event: Json) -> Line:
    rest = tr("{handle}: read up to {up_to}, {unread} unread")
    return [("dim", (rest if event["unread"] else tr("{handle}: read up to {up_to}")).format_map(event))]


_FAILED = tr("to {handle}: failed: {reason}; `slcpctl retry {id}` tries again")
_EVENTS: dict[str, Callable[[Json], Line]] = {
    "user_joined": _said(tr("{handle} is here ({ip}:{port})")),
    "user_left": _user_left,
    "user_changed": _user_changed,
    "text_received": _text_received,
    "text_queued": _text_queued,
    "text_sent": _said(tr("to {handle}: sent"), "good"),
    "text_delivered": _said(tr("to {handle}: delivered"), "good"),
    "text_cancelled": _said(tr("to {handle}: cancelled")),
    "text_failed": _said(_FAILED, "bad"),
    "image_received": _image_received,
    "image_rejected": _said(tr("an image of {handle} was not taken: {reason}"), "bad"),
    "image_queued": _image_queued,
    "image_sent": _said(tr("to {handle}: image sent"), "good"),
    "image_delivered": _said(tr("to {handle}: image delivered"), "good"),
    "image_cancelled": _said(tr("to {handle}: image cancelled")),
    "image_failed": _said(_FAILED, "bad"),
    "image_progressed": _image_progressed,
    "key_pinned": _key_pinned,
    "key_refused": _said("{reason}", "bad"),
    "conversation_read": _conversation_read,
    "config_changed": _said(tr("{key} is now {value}")),
}


# The daemon


def status_lines(status: Json) -> list[Line]:
    """Return a line a fact; what has several of them has its name on the first only."""
    facts = [(name, index, fact) for name, value in status.items() for index, fact in enumerate(_facts(value))]
    rows = columns([["" if index else name, fact] for name, index, fact in facts])
    return [[("dim", name), ("", f"  {fact}")] for name, fact in rows]


def _facts(value: object) -> list[str]:
    """Return what to say of a value: texts that belong to words get a line each, counters share one."""
    if not isinstance(value, dict):
        return [_fact(value)]
    facts = [f"{name} {fact}" for name, fact in value.items()]
    return facts if facts and isinstance(next(iter(value.values())), str) else [", ".join(facts) or tr("none")]


def _fact(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or tr("none")
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return f"{value:.0f} s" if isinstance(value, float) else str(value)


def config_lines(entries: Iterable[tuple[str, Json]]) -> list[Line]:
    """Return one line a key: its value, and where that comes from."""
    rows = [
        [key, f"= {_value(entry['value'])}", _SOURCES.get(entry["source"], str(entry["source"]))]
        for key, entry in entries
    ]
    return [[("name", key), ("", f" {value}  "), ("dim", source)] for key, value, source in columns(rows)]


_SOURCES = {
    "default": tr("default"),
    "config file": tr("config file"),
    "settings": tr("settings"),
    "environment": tr("environment"),
    "command line": tr("command line"),
}


def _value(value: object) -> str:
    """Return a value as config.toml would hold it."""
    import json

    return json.dumps(value, ensure_ascii=False)
