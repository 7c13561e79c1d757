"""Holds two daemons to the invariants of docs/delivery.md, straight from their databases and image folders.

Messages are known by what they say: every text and every image of a run is unlike all others, while
the id of a message that came in plain text is the recipient's own. A text or image that is shown as
`delivered` must be there exactly once; one that is `sent` at least once, for plain SLCP has no
receipt that a crash could not cut off.
"""

import hashlib
import sqlite3
import tomllib
from collections import Counter
from collections.abc import Collection, Container, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from daemons import World

from soak.traffic import Taken

MAX_SHOWN = 20  # violations of one kind: whoever looks into it begins with the first
TAKEN_STATES = {"sent", "delivered"}


class Message(NamedTuple):
    """A row of a history."""

    seq: int
    id: str
    kind: str
    state: str
    content: str  # the text, or the SHA-256 of the image; empty when its file is gone


class Found(NamedTuple):
    """What an audit has to say."""

    violations: list[str]
    figures: dict[str, int]


@dataclass(frozen=True)
class Evidence:
    """What was asked of a sender, and what both sides have of it now."""

    taken: Sequence[Taken]
    pictures: Container[str]  # SHA-256 of every image that was ever asked to be sent
    outgoing: Sequence[Message]  # the sender's history, in order
    incoming: Sequence[Message]  # the recipient's history, in order
    files: Sequence[tuple[str, str]] = ()  # name and SHA-256 of what has a final name in the recipient's folder
    given_up: Collection[str] = field(default_factory=set)  # ids that failed in between; a retry comes out of order

    @cached_property
    def times_arrived(self) -> Counter[str]:
        return Counter(message.content for message in self.incoming)


# What must hold


def lost_by_sender(evidence: Evidence) -> list[str]:
    """Invariant 1: what `send` returned an id for is in the sender's history."""
    known = {message.id for message in evidence.outgoing}
    return [
        f"{each.id}: has an id and is not in the sender's history" for each in evidence.taken if each.id not in known
    ]


def lost_by_recipient(evidence: Evidence) -> list[str]:
    """Invariant 2: what the sender shows as delivered, or sent to an slcpd, is in the recipient's history."""
    return [
        f"{message.id}: {message.state}, and not in the recipient's history"
        for message in evidence.outgoing
        if message.state in TAKEN_STATES and not evidence.times_arrived[message.content]
    ]


def duplicated(evidence: Evidence) -> list[str]:
    """Invariant 3: nothing that was delivered is there twice."""
    return [
        f"{message.id}: delivered, and {evidence.times_arrived[message.content]} times in the recipient's history"
        for message in evidence.outgoing
        if message.state == "delivered" and evidence.times_arrived[message.content] > 1
    ]


def reordered(evidence: Evidence) -> list[str]:
    """Invariant 4: texts keep their order."""
    order = {
        message.content: message.seq
        for message in evidence.outgoing
        if message.kind == "text" and message.id not in evidence.given_up
    }
    arrived = [text for text in dict.fromkeys(message.content for message in evidence.incoming) if text in order]
    return [
        f"seq {order[later]} of the sender arrived before its seq {order[earlier]}"
        for later, earlier in pairwise(arrived)
        if order[later] > order[earlier]
    ]


def broken_files(evidence: Evidence) -> list[str]:
    """Invariant 5: an image file with its final name is complete, and so is the file of every row."""
    files = [
        f"{name}: not the bytes of any image that was sent"
        for name, sha in evidence.files
        if sha not in evidence.pictures
    ]
    rows = [
        f"{message.id}: the file of this row is missing or has other bytes"
        for message in evidence.incoming
        if message.kind == "image" and message.content not in evidence.pictures
    ]
    return files + rows


def never_sent(evidence: Evidence) -> list[str]:
    """Everything queued has left in the end."""
    return [
        f"{message.id}: still {message.state} in the end"
        for message in evidence.outgoing
        if message.state not in TAKEN_STATES
    ]


def invented(evidence: Evidence) -> list[str]:
    """Everything that came is in the sender's history."""
    known = {message.content for message in evidence.outgoing}
    return [
        f"{message.id}: in the recipient's history, and not in the sender's"
        for message in evidence.incoming
        if message.content and message.content not in known
    ]


CHECKS = {
    "lost by the sender": lost_by_sender,
    "lost by the recipient": lost_by_recipient,
    "delivered twice": duplicated,
    "reordered": reordered,
    "incomplete images": broken_files,
    "never sent": never_sent,
    "invented": invented,
}


def judge(evidence: Evidence) -> Found:
    """Apply every check."""
    broken = {name: check(evidence) for name, check in CHECKS.items()}
    lines = [f"{name}: {line}" for name, found in broken.items() for line in found[:MAX_SHOWN]]
    states = Counter(message.state for message in evidence.outgoing)
    arrived = Counter(message.kind for message in evidence.incoming)
    rows_of_files = {message.content for message in evidence.incoming if message.kind == "image"}
    return Found(
        lines,
        {
            **{f"outgoing, {state}": number for state, number in sorted(states.items())},
            **{f"arrived, {kind}": number for kind, number in sorted(arrived.items())},
            "duplicates, where only sent": _duplicates(evidence),
            "failed in between, and retried": len(evidence.given_up),
            "image files without a row": sum(sha not in rows_of_files for _, sha in evidence.files),
            **{name: len(found) for name, found in broken.items()},
        },
    )


def _duplicates(evidence: Evidence) -> int:
    return sum(
        evidence.times_arrived[message.content] - 1
        for message in evidence.outgoing
        if message.state == "sent" and evidence.times_arrived[message.content]
    )


# Where it is read from


def collect(sender: World, recipient: World, taken: Sequence[Taken], pictures: Container[str]) -> Evidence:
    """Read what both histories have of the messages from one to the other, and the recipient's images."""
    known = {each.id: each.content for each in taken}
    return Evidence(
        taken=taken,
        pictures=pictures,
        outgoing=[_named(message, known) for message in read_messages(sender, "out", handle_of(recipient))],
        incoming=read_messages(recipient, "in", handle_of(sender)),
        files=[(path.name, sha256_of(path)) for path in final_files(recipient.images)],
        given_up=read_given_up(sender.database),
    )


def read_messages(world: World, direction: str, handle: str) -> list[Message]:
    """Return the messages that went in or out, from or to a handle, oldest first."""
    query = "SELECT seq, id, kind, state, text, path FROM messages WHERE direction = ? AND handle = ? ORDER BY seq"
    with closing(open_to_read(world.database)) as connection:
        rows = connection.execute(query, (direction, handle)).fetchall()
    return [
        Message(seq, message_id, kind, state, text if kind == "text" else sha256_of(Path(path)))
        for seq, message_id, kind, state, text, path in rows
    ]


def read_given_up(database: Path) -> set[str]:
    """Return the ids of messages that have failed at some time."""
    query = "SELECT json_extract(body, '$.id') FROM events WHERE type IN ('text_failed', 'image_failed')"
    with closing(open_to_read(database)) as connection:
        return {message_id for (message_id,) in connection.execute(query)}


def handle_of(world: World) -> str:
    """Return the handle that its config file gives it."""
    return str(tomllib.loads(world.config.read_text(encoding="utf-8"))["handle"])


def open_to_read(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True)


def final_files(folder: Path) -> Iterable[Path]:
    """Return what is in a folder under a final name; what is coming in is hidden."""
    return [path for path in folder.glob("*") if not path.name.startswith(".")]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, "" when there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _named(message: Message, known: dict[str, str]) -> Message:
    """Take the content from what was asked for: the daemon may have let go of the file of an image it has sent."""
    return message._replace(content=known.get(message.id, message.content))
