"""What the tests of the chat share: a folder that is closed."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

NOBODY = 65534


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that nobody may enter, till the test ends not even root: `cat.png` is in it, `link` to it beside it."""
    with TemporaryDirectory(prefix="slcp-") as folder:  # where another user gets, other than with tmp_path
        place = Path(folder)
        place.chmod(0o755)
        (place / "closed").mkdir()
        (place / "closed/cat.png").write_bytes(b"meow")
        (place / "link").symlink_to("closed/cat.png")
        (place / "secret.png").touch(mode=0)
        (place / "closed").chmod(0)
        if os.getuid() == 0:
            os.setresuid(NOBODY, NOBODY, 0)
        yield place / "closed"
        if os.geteuid() == NOBODY:
            os.setresuid(0, 0, 0)
        (place / "closed").chmod(0o700)
