"""Captures of the chat, made with real daemons on a terminal of the tests: `make screenshots`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests/support"))
