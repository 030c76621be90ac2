"""How often something may happen: a token bucket."""

import time
from collections.abc import Callable


class Rate:
    """Lets ``burst`` through at once, and ``per_s`` a second on average.

    Args:
        per_s: Events a second, in the long run.
        burst: Events at once, after a rest.
        monotonic: A clock, in seconds.
    """

    def __init__(self, per_s: float, *, burst: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._monotonic = monotonic
        self._tokens = float(burst)
        self._at_s = monotonic()

    def allows(self) -> bool:
        """Whether one more may happen now; counts it where it may."""
        now_s = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
