"""What the tests of the daemon's parts share."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from slcp.events import TextQueued
from slcp.messages import Address
from slcpd.history import History
from slcpd.journal import Journal
from slcpd.mailbox import Mailbox, Recipient

LUCA = Recipient("Luca", Address("127.0.0.1", 5002))


@pytest.fixture
def luca() -> Recipient:
    return LUCA


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with closing(History(tmp_path / "history.sqlite")) as history:
        yield history


@pytest.fixture
def mailbox(history: History) -> Mailbox:
    return history.mailbox


@pytest.fixture
def journal(history: History) -> Journal:
    return Journal(history)


@pytest.fixture
def queued() -> Callable[..., TextQueued]:
    """Make the event of a text that is queued; each has an id of its own."""
    numbers = itertools.count(1)

    def queued(text: str, to: Recipient = LUCA, automatic: bool = False) -> TextQueued:
        ip, port = to.address
        return TextQueued(id=f"q{next(numbers)}", handle=to.handle, ip=ip, port=port, text=text, automatic=automatic)

    return queued


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    """An image of the user's."""
    path = tmp_path / "cat.png"
    Image.effect_noise((300, 200), 60).save(path)
    return path
