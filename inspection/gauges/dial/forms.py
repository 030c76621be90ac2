"""Forms by which scales are drawn: what of a value lies evenly along the sweep. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from inspection.gauges.dial.curve import Array


@dataclass(frozen=True)
class Form:
    """Both ways between values, counted in spans of the scale, and what is drawn evenly for them."""

    drawn: Callable[[Array], Array]
    """Rises or falls throughout."""
    value: Callable[[float], float]
    from_least: bool = True
    """Whether values are counted from the least one, 0 to 1; else from 0, above which all must lie."""


def power(p: float) -> Form:
    """Drawn by the p-th power: flow by differential pressure (0.5), moving iron (up to 2)."""
    return Form(lambda v: np.asarray(np.maximum(v, 0.0) ** p), lambda g: max(g, 0.0) ** (1.0 / p))


def growing(logarithm: float) -> Form:
    """Drawn by e to the c-th, c given by its logarithm: decibels of what lies evenly."""
    c = float(np.exp(logarithm))
    return Form(lambda v: np.asarray(np.exp(c * v)), lambda g: float(np.log(max(g, 1e-9))) / c)


def falling(logarithm: float) -> Form:
    """The same the other way round: e to the -c-th."""
    c = float(np.exp(logarithm))
    return Form(lambda v: np.asarray(np.exp(-c * v)), lambda g: -float(np.log(max(g, 1e-9))) / c)


def ratio(logarithm: float) -> Form:
    """Drawn by v to v + m, m given by its logarithm: resistance against that of the meter."""
    m = float(np.exp(logarithm))
    return Form(lambda v: np.asarray(v / (v + m)), lambda g: m * g / max(1.0 - g, 1e-9))


EVEN: Final = Form(lambda v: v, lambda g: g)
DECADES: Final = Form(
    lambda v: np.asarray(np.log(v)), lambda g: float(np.exp(min(g, 700.0))), from_least=False
)
FAMILIES: Final = (
    (power, (0.35, 0.5, 0.7, 1.4, 2.0, 2.8)),
    (growing, (-0.5, 0.5, 1.2, 1.8)),
    (falling, (-0.5, 0.5, 1.2, 1.8)),
    (ratio, (-4.5, -3.0, -1.5, 0.0, 1.5)),
)
"""What has a number of its own, and where that is looked for."""


_REFINED: Final = 7
"""Halvings of the distance between starts."""


def nearest(roughness: Callable[[Sequence[Form]], Array], *, positive: bool) -> Form:
    """The form whose ``roughness`` is least; ``positive`` says whether all values lie above 0.

    Each family from its best start by ever smaller steps to either side, all families at a time.
    """
    starts = [(family, number) for family, numbers in FAMILIES for number in numbers]
    rough = roughness([family(number) for family, number in starts])
    found, steps = [], []
    for family, numbers in FAMILIES:
        best = min((float(rough[i]), number) for i, (of, number) in enumerate(starts) if of is family)
        found.append(best)
        steps.append(min(abs(other - best[1]) for other in numbers if other != best[1]))
    for _ in range(_REFINED):
        steps = [step / 2.0 for step in steps]
        beside = [
            (i, number + side * step)
            for i, ((_, number), step) in enumerate(zip(found, steps, strict=True))
            for side in (-1, 1)
        ]
        tried = roughness([FAMILIES[i][0](number) for i, number in beside])
        for (i, number), one in zip(beside, tried, strict=True):
            found[i] = min(found[i], (float(one), number))
    forms = [family(number) for (family, _), (_, number) in zip(FAMILIES, found, strict=True)]
    least = [one for one, _ in found]
    if positive:
        forms.append(DECADES)
        least.append(float(roughness([DECADES])[0]))
    return forms[int(np.argmin(least))]
