"""How long looking takes on this machine, and whether a recipe would keep the station's deadline.

Counted is the processor's time of one thread that does all the work, not the clock's, nor that of the
process: a recipe is often taught while something else runs, threads that wait for each other burn the
processor, and what is refused must be too slow on an idle machine as well. Shared among the threads without
loss it is the least that a part can take.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch

from inspection.errors import RecipeError

_ROUNDS: Final = 3
_ROUNDS_IN_DOUBT: Final = 12
"""Before anything is refused: what shares the processor's core and caches slows some looks, not all."""
KEPT_FREE_MS: Final = 50.0
"""Of the deadline: the camera, the guard, the record and the PLC take as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What looking at one picture takes at least."""

    took_ms: float
    area_px: int
    """Of the picture at working size; where several look at it, each at its own, of all."""
    threads: int

    @property
    def ms_per_megapixel(self) -> float:
        """Of the working size."""
        return self.took_ms / (self.area_px / 1e6)

    def most_area_px(self, deadline_ms: float) -> int:
        """The largest working area that keeps a deadline, as far as time grows with the area."""
        return max(int((deadline_ms - KEPT_FREE_MS) / self.ms_per_megapixel * 1e6), 0)

    @property
    def in_words(self) -> str:
        """For whoever teaches."""
        return (
            f"{self.area_px / 1e6:.2f} megapixels at working size take at least {self.took_ms:.0f} ms here "
            f"({self.ms_per_megapixel:.0f} ms a megapixel on {self.threads} threads)"
        )


def measured(
    look: Callable[[], object],
    *,
    area_px: int,
    threads: int,
    deadline_ms: float = math.inf,
    cpu_s: Callable[[], float] = time.thread_time,
) -> Pace:
    """Measure what looking takes: the least of three times, after one that is not counted.

    Where that breaks the deadline, looking goes on until it does not, up to twelve times in all.

    Args:
        look: Looks at a picture once; while it does, torch has this thread alone.
        area_px: Of that picture at working size, over all that look at it.
        threads: Among which the station will share the work.
        deadline_ms: Of a part.
        cpu_s: Seconds of processor time that this thread has used.
    """
    least_s, rounds, before = math.inf, 0, torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        look()
        while rounds < _ROUNDS or (
            rounds < _ROUNDS_IN_DOUBT and 1e3 * least_s / threads > deadline_ms - KEPT_FREE_MS
        ):
            began = cpu_s()
            look()
            least_s, rounds = min(least_s, cpu_s() - began), rounds + 1
    finally:
        torch.set_num_threads(before)
    return Pace(took_ms=1e3 * least_s / threads, area_px=area_px, threads=threads)


def refuse_too_slow(pace: Pace, *, deadline_ms: float, besides_ms: float = 0.0) -> None:
    """Raise RecipeError, with the figures, where every part would miss the deadline.

    Args:
        pace: Of a look.
        deadline_ms: Of a part.
        besides_ms: What other looks at it take.
    """
    left_ms = deadline_ms - KEPT_FREE_MS - besides_ms
    if pace.took_ms <= left_ms:
        return
    raise RecipeError(
        f"{pace.in_words}, and a part must be decided within {deadline_ms:.0f} ms, of which {left_ms:.0f} "
        f"are left for looking: up to {pace.most_area_px(deadline_ms - besides_ms) / 1e6:.2f} megapixels keep"
        " that",
        part="nothing was taught, for every part would be late",
        todo="look at a smaller --region, take more threads or a faster machine, or let the PLC wait longer "
        "and say so with --deadline-ms",
    )
