"""A lane of questions: answered one after the other, and no faster than the line's loop has time for."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from app.api.messages import Asked

WAITING: Final = 16
"""Questions that may wait in one lane; more are refused."""
LONGEST_REST_S: Final = 0.5
"""After an answer that had to wait for something else: a thread, or room in the channel."""


class Lane:
    """Answers questions one after the other, beside other lanes.

    Args:
        answer: Answers one.
        share: Of the time, at most, that the answers may take.
        waiting: Questions that may wait; more are refused.
    """

    def __init__(
        self, answer: Callable[[int, Asked], Awaitable[None]], share: float, *, waiting: int = WAITING
    ) -> None:
        self._answer = answer
        self._share = share
        self._queue: asyncio.Queue[tuple[int, Asked]] = asyncio.Queue(waiting)

    def take(self, number: int, asked: Asked) -> bool:
        """Queue a question; False where there is no room."""
        try:
            self._queue.put_nowait((number, asked))
        except asyncio.QueueFull:
            return False
        return True

    async def work(self) -> None:
        """Until cancelled."""
        while True:
            number, asked = await self._queue.get()
            began_s = time.perf_counter()
            await self._answer(number, asked)
            await leave_alone(began_s, self._share)


async def leave_alone(began_s: float, share: float) -> None:
    """Sleep until what began then has taken no more than ``share`` of the time since."""
    took_s = time.perf_counter() - began_s
    await asyncio.sleep(min(took_s * (1.0 / share - 1.0), LONGEST_REST_S))
