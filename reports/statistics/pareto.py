"""What occurs most often, first (J. M. Juran, *Quality Control Handbook*, 1951: the vital few)."""

from collections.abc import Mapping

from inspection.decision import Frozen


class ParetoRow(Frozen):
    """One of the kinds that were counted."""

    name: str
    count: int
    share: float
    """Of all that were counted, 0 to 1."""
    cumulative: float
    """Share of this and those before it."""


def pareto(counts: Mapping[str, int]) -> tuple[ParetoRow, ...]:
    """The kinds by how often they occur; by name where equally often. Those that do not occur are left out.

    >>> [(row.name, row.cumulative) for row in pareto({"dent": 1, "scratch": 3, "stain": 0})]
    [('scratch', 0.75), ('dent', 1.0)]
    """
    ordered = sorted((-count, name) for name, count in counts.items() if count > 0)
    total, so_far = -sum(count for count, _ in ordered), 0
    rows = []
    for negative, name in ordered:
        so_far -= negative
        rows.append(ParetoRow(name=name, count=-negative, share=-negative / total, cumulative=so_far / total))
    return tuple(rows)
