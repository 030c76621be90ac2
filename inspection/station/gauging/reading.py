"""Reads the gauges of a recipe off the pictures of one part, each in its region: no thread, no clock."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import structlog

from inspection.decision import GaugeReading
from inspection.errors import RecipeError
from inspection.gauges.reading_all import read as read_any
from inspection.instruments.description import Description
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.levels import Picture
from inspection.part import Frame
from inspection.recipe import GaugeSpec, Recipe
from inspection.station.gauging.cutting import Cut
from inspection.station.gauging.pictures_wanted import pictures_of

log = structlog.get_logger(__name__)

Read = Callable[[Sequence[Picture], Description], Reading]
"""Reads one gauge off its pictures, in the order in which they were taken."""


class GaugeReader:
    """Reads one part after the other; keeps where each gauge lies in pictures of the last one's size.

    Args:
        recipe: Whose gauges; those that it does not describe are left out.
        read: Reads one gauge.
    """

    def __init__(self, recipe: Recipe, *, read: Read = read_any) -> None:
        self.described: Final = tuple((spec, spec.reads) for spec in recipe.gauges if spec.reads is not None)
        self._recipe = recipe
        self._read = read
        self._cuts: dict[str, tuple[tuple[int, int], tuple[Cut, Description] | None]] = {}

    def readings(self, frames: Mapping[str, Sequence[Frame]]) -> Iterator[GaugeReading]:
        """One gauge after the other, in the recipe's order; each is read when it is asked for.

        Args:
            frames: The pictures of each view, in the order in which they were taken.
        """
        pictures = _Pictures(self._recipe, frames)
        for spec, what in self.described:
            try:
                yield spec.reading_of(self._read_one(spec, what, pictures))
            except Exception as error:  # whatever fails in a reader costs its gauge, and no other
                log.warning("a gauge's reader failed", gauge=spec.name, exc_info=error)
                yield unread(spec, Unreadable.FAILED)

    def _read_one(self, spec: GaugeSpec, what: Description, pictures: "_Pictures") -> Reading:
        kind = InstrumentKind(what.kind)
        try:
            seen = pictures.of(spec.view)
        except RecipeError:
            return unreadable(kind, Unreadable.WRONG_DEPTH, unit=spec.unit)
        if len(seen) < pictures_of(what):  # there was no time for more
            return unreadable(kind, Unreadable.LATE, unit=spec.unit)
        seen = seen[: pictures_of(what)]
        found = self._cut(spec, what, seen[0])
        if found is None or any(one.shape != seen[0].shape for one in seen):
            return unreadable(kind, Unreadable.CUT_OFF, unit=spec.unit)
        cut, described = found
        return cut.reading(self._read([cut.picture(one) for one in seen], described))

    def _cut(self, spec: GaugeSpec, what: Description, picture: Picture) -> tuple[Cut, Description] | None:
        """Where a gauge lies in a picture, and its description there; None where it lies outside."""
        known = self._cuts.get(spec.name)
        height, width = picture.shape[:2]
        if known is None or known[0] != (width, height):
            cut = Cut.of(spec.region, size=(width, height), what=what)
            known = (width, height), None if cut is None else (cut, cut.description(what))
            self._cuts[spec.name] = known
        return known[1]


def unread(spec: GaugeSpec, why: Unreadable) -> GaugeReading:
    """What is said of a gauge that was not read, for ``why``."""
    kind = None if spec.reads is None else InstrumentKind(spec.reads.kind)
    return GaugeReading(
        name=spec.name,
        value=None,
        unit=spec.unit,
        low=spec.low,
        high=spec.high,
        in_range=False,
        kind=kind,
        view=spec.view,
        box=spec.region,
        reason=why,
    )


class _Pictures:
    """The pictures of each view in 8 bits; made once, however many gauges there are. Of the thread alone."""

    def __init__(self, recipe: Recipe, frames: Mapping[str, Sequence[Frame]]) -> None:
        self._recipe = recipe
        self._frames = frames
        self._made: dict[str, list[Picture]] = {}

    def of(self, view: str) -> list[Picture]:
        """Those of a view, in the order in which they were taken. Raises RecipeError at another depth."""
        if view not in self._made:
            self._made[view] = [self._recipe.levels.of(frame) for frame in self._frames.get(view, ())]
        return self._made[view]
