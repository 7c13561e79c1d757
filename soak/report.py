"""What a command prints in the end."""

import sys
from collections.abc import Mapping, Sequence


def show(figures: Mapping[str, float], violations: Sequence[str]) -> int:
    """Print figures and violations. Returns the exit code: 1 when there are any."""
    width = max(map(len, figures), default=0)
    lines = [f"{name:{width}}  {_number(value)}" for name, value in figures.items()]
    lines += [f"VIOLATION {violation}" for violation in violations] or ["no violation"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if violations else 0


def _number(value: float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) else f"{value:.1f}"
