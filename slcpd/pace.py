"""Whether what must keep coming comes fast enough: a stranger must not hold a slot for a byte now and then."""

WINDOW = 60.0  # seconds that are looked at together
SLOWEST = 1024.0  # bytes a second: the worst radio that anyone sends images over takes more


class Pace:
    """Judges one transfer. Times are seconds of the caller's clock."""

    def __init__(self, now: float) -> None:
        self._began = now
        self._bytes = 0

    def is_too_slow(self, came: int, now: float) -> bool:
        """Take note of some bytes; tell whether those of the last window were too few."""
        self._bytes += came
        if now - self._began < WINDOW:
            return False
        is_slow = self._bytes < SLOWEST * (now - self._began)
        self._began, self._bytes = now, 0
        return is_slow
