"""What runs through a scale's marks: the form by which it is drawn, and how sure it is.

The form by which the marks lie straightest is taken to interpolate between them, so that an uneven scale
with few marks is read as it is drawn. Marks are clicked by hand: those that lie off a straight scale by no
more than clicks do are drawn towards it (after James and Stein 1961, mark by mark, so that one that truly
lies elsewhere stays there). Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from inspection.gauges.dial.curve import Array, Curve
from inspection.gauges.dial.forms import EVEN, Form, nearest

_ROUND: Final = 2.0 * np.pi
_WIDE: Final = np.radians(20.0)
"""Gaps between marks beyond which it matters how one interpolates."""
_ENOUGH: Final = 5
"""Marks from which a form, or a smooth curve, can be told."""
_ASIDE: Final = 1.5
"""Clicks' standard deviations up to which marks, in the mean, lie where a form has them."""
_STRAIGHTER: Final = 0.5
"""How much less off an uneven form than off the even one the marks must lie, for it to be believed."""
_ROUNDS: Final = 4
_HALF_DEGREE: Final = np.radians(0.5)
_OF_MEDIAN: Final = 1.4826
"""Standard deviation by median absolute deviation, of normal errors."""
_LEAST_CHORD: Final = np.radians(1.0)
"""To either side, over which a slope is taken: near enough, and never infinite where a root begins."""
_ASTRAY: Final = 0.7
"""Share of a click's standard deviation up to which a deviation is taken for the click's alone."""
_CLICK_WEIGHT: Final = 3.0
"""In marks: how much what is usual of clicks counts beside what these marks show."""


@dataclass(frozen=True)
class Law:
    """The value by the place along the sweep, radians from the scale's first mark."""

    shift: float
    """Where the first mark lies, radians along the sweep from where it was clicked."""
    end: float
    """Of the last mark: the sweep."""
    _curve: Curve
    """Of what the form draws evenly; on a full circle with two marks more on either side."""
    _form: Form
    _smooth: float
    """Share of the cubic, against the chord, between marks."""
    _least: float
    _span: float
    """In the scale's unit: values are counted from the one and by the other."""
    _trust: Array
    """By point of the curve: how far it was drawn to the straight scale, 0 to 1."""
    _click: float
    """Standard deviation of a mark's place, radians."""
    _marks: int
    """How many were clicked."""

    def value(self, place: float) -> float:
        """The value there, in the scale's unit; beyond the marks by the law's end."""
        straight, smooth = (self._said(way(place)) for way in (self._curve.straight, self._curve.smooth))
        return straight + self._smooth * (smooth - straight)

    def slope(self, place: float) -> float:
        """By how much it changes there, unit per radian, with its sign; on the scale's side of an end."""
        low = max(place - _LEAST_CHORD, float(self._curve.x[0]))
        high = min(place + _LEAST_CHORD, float(self._curve.x[-1]))
        return float((self.value(high) - self.value(low)) / (high - low))

    def uncertainty(self, place: float) -> float:
        """Standard uncertainty of the value there, in the scale's unit, for the marks' clicks and the law."""
        curve = self._curve
        i = curve.gap(place)
        share = min(max((place - curve.x[i]) / (curve.x[i + 1] - curve.x[i]), 0.0), 1.0)
        trust = (1.0 - share) * self._trust[i] + share * self._trust[i + 1]
        middle, spread = curve.x.mean(), max(float(np.sum((curve.x - curve.x.mean()) ** 2)), 1e-9)
        alone = (1.0 - share) ** 2 + share**2
        together = 1.0 / self._marks + (place - middle) ** 2 / spread
        clicks = self._click**2 * ((1.0 - trust) ** 2 * alone + trust**2 * together)
        between = 0.5 * (self._said(curve.smooth(place)) - self._said(curve.straight(place)))
        return float(np.sqrt(self.slope(place) ** 2 * clicks + between**2))

    def _said(self, drawn: float) -> float:
        return self._least + self._span * self._form.value(drawn)

    def elsewhere(self, marks: "Marks") -> Self:
        """The same law with the same marks at other places, as another tilt would show them."""
        drawn = marks.drawn(self._form)
        places, trust = marks.smoothed(drawn, self._click)
        return type(self)._of(marks, places, drawn, trust, self._form, self._click, self._smooth)

    @classmethod
    def of(cls, marks: "Marks", click: float) -> Self:
        """The law of ``marks``, which are clicked with a standard deviation of ``click`` radians."""
        form = EVEN
        if marks.wraps is None and len(marks.places) >= _ENOUGH:
            (even,) = marks.roughness([EVEN])
            if even > _ASIDE * click:
                other = nearest(marks.roughness, positive=bool(marks.values.min() > 0.0))
                if marks.roughness([other])[0] < min(_ASIDE * click, _STRAIGHTER * even):
                    form = other
        off = marks.off_straight(marks.drawn(form))
        if len(marks.places) >= _ENOUGH:
            usual = _OF_MEDIAN * float(np.median(np.abs(off)))
            shown = (_CLICK_WEIGHT * click**2 + len(off) * usual**2) / (_CLICK_WEIGHT + len(off))
            click = min(click, float(np.sqrt(shown)))
        drawn = marks.drawn(form)
        places, trust = marks.smoothed(drawn, click)
        wide = len(places) >= _ENOUGH and float(np.diff(places).max()) > _WIDE
        smooth = Curve.through(places, drawn).smoothness() if wide else 0.0
        return cls._of(marks, places, drawn, trust, form, click, smooth)

    @classmethod
    def _of(
        cls,
        marks: "Marks",
        places: Array,
        drawn: Array,
        trust: Array,
        form: Form,
        click: float,
        smooth: float,
    ) -> Self:
        shift, count = float(places[0]), len(places)
        places = places - shift
        end = float(places[-1])
        if marks.wraps is not None:
            few = min(2, count)
            before, after = slice(count - few, count), slice(0, few)
            places = np.concatenate([places[before] - _ROUND, places, places[after] + _ROUND])
            drawn = np.concatenate([drawn[before] - marks.wraps, drawn, drawn[after] + marks.wraps])
            trust = np.concatenate([trust[before], trust, trust[after]])
        return cls(
            shift=shift,
            end=end,
            _curve=Curve.through(places, drawn),
            _form=form,
            _smooth=smooth,
            _least=marks.least if form.from_least else 0.0,
            _span=marks.span,
            _trust=trust,
            _click=click,
            _marks=count,
        )


@dataclass(frozen=True)
class Marks:
    """A scale's marks along its sweep."""

    places: Array
    """Radians from the first one, rising, less than a whole way round."""
    values: Array
    """In the scale's unit, rising or falling throughout."""
    wraps_at: float | None = None
    """The value at which a full circle begins again."""

    @property
    def least(self) -> float:
        """The least value."""
        return float(self.values.min())

    @property
    def span(self) -> float:
        """From the least to the greatest value."""
        return float(self.values.max()) - self.least

    @property
    def wraps(self) -> float | None:
        """What a whole way round along the list adds to the value, in spans; None where it does not wrap."""
        if self.wraps_at is None:
            return None
        return float(np.copysign(self.wraps_at, self.values[-1] - self.values[0])) / self.span

    def drawn(self, form: Form) -> Array:
        """What ``form`` draws evenly for the values."""
        return form.drawn((self.values - (self.least if form.from_least else 0.0)) / self.span)

    def off_straight(self, drawn: Array) -> Array:
        """How far the marks (last axis) lie past the places where a straight scale would have them, radians.

        The straight scale is the one by which the sum of these is least, not of their squares: a zero that
        lies aside, as on many gauges, does not turn it.
        """
        if self.wraps is not None:
            off = self.places - drawn * (_ROUND / self.wraps)
            return np.asarray(off - np.median(off, axis=-1, keepdims=True))
        off = np.ones(drawn.shape)
        for _ in range(_ROUNDS):
            weights = 1.0 / np.maximum(np.abs(off), _HALF_DEGREE)
            weights /= weights.sum(axis=-1, keepdims=True)
            across = drawn - (weights * drawn).sum(axis=-1, keepdims=True)
            along = self.places - (weights * self.places).sum(axis=-1, keepdims=True)
            leaning = weights * across
            steep = (leaning * self.places).sum(axis=-1) / (leaning * across).sum(axis=-1)
            off = along - steep[..., None] * across
        return np.asarray(off)

    def roughness(self, forms: Sequence[Form]) -> Array:
        """How far the marks lie off each form's scale, mean of the absolute values, radians."""
        off = self.off_straight(np.stack([self.drawn(form) for form in forms]))
        return np.asarray(np.mean(np.abs(off), axis=-1))

    def smoothed(self, drawn: Array, click: float) -> tuple[Array, Array]:
        """The places drawn towards the straight scale, and by which share of the way each (0 to 1).

        What lies off by no more than clicks do goes all the way. Fewer than five marks stay where they are.
        """
        if len(self.places) < _ENOUGH:
            return self.places, np.zeros(len(self.places))
        off = self.off_straight(drawn)
        usual = (_OF_MEDIAN * float(np.median(np.abs(off)))) ** 2
        trust = np.minimum(1.0, (_ASTRAY * click) ** 2 / np.maximum(np.maximum(off**2, usual), 1e-18))
        places = self.places - trust * off
        if np.diff(places).min() <= 0.0:
            trust = np.full(len(off), trust.min())
            places = self.places - trust * off
        return np.asarray(places), np.asarray(trust)
