"""A message -> what stands in the window for it."""

from datetime import date, datetime, timedelta
from typing import Any

from slcpctl.view.messages import Entry
from slcpctl.window.blocks import Block, Face, Facts, Link, Picture, Run, block, visible

NOON = datetime(2026, 5, 4, 12).astimezone()


def message(**about: Any) -> dict[str, Any]:
    text = {"seq": 7, "id": "7", "time": NOON.isoformat(), "direction": "in", "kind": "text", "state": "received"}
    return {**text, "handle": "Luca", "text": "Hallo", "reason": None, "automatic": False, "path": None, **about}


def shown(after: dict[str, Any] | None = None, is_everyone: bool = False, **about: Any) -> Block:
    facts = Facts("Ani", is_everyone, None, date(2026, 5, 4), lambda _: None)
    return block(Entry([message(**about)]), Entry([after]) if after else None, facts)


def words(of: Block) -> str:
    return "".join(piece.text for piece in of.pieces if isinstance(piece, Run | Link))


def test_the_first_of_a_day() -> None:
    assert words(shown()) == f"today\n \tLuca  {NOON:%H:%M}\nHallo\n"
    assert Face("Luca") in shown().pieces


def test_what_one_person_says_stands_together() -> None:
    soon, late = (NOON + timedelta(minutes=minutes) for minutes in (1, 6))
    assert words(shown(after=message(), time=soon.isoformat())) == "Hallo\n"
    assert "Luca" in words(shown(after=message(), time=late.isoformat()))
    assert "Ani" in words(shown(after=message(), time=soon.isoformat(), direction="out", state="sent"))


def test_one_of_ours_in_the_conversation_with_all() -> None:
    assert "to Luca: Hallo   delivered\n" in words(shown(is_everyone=True, direction="out", state="delivered"))


def test_one_that_has_failed() -> None:
    failed = shown(direction="out", state="failed", reason="nobody\nthere")
    assert "Hallo   failed\nnobody there\nSend again" in words(failed)
    assert Link("Send again", "retry") in failed.pieces


def test_an_image() -> None:
    image: dict[str, Any] = {"kind": "image", "path": "/images/cat.jpg", "width": 640, "height": 480, "size": 15_000}
    assert "cat.jpg  640x480, 15 kB" in words(shown(**image))
    assert Picture("/images/cat.jpg") in shown(**image).pieces
    assert [piece.verb for piece in shown(**image).pieces if isinstance(piece, Link)] == ["open", "save"]


def test_nothing_of_a_peer_changes_what_is_around_it() -> None:
    assert visible("a\x1b[2Jb\u202ec\nd\te") == "a\\x1b[2Jb\\u202ec\nd   e"
    assert "\u202e" not in words(shown(handle="Lu\u202eca", text="\u202e"))
