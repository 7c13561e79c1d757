"""The messages of the history: their states, pages, search, and what waits to be sent."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slcp.events import (
    ConfigChanged,
    DurableEvent,
    ImageCancelled,
    ImageDelivered,
    ImageFailed,
    ImageQueued,
    ImageReceived,
    ImageSent,
    TextCancelled,
    TextDelivered,
    TextFailed,
    TextQueued,
    TextReceived,
    TextSent,
)
from slcp.messages import Address
from slcp.results import MessageState
from slcpd.history import History
from slcpd.mailbox import Query, Recipient

Queued = Callable[..., TextQueued]

ADDRESS: Any = {"handle": "Luca", "ip": "127.0.0.1", "port": 5002}


def received(number: int, text: str, handle: str = "Luca", ip: str = "127.0.0.1") -> TextReceived:
    return TextReceived(id=f"r{number}", handle=handle, ip=ip, port=5002, text=text)


TEXT_QUEUED = TextQueued(id="1", **ADDRESS, text="Hallo")
IMAGE_QUEUED = ImageQueued(id="1", **ADDRESS, path="/cat.jpg", size=9, sha256="c0")
TEXT_FAILED = TextFailed(id="1", **ADDRESS, reason="broke off")
IMAGE_FAILED = ImageFailed(id="1", **ADDRESS, reason="has changed")


@pytest.mark.parametrize(
    ("events", "state", "reason"),
    [
        ([TextReceived(id="1", **ADDRESS, text="Hallo")], "received", None),
        ([TEXT_QUEUED], "queued", None),
        ([TEXT_QUEUED, TextSent(id="1", **ADDRESS)], "sent", None),
        ([TEXT_QUEUED, TextDelivered(id="1", **ADDRESS)], "delivered", None),
        ([TEXT_QUEUED, TextCancelled(id="1", **ADDRESS)], "cancelled", None),
        ([TEXT_QUEUED, TextCancelled(id="1", **ADDRESS), TEXT_QUEUED], "queued", None),
        ([TEXT_QUEUED, TEXT_FAILED], "failed", "broke off"),
        ([TEXT_QUEUED, TEXT_FAILED, TEXT_QUEUED], "queued", None),
        ([TEXT_QUEUED, TEXT_FAILED, TEXT_QUEUED, TextSent(id="1", **ADDRESS)], "sent", None),
        (
            [ImageReceived(id="1", **ADDRESS, path="/images/cat.jpg", size=9, format="JPEG", width=3, height=2)],
            "received",
            None,
        ),
        ([IMAGE_QUEUED], "queued", None),
        ([IMAGE_QUEUED, ImageSent(id="1", **ADDRESS)], "sent", None),
        ([IMAGE_QUEUED, ImageDelivered(id="1", **ADDRESS)], "delivered", None),
        ([IMAGE_QUEUED, ImageCancelled(id="1", **ADDRESS)], "cancelled", None),
        ([IMAGE_QUEUED, IMAGE_FAILED], "failed", "has changed"),
        ([IMAGE_QUEUED, IMAGE_FAILED, IMAGE_QUEUED], "queued", None),
    ],
    ids=lambda value: "-".join(type(event).__name__ for event in value) if isinstance(value, list) else None,
)
def test_a_message_has_the_state_of_its_last_event(
    history: History, events: list[DurableEvent], state: str, reason: str | None
) -> None:
    for event in events:
        history.add(event)
    message = history.mailbox.message("1")
    assert message is not None
    assert (message.state, message.reason) == (state, reason)
    assert len(history.mailbox.page(Query()).messages) == 1


def test_a_retried_message_keeps_its_place_and_its_content(history: History, queued: Queued) -> None:
    first, second = queued("first"), queued("second")
    for event in (first, second):
        history.add(event)
    history.add(TextFailed(id=first.id, **ADDRESS, reason="broke off"))
    history.add(first)
    assert [(m.text, m.state) for m in history.mailbox.page(Query()).messages] == [
        ("first", MessageState.QUEUED),
        ("second", MessageState.QUEUED),
    ]


def test_an_image_keeps_what_is_known_of_it(history: History) -> None:
    history.add(
        ImageReceived(id="1", **ADDRESS, path="/images/cat.jpg", size=15432, format="JPEG", width=640, height=480)
    )
    image = history.mailbox.message("1")
    assert image is not None
    assert (image.direction, image.kind, image.path, image.size, image.width, image.height) == (
        "in",
        "image",
        "/images/cat.jpg",
        15432,
        640,
        480,
    )


# Pages


@pytest.fixture
def ten(history: History) -> list[int]:
    """Ten texts "text 0" to "text 9", by turns of Luca and Ani; their seqs."""
    return [
        history.add(received(n, f"text {n}", "Luca" if n % 2 else "Ani", f"127.0.0.{n % 2 + 1}")) for n in range(10)
    ]


def texts(history: History, query: Query) -> list[int]:
    return [int((message.text or "").removeprefix("text ")) for message in history.mailbox.page(query).messages]


def test_a_page_has_the_newest_oldest_first(history: History, ten: list[int]) -> None:
    assert texts(history, Query(limit=3)) == [7, 8, 9]


def test_pages_lead_back_to_the_beginning(history: History, ten: list[int]) -> None:
    pages = []
    before = None
    while page := history.mailbox.page(Query(before=before, limit=4)).messages:
        pages.append([message.text for message in page])
        before = page[0].seq
    assert [len(page) for page in pages] == [4, 4, 2]
    assert [text for page in reversed(pages) for text in page] == [f"text {number}" for number in range(10)]


def test_pages_lead_on_to_the_newest(history: History, ten: list[int]) -> None:
    pages = []
    after = None
    while page := texts(history, Query(after=after, limit=4, oldest=True)):
        pages.append(page)
        after = ten[page[-1]]
    assert pages == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


PAGES: list[tuple[dict[str, Any], list[int]]] = [  # after, before: the number of a text
    ({"after": 6}, [7, 8, 9]),
    ({"before": 3}, [0, 1, 2]),
    ({"after": 2, "before": 6}, [3, 4, 5]),
    ({"after": 0, "before": 9, "limit": 2}, [7, 8]),
    ({"after": 9}, []),
    ({"handle": "Luca"}, [1, 3, 5, 7, 9]),
    ({"handle": "Luca", "after": 4, "limit": 2}, [7, 9]),
    ({"handle": "Luca", "address": Address("127.0.0.2", 5002), "limit": 2}, [7, 9]),
    ({"handle": "Luca", "address": Address("127.0.0.1", 5002)}, []),
    ({"handle": "Luca", "address": Address("127.0.0.2", 5003)}, []),
    ({"address": Address("127.0.0.1", 5002)}, [0, 2, 4, 6, 8]),
    ({"handle": "nobody"}, []),
    ({"words": "text 7"}, [7]),
    ({"words": "text", "handle": "Ani", "before": 4}, [0, 2]),
    ({"oldest": True, "limit": 3}, [0, 1, 2]),
    ({"oldest": True, "after": 2, "limit": 3}, [3, 4, 5]),
    ({"oldest": True, "after": 2, "before": 5, "limit": 3}, [3, 4]),
    ({"oldest": True, "handle": "Luca", "after": 2, "limit": 2}, [3, 5]),
    ({"oldest": True, "words": "text", "limit": 2}, [0, 1]),
    ({"oldest": True, "after": 9}, []),
    ({"limit": 0}, []),
    ({"limit": -1}, []),
]


@pytest.mark.parametrize(("asked", "expected"), PAGES, ids=lambda value: str(value))
def test_a_page_fits_all_that_is_asked(
    history: History, ten: list[int], asked: dict[str, Any], expected: list[int]
) -> None:
    bounds = {key: ten[asked[key]] for key in ("after", "before") if key in asked}
    assert texts(history, Query(**(asked | bounds))) == expected


@pytest.mark.parametrize(("limit", "more"), [(9, True), (10, False), (11, False)])
@pytest.mark.parametrize("oldest", [False, True])
def test_a_page_tells_whether_there_are_more(
    history: History, ten: list[int], limit: int, more: bool, oldest: bool
) -> None:
    assert history.mailbox.page(Query(limit=limit, oldest=oldest)).more is more


def test_pages_of_long_texts_are_short_and_lead_to_the_end(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.mailbox.MAX_PAGE_TEXT", 10)
    for number, text in enumerate(["5-4-3", "€€€", "12345678901", "6.7.8", "9", "", "0123456789", "."]):
        history.add(received(number, text))
    pages = []
    page, after = history.mailbox.page(Query(oldest=True)), 0
    while page.messages:
        pages.append([message.text for message in page.messages])
        after = page.messages[-1].seq
        assert page.more is (after < history.last_seq())
        page = history.mailbox.page(Query(oldest=True, after=after))
    assert pages == [["5-4-3"], ["€€€"], ["12345678901"], ["6.7.8", "9", ""], ["0123456789"], ["."]]
    assert [message.text for message in history.mailbox.page(Query(before=7)).messages] == ["6.7.8", "9", ""]


def test_a_page_is_bounded_whatever_is_asked(history: History, ten: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.mailbox.MAX_PAGE", 4)
    assert texts(history, Query(limit=10**9)) == [6, 7, 8, 9]
    assert texts(history, Query(limit=10**9, oldest=True)) == [0, 1, 2, 3]


# Search


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cat", True),
        ("CAT", True),
        ("grüße", True),
        ("sat mat", True),
        ("ma", True),  # the last word may be unfinished
        ("ma cat", False),  # others may not
        ("cat AND dog", False),
        ("cat OR dog", False),
        ("NOT dog", False),
        ("cat*", True),
        ('"the cat"', True),
        ("it's", True),
        ("50%", True),
        ("C++", True),
        ("text:cat", False),
        ("(cat", True),
        ("cat)", True),
        ("^the", True),
        ("-dog", False),
        ('"', False),
        ("", False),
        ("   ", False),
        ("{cat}", True),
        ("cat + mat", True),
        ("\\", False),
        ("; DROP TABLE messages; --", False),
        ("cat\0", True),
        ("ca\0t", False),
    ],
    ids=ascii,
)
def test_search_finds_words_and_takes_no_word_for_an_operator(history: History, words: str, found: bool) -> None:
    history.add(received(1, "The cat sat on the mat, it's 50% C++. Grüße"))
    history.add(received(2, "nothing of that"))
    assert [message.id for message in history.mailbox.page(Query(words=words)).messages] == (["r1"] if found else [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_search_takes_any_words(history: History, words: str) -> None:
    history.mailbox.page(Query(words=words))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.lists(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), min_size=1, max_size=5))
def test_search_finds_a_text_by_all_its_words(history: History, words: list[str]) -> None:
    seq = history.add(TextReceived(id=str(history.last_seq()), **ADDRESS, text=" ".join(words)))
    assert seq in [message.seq for message in history.mailbox.page(Query(words=" ".join(words))).messages]


def test_search_finds_texts_only_once_after_a_retry(history: History, queued: Queued) -> None:
    text = queued("needle")
    history.add(text)
    history.add(TextFailed(id=text.id, **ADDRESS, reason="broke off"))
    history.add(text)
    assert len(history.mailbox.page(Query(words="needle")).messages) == 1


# The outbox


def test_the_queue_has_an_order_for_each_recipient(history: History, queued: Queued, luca: Recipient) -> None:
    ani = Recipient("Ani", Address("127.0.0.1", 5001))
    for number, to in enumerate([luca, ani, luca, ani]):
        history.add(queued(f"text {number}", to))
    assert set(history.mailbox.recipients()) == {luca, ani}
    assert history.mailbox.count_queued() == 4
    for to, expected in ((luca, ["text 0", "text 2"]), (ani, ["text 1", "text 3"])):
        sent = []
        while messages := history.mailbox.next_queued(to):
            [message] = messages
            sent.append(message.text)
            history.add(TextSent(id=message.id, handle=to.handle, **to.address._asdict()))
        assert sent == expected
    assert (history.mailbox.recipients(), history.mailbox.count_queued()) == ([], 0)


def test_recipients_of_one_handle_at_two_addresses_are_two(history: History, queued: Queued, luca: Recipient) -> None:
    other = Recipient("Luca", Address("127.0.0.2", 5002))
    history.add(queued("to the other", other))
    assert history.mailbox.next_queued(luca) == []
    [message] = history.mailbox.next_queued(other)
    assert message.text == "to the other"


def test_what_has_failed_is_not_sent_again_by_itself(history: History, queued: Queued, luca: Recipient) -> None:
    text = queued("Hallo")
    history.add(text)
    history.add(TextFailed(id=text.id, **ADDRESS, reason="broke off"))
    assert history.mailbox.next_queued(luca) == []


def test_it_knows_where_someone_was_last(history: History, queued: Queued) -> None:
    assert history.mailbox.last_recipient("Luca") is None
    history.add(received(1, "Hallo", ip="127.0.0.1"))
    history.add(queued("Hallo", Recipient("Luca", Address("127.0.0.9", 5009))))
    assert history.mailbox.last_recipient("Luca") == Recipient("Luca", Address("127.0.0.9", 5009))


@pytest.mark.parametrize(
    ("to", "found"),
    [
        ("luca@uni", "luca@uni"),
        ("luca@uni@127.0.0.1:5002", "luca@uni"),
        ("luca@uni@127.0.0.1:5003", None),
        ("luca@127.0.0.9:5002", "luca"),
        ("luca@127.0.0.1:5002", None),
        ("uni", None),
    ],
)
def test_a_handle_may_have_an_at_sign(history: History, to: str, found: str | None) -> None:
    history.add(received(1, "Hallo", "luca@uni"))
    history.add(received(2, "Hallo", "luca", "127.0.0.9"))
    recipient = history.mailbox.last_recipient(to)
    assert (recipient and recipient.handle) == found


def test_one_whose_port_nobody_knows_cannot_be_written_to(history: History) -> None:
    history.add(TextReceived(id="1", handle="127.0.0.3", ip="127.0.0.3", port=None, text="Hallo"))
    assert history.mailbox.last_recipient("127.0.0.3") is None


# Automatic answers


def test_it_knows_who_was_answered_since_a_change(history: History, queued: Queued, luca: Recipient) -> None:
    first = history.add(ConfigChanged(key="inactive", value=True))
    assert not history.mailbox.was_answered("Luca", "127.0.0.1", first)
    history.add(queued("by hand", luca))
    assert not history.mailbox.was_answered("Luca", "127.0.0.1", first)
    history.add(queued("I am away.", luca, automatic=True))
    assert history.mailbox.was_answered("Luca", "127.0.0.1", first)
    assert not history.mailbox.was_answered("Luca", "127.0.0.2", first)
    assert not history.mailbox.was_answered("Ani", "127.0.0.1", first)
    second = history.add(ConfigChanged(key="inactive", value=True))
    assert not history.mailbox.was_answered("Luca", "127.0.0.1", second)


def test_an_automatic_answer_that_came_in_is_none_of_ours(history: History) -> None:
    history.add(TextReceived(id="1", **ADDRESS, text="I am away.", automatic=True))
    assert not history.mailbox.was_answered("Luca", "127.0.0.1", 0)
