"""The belt: parts by position, from the photo-eye under the camera to the diverter. No I/O.

Positions in mm along the belt, 0 at the photo-eye. The belt runs at one speed or stands.
"""

import random
from dataclasses import dataclass
from typing import Final

SPACING_JITTER: Final = 0.2
"""Parts lie up to this share of their mean distance nearer or farther: nobody feeds a belt like a clock."""


@dataclass(frozen=True, slots=True)
class OnBelt:
    """A part between photo-eye and diverter."""

    seq: int
    at_mm: float
    """Where it lay when its trigger was raised, in belt travel."""


class Conveyor:
    """One belt with one diverter.

    Args:
        speed_mm_s: Speed while it runs.
        spacing_mm: Mean distance between parts.
        diverter_mm: From the photo-eye to the diverter.
        parts: How many parts will come.
        seed: Of the spacing.
    """

    def __init__(
        self, *, speed_mm_s: float, spacing_mm: float, diverter_mm: float, parts: int, seed: int
    ) -> None:
        self._speed_mm_s = speed_mm_s
        self._spacing_mm = spacing_mm
        self._diverter_mm = diverter_mm
        self._to_come = parts
        self._random = random.Random(seed)  # noqa: S311  (spacing, not secrets)
        self._travel_mm = 0.0
        self._next_mm = spacing_mm
        self._on_belt: list[OnBelt] = []

    @property
    def part_at_eye(self) -> bool:
        """A part has reached the photo-eye and has not been taken on."""
        return self._to_come > 0 and self._travel_mm >= self._next_mm

    def advance(self, seconds: float, *, hold_at_eye: bool) -> bool:
        """Run for ``seconds``; with ``hold_at_eye`` no further than the next part's reaching the photo-eye.

        Returns whether the belt was held there.
        """
        travel_mm = self._travel_mm + self._speed_mm_s * seconds
        held = hold_at_eye and self._to_come > 0 and travel_mm > self._next_mm
        self._travel_mm = max(self._travel_mm, self._next_mm) if held else travel_mm
        return held

    def take_on(self, seq: int) -> None:
        """The part at the photo-eye got trigger ``seq``."""
        self._on_belt.append(OnBelt(seq, self._next_mm))
        self._to_come -= 1
        jitter = self._random.uniform(1 - SPACING_JITTER, 1 + SPACING_JITTER)
        # From where the last one lay, so that held time doesn't thin the parts out; but none was run over.
        self._next_mm = max(self._next_mm + self._spacing_mm * jitter, self._travel_mm)

    def take_out(self, seq: int) -> None:
        """An operator takes the part from the belt."""
        self._on_belt = [part for part in self._on_belt if part.seq != seq]

    def at_diverter(self) -> list[int]:
        """Trigger numbers of the parts that have come to the diverter; they leave the belt there."""
        gone = [part.seq for part in self._on_belt if self._travel_mm - part.at_mm >= self._diverter_mm]
        self._on_belt = [part for part in self._on_belt if part.seq not in gone]
        return gone
