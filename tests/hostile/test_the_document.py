"""docs/hostile.md lists the table as it is."""

from hostile.document import DOCUMENT, text
from hostile.table import TABLE


def test_the_document_says_what_the_table_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == text()


def test_each_row_is_a_line() -> None:
    assert text().count("\n| ") == len(TABLE) + 2 * text().count("\n## ")
