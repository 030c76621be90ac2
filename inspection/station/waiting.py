"""Waiting for what may hang: until a deadline and no longer, and what is late is known to be late."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from inspection.ports import Clock

T = TypeVar("T")


async def done_within(limit_s: float, work: "asyncio.Future[Any]", clock: Clock) -> bool:
    """Wait for ``work``, at most ``limit_s`` seconds by ``clock``; it goes on where it was not done by then.

    Returns:
        Whether it is done. What it returned or raised is the caller's to ask for.
    """
    timer = asyncio.ensure_future(clock.sleep(max(0.0, limit_s)))
    try:
        await asyncio.wait({work, timer}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        timer.cancel()
    return work.done()


async def done_by(deadline_ns: int, work: "asyncio.Future[Any]", clock: Clock) -> bool:
    """Wait for ``work`` until ``deadline_ns`` on the monotonic clock, at most; see ``done_within``."""
    return await done_within((deadline_ns - clock.monotonic_ns()) / 1e9, work, clock)


class Stragglers:
    """Work that missed its deadline and goes on in its thread: until it is back, no part is taken.

    Otherwise parts would queue up behind it. Lives in the event loop.

    Args:
        clock: Time.
        on_free: Called each time that late work has come back.
    """

    def __init__(self, clock: Clock, *, on_free: Callable[[], None]) -> None:
        self._clock = clock
        self._on_free = on_free
        self._late: set[asyncio.Future[Any]] = set()

    def __bool__(self) -> bool:
        """Something is late, and still at work."""
        return bool(self._late)

    async def before(self, deadline_ns: int, work: Awaitable[T]) -> T:
        """What ``work`` returns or raises, where it does so by ``deadline_ns`` on the monotonic clock.

        Raises:
            TimeoutError: It did not; it goes on, and is late.
        """
        future = asyncio.ensure_future(work)
        if await done_by(deadline_ns, future, self._clock):
            return future.result()
        self.add(future)
        raise TimeoutError

    def add(self, work: "asyncio.Future[Any]") -> None:
        """Nobody waits for ``work`` any more, and no part is taken until it has come back."""
        self._late.add(work)
        work.add_done_callback(self._is_back)

    def give_up(self, work: "asyncio.Future[Any]") -> None:
        """Take parts again though ``work`` is not back: nothing will queue up behind it."""
        if work in self._late:
            self._late.discard(work)
            self._on_free()

    def _is_back(self, work: "asyncio.Future[Any]") -> None:
        self._late.discard(work)
        if not work.cancelled():
            work.exception()  # seen: whoever keeps the straggler logs it
        self._on_free()
