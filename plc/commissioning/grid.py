"""The cycle's fixed grid, as the link keeps it, for a limited time."""

from inspection.ports import Clock


class Grid:
    """Points in time that are one cycle apart.

    Args:
        clock: Time.
        cycle_ms: From one point to the next, in milliseconds.
        length_ns: From the first point, which is now, to the end, in nanoseconds.
    """

    def __init__(self, clock: Clock, cycle_ms: int, length_ns: int) -> None:
        self._clock = clock
        self._cycle_ns = cycle_ms * 1_000_000
        self._due_ns = clock.monotonic_ns()
        self._end_ns = self._due_ns + length_ns

    @property
    def goes_on(self) -> bool:
        """There is time for another cycle."""
        return self._clock.monotonic_ns() < self._end_ns

    async def next(self) -> None:
        """Wait for the next point; what was missed is skipped."""
        now_ns = self._clock.monotonic_ns()
        self._due_ns = max(self._due_ns + self._cycle_ns, now_ns)
        await self._clock.sleep((self._due_ns - now_ns) / 1e9)
