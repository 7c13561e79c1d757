"""Proofs that take long: what docs/delivery.md promises, put to the test with real daemons (soak/README.md)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))  # the daemons and networks of the tests
