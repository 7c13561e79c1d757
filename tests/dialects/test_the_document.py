"""docs/dialects.md says what was observed; run after the tests that observe."""

import matrix
import pytest


def test_the_document_says_what_was_observed(observed: matrix.Matrix, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--write-matrix", default=False):
        return
    words = observed.words()
    written = matrix.written()
    assert {cell: written.get(cell) for cell in words} == words
