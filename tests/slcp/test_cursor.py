from pathlib import Path

import pytest

from slcp.cursor import Cursor, CursorError


def test_it_outlives_its_reader(tmp_path: Path) -> None:
    path = str(tmp_path / "cursor")
    cursor = Cursor(path)
    assert cursor.seq is None
    cursor.begin(5)
    assert Cursor(path).seq == 5
    cursor.move_past({"type": "text_received", "seq": 8})
    cursor.move_past({"type": "image_progressed"})
    assert Cursor(path, since=1).seq == 8
    assert [file.name for file in tmp_path.iterdir()] == ["cursor"]


def test_one_that_has_begun_stays_where_it_is() -> None:
    cursor = Cursor(None, since=3)
    cursor.begin(5)
    assert cursor.seq == 3


@pytest.mark.parametrize("content", ["", "seven", "-1", "1" * 100])
def test_what_is_no_cursor_is_not_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cursor"
    path.write_text(content)
    with pytest.raises(CursorError, match="holds no cursor: remove it"):
        Cursor(str(path))
    assert path.read_text() == content
