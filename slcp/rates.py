"""How often something is done for others: so often a second for one host, and for all together."""

from collections import Counter


class RateLimit:
    """Counts what was allowed in the current second. Times are seconds of the caller's clock."""

    def __init__(self, per_host: int, in_all: int) -> None:
        self._per_host = per_host
        self._in_all = in_all  # bounds the hosts that are held, too
        self._began = 0.0
        self._allowed: Counter[str] = Counter()

    def allows(self, ip: str, now: float, cost: int = 1) -> bool:
        """Count one more for `ip`, unless it would be too much. What costs more than a second has is allowed alone."""
        if not 0 <= now - self._began < 1:
            self._began = now
            self._allowed.clear()
        spent, spent_in_all = self._allowed[ip], self._allowed.total()
        if (spent and spent + cost > self._per_host) or (spent_in_all and spent_in_all + cost > self._in_all):
            return False
        self._allowed[ip] += cost
        return True
