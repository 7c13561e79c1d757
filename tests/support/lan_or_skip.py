"""A LAN for a test, or the reason why there is none here."""

import contextlib
import os
from collections.abc import Iterator

import pytest
from lan import Lan, LanUnavailableError


@contextlib.contextmanager
def lan_or_skip() -> Iterator[Lan]:
    """Skip where there can be no LAN; with CI set, fail."""
    with contextlib.ExitStack() as stack:
        try:
            lan = stack.enter_context(Lan())
        except LanUnavailableError as error:
            if os.environ.get("CI"):
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield lan
