"""How well instruments are read in pictures that people have labelled."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from app.recipes.gauges.labels import Label, Labelled, Refused
from app.recipes.gauges.pictures import picture_of, picture_with
from inspection.errors import CameraError
from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription
from inspection.instruments.reading import Reading
from inspection.levels import Picture

Read = Callable[[Sequence[Picture], Description], Reading]
"""A reader of instruments that never raises, as ``inspection.gauges.reading_all.read``."""

SILENT_PCT: Final = 5.0
"""Of full scale: a reading said to be readable that is farther off is a silent error."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A reading beside what a person read."""

    label: Labelled
    reading: Reading
    notes: tuple[str, ...] = ()

    @property
    def off(self) -> float | None:
        """How far the value is from the label, in the unit, the shorter way round; None where unreadable."""
        if self.reading.value is None:
            return None
        off = abs(self.reading.value - self.label.truth)
        wraps_at = self.label.what.wraps_at if isinstance(self.label.what, DialDescription) else None
        return off if wraps_at is None else min(off % wraps_at, -off % wraps_at)

    @property
    def error_pct(self) -> float | None:
        """``off`` in per cent of a dial's full scale; None where unreadable, or of no dial."""
        if self.off is None or not isinstance(self.label.what, DialDescription):
            return None
        return 100.0 * self.off / self.label.what.full_scale

    def wrong(self, within: float | None) -> bool:
        """Whether it was read, and is farther off than ``within``.

        Args:
            within: In the unit. None: not at all; one in the label's last place where that has fewer decimals
                than the display shows, for such a label was rounded, and nobody says how.
        """
        if within is None:
            rounded = self.label.decimals < len(self.reading.text.partition(".")[2])
            within = 10.0**-self.label.decimals if rounded else 0.0
        return self.off is not None and self.off > within + 1e-9

    @property
    def within_2u(self) -> bool | None:
        """Whether the label lies within two standard uncertainties of the value; None where unreadable."""
        if self.off is None or self.reading.uncertainty is None:
            return None
        return self.off <= 2.0 * self.reading.uncertainty

    def in_json(self) -> dict[str, Any]:
        """As one of the answer's ``files``."""
        return {
            "file": self.label.file,
            "reading": self.label.truth,
            **answer_of(self.reading),
            "error": self.off,
            "error_pct": self.error_pct,
            "notes": [*self.label.notes, *self.notes],
        }


def answer_of(reading: Reading) -> dict[str, Any]:
    """What a command says of a reading."""
    return {
        "value": reading.value,
        "unit": reading.unit,
        "uncertainty": reading.uncertainty,
        "readable": reading.readable,
        "reason": reading.reason,
        "ms": round(reading.ms, 3),
        "text": reading.text,
        "box": reading.box,
    }


def score(
    labels: Sequence[Label], read: Read, *, show: Callable[[int], None] = lambda _: None
) -> Iterator[Scored | Refused]:
    """Read what labels name, one picture in memory at a time. Whatever one of them holds, the next is read.

    Args:
        labels: What to read; a refused one is passed on.
        read: The reader.
        show: Is told after each how many are done.
    """
    for done, label in enumerate(labels, 1):
        yield label if isinstance(label, Refused) else _scored(label, read)
        show(done)


def _scored(label: Labelled, read: Read) -> Scored | Refused:
    what = label.what
    try:
        shown = (
            picture_with(label.path, what) if isinstance(what, DialDescription) else picture_of(label.path)
        )
    except CameraError as error:
        return Refused(label.entry, label.file, error.what)
    reading = read([shown.picture] * getattr(what, "frames", 1), what)
    return Scored(label, reading, shown.notes)


def figures(
    outcomes: Sequence[Scored | Refused], *, within: float | None = None, count_wrong: bool = False
) -> dict[str, Any]:
    """What all readings together say.

    A label that was refused counts as one that could not be read.

    Args:
        outcomes: All of them.
        within: How far a value may be from its label, in the unit; see ``Scored.wrong``.
        count_wrong: Whether ``wrong`` ones are counted where ``within`` is None, too.
    """
    scored = [one for one in outcomes if isinstance(one, Scored)]
    readable = [one for one in scored if one.reading.readable]
    silent = [one.label.file for one in readable if one.error_pct is not None and one.error_pct > SILENT_PCT]
    pct = [one.error_pct for one in readable if one.error_pct is not None]
    honest = [one.within_2u for one in readable if one.within_2u is not None]
    said: dict[str, Any] = {
        "readable": len(readable),
        "share_readable": len(readable) / len(outcomes) if outcomes else None,
        "error_pct": {"median": _quantile(pct, 50), "p95": _quantile(pct, 95), "max": max(pct, default=None)},
        "silent_errors": len(silent),
        "silent": silent,
        "reasons": Counter(str(one.reading.reason) for one in scored if not one.reading.readable),
        "within_2u": sum(honest) / len(honest) if honest else None,
        "ms": {quantile: _quantile([one.reading.ms for one in scored], at) for quantile, at in _TIMES},
    }
    if within is not None or count_wrong:
        wrong = [one.label.file for one in readable if one.wrong(within)]
        right = (len(readable) - len(wrong)) / len(readable) if readable else None
        said |= {"within": within, "share_within": right, "wrong": len(wrong), "wrong_files": wrong}
    return {
        **said,
        "refused": [one._asdict() for one in outcomes if isinstance(one, Refused)],
        "files": [one.in_json() for one in scored],
    }


_TIMES: Final = (("median", 50), ("p95", 95))


def _quantile(numbers: Sequence[float], percent: float) -> float | None:
    return float(np.percentile(numbers, percent)) if numbers else None
