"""What a bench prints of many times: their percentiles, in ms."""

from collections.abc import Iterable

from inspection.status import Percentiles


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """Each percentile by its name, rounded to 0.01 ms; empty where there are no values."""
    found = Percentiles.of(values)
    return {} if found is None else {k: round(v, 2) for k, v in found.model_dump(exclude={"n"}).items()}
