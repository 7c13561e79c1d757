"""What the Up key finds: real files."""

from pathlib import Path

from slcpctl.conversing.typed_history import TypedHistory
from slcpctl.screen.typed_history import KeptHistory


def history(path: Path) -> KeptHistory:
    return KeptHistory(TypedHistory(path))


async def test_what_was_typed_is_found_in_the_next_chat_the_newest_first(tmp_path: Path) -> None:
    first = history(tmp_path / "chat_history")
    first.append_string("one")
    first.append_string("two\nlines")
    assert [text async for text in history(tmp_path / "chat_history").load()] == ["two\nlines", "one"]


def test_without_a_file_that_can_be_used_a_chat_knows_what_is_typed_in_it(tmp_path: Path) -> None:
    alone = history(tmp_path)  # a folder
    alone.append_string("hi")
    assert alone.get_strings() == ["hi"]
