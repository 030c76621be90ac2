"""Figures over parts: pure functions, no I/O."""

from collections.abc import Iterable, Sequence
from math import ceil

from inspection.status import Percentiles


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: the smallest value that at least ``percent`` of the values do not exceed.

    Hyndman and Fan's definition 1 ("Sample Quantiles in Statistical Packages", The American Statistician 50,
    1996). It is always a value that was measured, and never lies below the share it names, as interpolated
    percentiles of few parts do.

    Args:
        ordered: Values in ascending order, at least one.
        percent: Above 0, at most 100.

    Raises:
        ValueError: No values, or ``percent`` out of range.

    >>> percentile([10.0, 20.0, 30.0, 40.0], 50)
    20.0
    >>> percentile([10.0, 20.0, 30.0, 40.0], 95)
    40.0
    """
    if not ordered or not 0 < percent <= 100:
        raise ValueError(f"percentile {percent} of {len(ordered)} values is not defined")
    # percent * n / 100, in this order: 0.95 * 20 is above 19 in floating point and would give the next rank
    return ordered[ceil(percent * len(ordered) / 100) - 1]


def percentiles(values_ms: Iterable[float]) -> Percentiles | None:
    """p50, p95, p99 and maximum of latencies in ms, by ``percentile``; None where there are none."""
    ordered = sorted(values_ms)
    if not ordered:
        return None
    return Percentiles(
        p50=percentile(ordered, 50),
        p95=percentile(ordered, 95),
        p99=percentile(ordered, 99),
        max=ordered[-1],
        n=len(ordered),
    )


def first_pass_yield(*, passed_at_first_look: int, judged: int) -> float | None:
    """Share of judged parts that passed at the first look, 0 to 1; None where no part was judged.

    Raises:
        ValueError: More passed than were judged.
    """
    if not 0 <= passed_at_first_look <= judged:
        raise ValueError(f"{passed_at_first_look} of {judged} parts cannot have passed")
    return passed_at_first_look / judged if judged else None
