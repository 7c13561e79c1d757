from itertools import count

import pytest
from told_history import Json

from slcpctl.view.transfers import MAX_TRANSFERS, STALE_AFTER, Transfers


def progress(message_id: str, done: int, *, handle: str = "Luca", direction: str = "in", size: int = 1000) -> Json:
    about = {"id": message_id, "handle": handle, "direction": direction, "done": done, "size": size}
    return {"type": "image_progressed", **about}


@pytest.fixture
def transfers() -> Transfers:
    return Transfers()


def test_how_far_and_how_fast_since_it_was_first_heard_of(transfers: Transfers) -> None:
    transfers.take(progress("a1", 200), now=100.0)
    transfer = transfers.of("a1", now=100.0)
    assert transfer is not None
    assert (transfer.handle, transfer.part, transfer.speed) == ("Luca", 0.2, 0.0)
    transfers.take(progress("a1", 400), now=101.0)
    transfers.take(progress("a1", 800), now=104.0)
    transfer = transfers.of("a1", now=104.0)
    assert transfer is not None
    assert (transfer.part, transfer.speed) == (0.8, 150.0)


@pytest.mark.parametrize(("done", "size", "part"), [(0, 1000, 0.0), (1000, 1000, 1.0), (1200, 1000, 1.0), (0, 0, 1.0)])
def test_no_more_than_all_of_it_is_done(transfers: Transfers, done: int, size: int, part: float) -> None:
    transfers.take(progress("a1", done, size=size), now=0.0)
    transfer = transfers.of("a1", now=0.0)
    assert transfer is not None
    assert transfer.part == part


def test_one_that_begins_anew_is_as_fast_as_it_is_now(transfers: Transfers) -> None:
    transfers.take(progress("a1", 100), now=0.0)
    transfers.take(progress("a1", 900), now=1.0)
    transfers.take(progress("a1", 0), now=2.0)
    transfers.take(progress("a1", 10), now=3.0)
    transfer = transfers.of("a1", now=3.0)
    assert transfer is not None
    assert transfer.speed == 10.0


def test_the_pause_before_it_goes_on_does_not_make_it_slow(transfers: Transfers) -> None:
    transfers.take(progress("a1", 100), now=0.0)
    transfers.take(progress("a1", 200), now=STALE_AFTER)
    transfers.take(progress("a1", 400), now=STALE_AFTER + 1)
    transfer = transfers.of("a1", now=STALE_AFTER + 1)
    assert transfer is not None
    assert transfer.speed == 200.0


def test_one_of_which_nothing_is_heard_has_broken_off(transfers: Transfers) -> None:
    transfers.take(progress("a1", 100), now=0.0)
    assert transfers.of("a1", now=STALE_AFTER - 0.1) is not None
    assert [each.id for each in transfers.coming(None, now=STALE_AFTER - 0.1)] == ["a1"]
    assert transfers.of("a1", now=STALE_AFTER) is None
    assert transfers.coming(None, now=STALE_AFTER) == []


@pytest.mark.parametrize(
    "end", ["received", "sent", "delivered", "failed", "cancelled", "queued"], ids=lambda end: f"image_{end}"
)
def test_it_ends_with_its_message(transfers: Transfers, end: str) -> None:
    transfers.take(progress("a1", 100), now=0.0)
    transfers.take(progress("b2", 100), now=0.0)
    transfers.take({"type": f"image_{end}", "id": "a1", "handle": "Luca"}, now=1.0)
    assert transfers.of("a1", now=1.0) is None
    assert transfers.of("b2", now=1.0) is not None


@pytest.mark.parametrize("kind", ["image_rejected", "text_received", "user_left"])
def test_other_events_end_none(transfers: Transfers, kind: str) -> None:
    transfers.take(progress("a1", 100), now=0.0)
    transfers.take({"type": kind, "handle": "Luca"}, now=1.0)
    assert transfers.of("a1", now=1.0) is not None


def test_what_comes_from_whom(transfers: Transfers) -> None:
    transfers.take(progress("a1", 100), now=0.0)
    transfers.take(progress("b2", 100, handle="Mia"), now=0.0)
    transfers.take(progress("c3", 100, direction="out"), now=0.0)
    assert [each.id for each in transfers.coming("Luca", now=0.0)] == ["a1"]
    assert [each.id for each in transfers.coming(None, now=0.0)] == ["a1", "b2"]
    assert transfers.of("c3", now=0.0) is not None


def test_no_more_are_followed_than_so_many_and_those_go_on(transfers: Transfers) -> None:
    numbers = count()
    for _ in range(MAX_TRANSFERS + 5):
        transfers.take(progress(f"m{next(numbers)}", 100), now=0.0)
    transfers.take(progress("m0", 200), now=1.0)
    assert len(transfers.coming(None, now=1.0)) == MAX_TRANSFERS
    first = transfers.of("m0", now=1.0)
    assert first is not None
    assert first.done == 200


def test_those_that_have_broken_off_make_room(transfers: Transfers) -> None:
    for number in range(MAX_TRANSFERS):
        transfers.take(progress(f"m{number}", 100), now=0.0)
    transfers.take(progress("new", 100), now=STALE_AFTER)
    assert [each.id for each in transfers.coming(None, now=STALE_AFTER)] == ["new"]
