"""What a chat says of people and messages, in the user's language. Pure; texts of peers in it are not escaped yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import PurePath

from slcp.client import Json
from slcpctl.render import STATE_STYLES, size, state_word
from slcpctl.translating import tr
from slcpctl.view.messages import Entry, is_incoming
from slcpctl.view.model import Model
from slcpctl.view.people import People, Person, State
from slcpctl.view.timeline import Timeline
from slcpctl.view.transfers import Transfer

NAME = tr("everyone")  # of the conversation with all
PRESENCE = {
    State.HERE: tr("here"),
    State.AWAY: tr("away"),
    State.IDLE: tr("idle"),
    State.GONE: tr("not here: what you write waits"),
}
TRUST = {  # the standing of a key: a style, and words
    "verified": ("good", tr("✓ verified")),
    "pinned": ("good", tr("encrypted")),
    "new": ("dim", tr("encrypted, not met before")),
    "changed": ("bad", tr("! not the key of before")),
    "plain": ("dim", tr("not encrypted")),
}
DAYS = (
    *(tr("Monday"), tr("Tuesday"), tr("Wednesday"), tr("Thursday"), tr("Friday")),
    *(tr("Saturday"), tr("Sunday")),
)
MONTHS = (
    *(tr("January"), tr("February"), tr("March"), tr("April"), tr("May"), tr("June"), tr("July"), tr("August")),
    *(tr("September"), tr("October"), tr("November"), tr("December")),
)


def conversations(people: People) -> list[str | None]:
    """Return those whom one can write to, as the list shows them: everyone first, who is None."""
    return [None, *(person.handle for person in people.rows)]


def first_to_show(people: People) -> str | None:
    """Return whom a chat is with that nobody has named: the last conversation, or the only one who is here."""
    rows = people.rows
    return rows[0].handle if rows and (rows[0].newest or people.count == 1) else None


def when(message: Json) -> datetime:
    """Return the time of a message as clocks show it here."""
    return datetime.fromisoformat(message["time"]).astimezone()


def day_words(day: date, today: date) -> str:
    """Name a day."""
    if day == today:
        return tr("today")
    return tr("{weekday}, {day} {month} {year}").format(
        weekday=DAYS[day.weekday()], day=day.day, month=MONTHS[day.month - 1], year=day.year
    )


def new_words(first: Json) -> str:
    """Say that a message is the first that is new."""
    return tr("new since {time}").format(time=f"{when(first):%H:%M}")


def dividers(entry: Entry, before: Entry | None, today: date, first_new: int | None) -> list[tuple[str, str]]:
    """Say what stands between a message and the one before: a new day, what is new to the user.

    Each is "day" or "new", and words; `first_new` is the seq of the first message that is new.
    """
    lines = []
    day = when(entry.message).date()
    if before is None or when(before.message).date() != day:
        lines.append(("day", day_words(day, today)))
    if entry.seq == first_new:
        lines.append(("new", new_words(entry.message)))
    return lines


def addressee(entry: Entry) -> str:
    """Say for whom a message of ours is."""
    copies = len(entry.copies)
    if copies > 1:
        return tr("to {count} people: ").format(count=copies)
    return tr("to {handle}: ").format(handle=entry.message["handle"])


def image_words(message: Json, with_pixels: bool = True) -> tuple[str, str]:
    """Return the name of an image, in one line, and how large it is."""
    name = PurePath(message["path"] or tr("image")).name.replace("\n", " ")
    pixels = f"{message['width']}x{message['height']}, " if message["width"] and with_pixels else ""
    return name, f"{pixels}{size(message['size'] or 0)}"


def state_words(entry: Entry) -> tuple[str, str]:
    """Return a style, and what has become of a message of ours; nothing of a peer's."""
    if is_incoming(entry.message):
        return "", ""
    states = entry.states
    if len(states) == 1:
        (state,) = states
        return STATE_STYLES.get(state, "dim"), state_word(state)
    words = ", ".join(f"{state_word(state)} {count}" for state, count in states.most_common())
    return "bad" if states["failed"] else "dim", words


def reasons(entry: Entry) -> list[tuple[str, str]]:
    """Say why copies of a message wait or have failed: each a style, and words."""
    is_one_of_many = len(entry.copies) > 1
    return [
        _reason(copy, is_one_of_many)
        for copy in entry.copies
        if copy["reason"] and copy["state"] in ("queued", "failed")
    ]


def _reason(message: Json, is_one_of_many: bool) -> tuple[str, str]:
    whose = f"{message['handle']}: " if is_one_of_many else ""
    return "bad" if message["state"] == "failed" else "dim", whose + message["reason"].replace("\n", " ")


def progress_words(transfer: Transfer) -> tuple[str, str]:
    """Return how much of a transfer is done, and of how much, how fast."""
    whole = tr("of {size}").format(size=size(transfer.size))
    speed = f"  {size(round(transfer.speed))}/s" if transfer.speed else ""
    return f"{transfer.part:.0%}", whole + speed


def status_facts(model: Model) -> list[str]:
    """Say how it stands with us, most important first."""
    facts = [model.handle, tr("{count} here").format(count=model.people.count)]
    if model.queued:
        facts.append(tr("{count} queued").format(count=model.queued))
    if model.people.unread:
        facts.append(tr("{count} unread").format(count=model.people.unread))
    if model.settings.get("inactive"):
        facts.append(tr("away"))
    return facts


def presence_words(person: Person) -> str:
    """Say how someone is to whom one writes; nothing while they are here."""
    if not person.is_known:
        return tr("nobody of this name was here yet")
    return "" if person.state is State.HERE else PRESENCE[person.state]


def found_words(hits: Timeline) -> str:
    """Say how much a search has found by now."""
    return tr("{count} found").format(count=f"{len(hits.entries)}{'+' if hits.has_older else ''}")


def trust_of(users: Iterable[Json]) -> tuple[str, str]:
    """Return a style, and what is to be said of the key of those who are here under one handle."""
    users = list(users)
    if len(users) > 1:
        return "bad", tr("{count} have this name").format(count=len(users))
    return TRUST.get(users[0].get("trust", ""), ("", "")) if users else ("", "")


def nothing_here(model: Model, words: str | None) -> list[str]:
    """Say what to do where there is no message, or none that has the words that are searched for."""
    if words is not None:
        return [tr("nothing found") if words.strip() else tr("type words that the messages have")]
    if model.conversation is not None:
        nothing = tr("No messages with {handle} yet.").format(handle=model.conversation)
        is_known = model.people.of(model.conversation).is_known
        next_step = tr("Type one, Enter sends it.") if is_known else tr("Is the name right? /users shows who is here.")
        return [f"{nothing} {next_step}"]
    if model.people.count:
        return [tr("No messages yet. What you type here goes to everyone who is here.")]
    return [
        tr("Nobody else is here yet."),
        tr("Whoever starts slcp on this network, or another program that speaks SLCP, appears in the list by itself."),
        tr("Should somebody be here? /users asks the network once more, and a firewall must let UDP port 4000 in."),
        tr("Who is on another network is named by `slcpctl config peers IP`."),
        tr("To see it work all alone: `slcpctl demo` in a terminal of its own."),
    ]
