"""Token buckets: how much of what strangers send is taken, without a limit that people would meet."""

from slcp.bounded import put_last

MAX_HOSTS = 4096  # whose buckets are held: more than a network has; the one unused longest is full again anyway


class Tokens:
    """A token bucket: so many at once, then so many a second. Seconds of the caller's clock."""

    def __init__(self, burst: int, rate: float) -> None:
        self._burst = burst
        self._rate = rate
        self._left = float(burst)
        self._filled_at: float | None = None

    def left(self, now: float) -> int:
        """Return how many may be taken now."""
        if self._filled_at is not None:
            self._left = min(self._burst, self._left + max(0.0, now - self._filled_at) * self._rate)
        self._filled_at = now
        return int(self._left)

    def take(self, now: float) -> bool:
        """Take one, if there is one."""
        if not self.left(now):
            return False
        self._left -= 1
        return True


class HostTokens:
    """A bucket for each host."""

    def __init__(self, burst: int, rate: float) -> None:
        self._burst = burst
        self._rate = rate
        self._buckets: dict[str, Tokens] = {}  # the one unused longest comes first

    def of(self, ip: str) -> Tokens:
        """Return the bucket of a host."""
        bucket = self._buckets.get(ip) or Tokens(self._burst, self._rate)
        put_last(self._buckets, ip, bucket, MAX_HOSTS)
        return bucket
