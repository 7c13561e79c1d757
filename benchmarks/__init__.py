"""What slcp costs beside the least that the same job can cost: `make bench` (docs/performance.md)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))  # the daemons and networks of the tests
