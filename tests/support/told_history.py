"""A real history, and what the daemon tells a client of it: its answers and events, as they leave the control API."""

import itertools
import json
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from slcp.control import decode_call, encode_event, encode_result
from slcp.events import (
    ImageQueued,
    ImageReceived,
    TextCancelled,
    TextDelivered,
    TextFailed,
    TextQueued,
    TextReceived,
    TextSent,
)
from slcp.requests import Conversations, MarkRead
from slcp.requests import History as HistoryRequest
from slcp.results import MessageEntry, Result
from slcpd.history import History
from slcpd.journal import Journal
from slcpd.reading import Reading

Json = dict[str, Any]
Answer = TypeVar("Answer")

ADDRESS: Mapping[str, Any] = {"ip": "127.0.0.1", "port": 5002}
OUTCOMES: dict[str, type[TextSent | TextDelivered | TextCancelled]] = {
    "sent": TextSent,
    "delivered": TextDelivered,
    "cancelled": TextCancelled,
}


class ToldHistory:
    """The history of Ani: what happens goes in, what a client learns of it comes out."""

    def __init__(self, folder: Path) -> None:
        self._history = History(folder / "history.sqlite")
        self._history._db._synchronise = lambda level: None  # type: ignore[method-assign]  # noqa: ARG005  # not about disks
        self._history._db.rows("PRAGMA synchronous = OFF")
        self._journal = Journal(self._history)
        self._reading = Reading(self._history.mailbox, self._history.conversations, self._journal, lambda each: each)
        self._ids = itertools.count(1)
        self._queued: list[TextQueued] = []  # what waits
        self._given_up: list[TextQueued] = []  # what may be queued again

    def close(self) -> None:
        self._history.close()

    # What happens

    def receive(self, handle: str, automatic: bool = False) -> int:
        """Receive a text. Returns its seq."""
        return self._history.add(
            TextReceived(id=self._new_id(), handle=handle, **ADDRESS, text="Hallo", automatic=automatic)
        )

    def receive_image(self, handle: str) -> int:
        """Receive an image. Returns its seq."""
        about: Json = {"path": "/images/cat.png", "size": 15_000, "format": "PNG", "width": 640, "height": 480}
        return self._history.add(ImageReceived(id=self._new_id(), handle=handle, **ADDRESS, **about))

    def queue_image(self, handle: str) -> None:
        about: Json = {"path": "/home/ani/cat.png", "size": 15_000, "sha256": "0" * 64}
        self._history.add(ImageQueued(id=self._new_id(), handle=handle, **ADDRESS, **about))

    def queue(self, *handles: str, automatic: bool = False) -> None:
        """Queue a text for each of these; for several by one request."""
        batch = self._new_id() if len(handles) > 1 else None
        texts = [
            TextQueued(id=self._new_id(), handle=handle, **ADDRESS, text="Hey", automatic=automatic, batch=batch)
            for handle in handles
        ]
        self._history.add_all(texts)
        self._queued += texts

    def end(self, outcome: str, which: int = 0) -> None:
        """End one of those that wait: sent, delivered, cancelled, failed. If none waits nothing happens."""
        if not self._queued:
            return
        text = self._queued.pop(which % len(self._queued))
        about: Json = {"id": text.id, "handle": text.handle, **ADDRESS}
        self._history.add(
            TextFailed(**about, reason="broke off") if outcome == "failed" else OUTCOMES[outcome](**about)
        )
        if outcome in ("failed", "cancelled"):
            self._given_up.append(text)

    def retry(self, which: int = 0) -> None:
        """Queue one again that has failed or been cancelled, if there is one."""
        if not self._given_up:
            return
        text = self._given_up.pop(which % len(self._given_up))
        self._history.add_all([replace(text)])
        self._queued.append(text)

    def mark_read(self, handle: str, up_to: int) -> None:
        self.ask("mark_read", **{"with": handle}, up_to=up_to)

    def _new_id(self) -> str:
        return f"m{next(self._ids)}"

    # What a client learns

    def ask(self, method: str, **params: object) -> Json:
        """Answer a request."""
        line = json.dumps({"id": 1, "method": method, "params": params}).encode()
        match decode_call(line).request():
            case HistoryRequest() as request:
                answer: Result = at_once(self._reading.history(request))
            case Conversations() as request:
                answer = self._reading.conversations(request)
            case MarkRead() as request:
                answer = self._reading.mark_read(request)
            case request:
                raise NotImplementedError(request)
        result: Json = json.loads(b"".join(encode_result(1, answer)))["result"]
        return result

    @property
    def status(self) -> Json:
        """What of `status` a chat reads."""
        return {"handle": "Ani", "seq": self._history.last_seq(), "queued": self._history.mailbox.count_queued()}

    def messages(self, handle: str | None = None) -> list[MessageEntry]:
        """All messages as they are now, oldest first; at most 500."""
        return at_once(self._reading.history(HistoryRequest(with_=handle, limit=500))).messages

    def events(self, after: int) -> list[Json]:
        """What a subscription tells behind a seq."""
        lines = [encode_event(event.body, event.seq, event.time) for event in self._history.events_after(after)]
        return [json.loads(line)["params"] for line in lines]


def at_once(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Return what a coroutine returns that has nothing to wait for: without a search a page is read at once."""
    try:
        coroutine.send(None)
    except StopIteration as returned:
        answer: Answer = returned.value
        return answer
    raise AssertionError("it waits")
