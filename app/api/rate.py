"""How often something may happen: a token bucket, and one for each who asks."""

import time
from collections import OrderedDict
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


class Rates:
    """One rate for each who asks; those who asked last are remembered.

    Args:
        per_s: Events a second of each, in the long run.
        burst: Events at once of each, after a rest.
        most: So many are remembered.
        monotonic: A clock, in seconds.
    """

    def __init__(
        self,
        per_s: float,
        *,
        burst: int,
        most: int = 256,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_s = per_s
        self._burst = burst
        self._most = most
        self._monotonic = monotonic
        self._rates: OrderedDict[str, Rate] = OrderedDict()

    def allow(self, who: str) -> bool:
        """Whether one more of his may happen now; counts it where it may."""
        if who not in self._rates:
            self._rates[who] = Rate(self._per_s, burst=self._burst, monotonic=self._monotonic)
            if len(self._rates) > self._most:
                self._rates.popitem(last=False)
        self._rates.move_to_end(who)
        return self._rates[who].allows()
