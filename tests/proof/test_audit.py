"""The audit sees what it is there to see: each invariant has evidence that breaks it."""

from dataclasses import replace
from pathlib import Path

import pytest

from soak.audit import Evidence, Message, broken_files, final_files, judge
from soak.traffic import Taken

IMAGE = "5f0c"  # stands for the checksum of an image


def out(seq: int, content: str, state: str = "delivered", kind: str = "text") -> Message:
    return Message(seq, f"id {content}", kind, state, content)


def came(seq: int, content: str, kind: str = "text") -> Message:
    return Message(seq, f"other id {seq}", kind, "received", content)


ALL_IS_WELL = Evidence(
    taken=[Taken("id one", "one"), Taken("id two", "two"), Taken(f"id {IMAGE}", IMAGE)],
    pictures={IMAGE},
    outgoing=[out(1, "one"), out(2, IMAGE, kind="image"), out(3, "two")],
    incoming=[came(1, "one"), came(2, IMAGE, "image"), came(3, "two")],
    files=[("2026-11-23_1402_Ani.png", IMAGE)],
)


def test_nothing_is_wrong_where_all_is_well() -> None:
    assert judge(ALL_IS_WELL).violations == []


@pytest.mark.parametrize(
    ("evidence", "violation"),
    [
        (
            replace(ALL_IS_WELL, taken=[*ALL_IS_WELL.taken, Taken("id lost", "lost")]),
            "lost by the sender: id lost: has an id and is not in the sender's history",
        ),
        (
            replace(ALL_IS_WELL, incoming=ALL_IS_WELL.incoming[:2]),
            "lost by the recipient: id two: delivered, and not in the recipient's history",
        ),
        (
            replace(ALL_IS_WELL, incoming=[*ALL_IS_WELL.incoming, came(4, "two")]),
            "delivered twice: id two: delivered, and 2 times in the recipient's history",
        ),
        (
            replace(ALL_IS_WELL, incoming=[came(1, "two"), came(2, "one"), came(3, IMAGE, "image")]),
            "reordered: seq 3 of the sender arrived before its seq 1",
        ),
        (
            replace(ALL_IS_WELL, files=[("half.png", "0bad")]),
            "incomplete images: half.png: not the bytes of any image that was sent",
        ),
        (
            replace(ALL_IS_WELL, outgoing=[*ALL_IS_WELL.outgoing, out(4, "three", "queued")]),
            "never sent: id three: still queued in the end",
        ),
        (
            replace(ALL_IS_WELL, incoming=[*ALL_IS_WELL.incoming, came(4, "who wrote this?")]),
            "invented: other id 4: in the recipient's history, and not in the sender's",
        ),
    ],
    ids=lambda value: value.partition(":")[0] if isinstance(value, str) else "",
)
def test_each_invariant_can_be_broken(evidence: Evidence, violation: str) -> None:
    assert judge(evidence).violations == [violation]


def test_the_file_of_a_row_must_be_there() -> None:
    evidence = replace(ALL_IS_WELL, incoming=[came(1, "", "image")])
    assert broken_files(evidence) == ["other id 1: the file of this row is missing or has other bytes"]


def test_what_is_only_sent_may_come_twice() -> None:
    outgoing = [message._replace(state="sent") for message in ALL_IS_WELL.outgoing]
    found = judge(replace(ALL_IS_WELL, outgoing=outgoing, incoming=[*ALL_IS_WELL.incoming, came(4, "two")]))
    assert found.violations == []
    assert found.figures["duplicates, where only sent"] == 1


def test_a_text_that_was_retried_may_come_late() -> None:
    evidence = replace(ALL_IS_WELL, incoming=[came(1, "two"), came(2, IMAGE, "image"), came(3, "one")])
    assert judge(evidence).violations != []
    assert judge(replace(evidence, given_up={"id one"})).violations == []


def test_what_is_still_coming_in_has_no_final_name(tmp_path: Path) -> None:
    for name in (".slcp-1.part", "photo.png"):
        (tmp_path / name).touch()
    assert [path.name for path in final_files(tmp_path)] == ["photo.png"]
