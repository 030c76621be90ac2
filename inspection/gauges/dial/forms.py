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


def _power(p: float) -> Form:
    return Form(lambda v: np.asarray(np.maximum(v, 0.0) ** p), lambda g: max(g, 0.0) ** (1.0 / p))


def _exponential(c: float) -> Form:
    return Form(lambda v: np.asarray(np.exp(c * v)), lambda g: float(np.log(max(g, 1e-9))) / c)


def _ratio(m: float) -> Form:
    return Form(lambda v: np.asarray(v / (v + m)), lambda g: m * g / max(1.0 - g, 1e-9))


EVEN: Final = Form(lambda v: v, lambda g: g)
UNEVEN: Final = (
    *(_power(p) for p in (0.5, 1.5, 2.0)),
    *(_exponential(c) for c in (-4.0, -2.0, 2.0, 4.0)),
    *(_ratio(m) for m in (0.02, 0.05, 0.1, 0.2, 0.5)),
    Form(lambda v: np.asarray(np.log(v)), lambda g: float(np.exp(min(g, 700.0))), from_least=False),
)
"""Flow by differential pressure and moving iron; decibels; resistance; decades. They need not fit exactly:
the curve goes through the marks, and a form only makes it straighter between them."""
