"""Forms by which scales are drawn: what of a value lies evenly along the sweep. Pure."""

from collections.abc import Callable
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


def nearest(roughness: Callable[[Form], float], *, positive: bool) -> Form:
    """The form whose ``roughness`` is least; ``positive`` says whether all values lie above 0."""
    found = [_best_of(family, starts, roughness) for family, starts in FAMILIES]
    if positive:
        found.append((roughness(DECADES), DECADES))
    return min(found, key=lambda one: one[0])[1]


def _best_of(
    family: Callable[[float], Form], starts: tuple[float, ...], roughness: Callable[[Form], float]
) -> tuple[float, Form]:
    """The family's best form and its roughness: from the best start by ever smaller steps to either side."""
    best, number = min((roughness(family(start)), start) for start in starts)
    step = min(abs(other - number) for other in starts if other != number)
    for _ in range(_REFINED):
        step /= 2.0
        for beside in (number - step, number + step):
            rough = roughness(family(beside))
            if rough < best:
                best, number = rough, beside
                break
    return best, family(number)
