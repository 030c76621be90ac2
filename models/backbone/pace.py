"""How long looking takes on this machine, and whether a recipe would keep the station's deadline.

Counted is the processor's time, not the clock's: a recipe is often taught while something else runs, and what
is refused must be too slow on an idle machine as well. Shared among the threads without loss it is the least
that a part can take.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch

from inspection.errors import RecipeError

_ROUNDS: Final = 3
KEPT_FREE_MS: Final = 50.0
"""Of the deadline: the camera, the guard, the record and the PLC take as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What looking at one picture takes at least."""

    took_ms: float
    area_px: int
    """Of the picture at working size."""
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
    threads: int | None = None,
    cpu_s: Callable[[], float] = time.process_time,
) -> Pace:
    """Measure what looking takes: the least of three times, after one that is not counted.

    Args:
        look: Looks at a picture once.
        area_px: Of that picture at working size.
        threads: Among which the work is shared; None: as torch does now.
        cpu_s: Seconds of processor time that all threads have used.
    """
    shared = torch.get_num_threads() if threads is None else threads
    look()
    took = []
    for _ in range(_ROUNDS):
        began = cpu_s()
        look()
        took.append(cpu_s() - began)
    return Pace(took_ms=1e3 * min(took) / shared, area_px=area_px, threads=shared)


def refuse_too_slow(pace: Pace, *, deadline_ms: float) -> None:
    """Raise RecipeError, with the figures, where every part would miss the deadline."""
    left_ms = deadline_ms - KEPT_FREE_MS
    if pace.took_ms <= left_ms:
        return
    raise RecipeError(
        f"{pace.in_words}, and a part must be decided within {deadline_ms:.0f} ms, of which {left_ms:.0f} "
        f"are left for looking: up to {pace.most_area_px(deadline_ms) / 1e6:.2f} megapixels keep that",
        part="nothing was taught, for every part would be late",
        todo="give the view a smaller region, take a smaller working size, more threads or a faster machine, "
        "or set the recipe's deadline_ms to what the PLC waits",
    )
