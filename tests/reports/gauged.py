"""Parts whose gauges were read, for the tests of the record."""

from typing import Any

from inspection.decision import GaugeReading
from inspection.instruments.reading import InstrumentKind, Unreadable
from inspection.part import Identity, Inspection
from tests.reports.parts import part


def pressure(
    value: float | None, *, u: float = 0.04, low: float | None = 3.0, high: float | None = 5.0
) -> GaugeReading:
    """What a dial said; None where glare kept it from being read."""
    inside = value is not None and (low is None or value >= low) and (high is None or value <= high)
    return GaugeReading(
        name="pressure",
        kind=InstrumentKind.DIAL,
        view="top",
        value=value,
        unit="bar",
        low=low,
        high=high,
        in_range=inside,
        uncertainty=0.0 if value is None else u,
        reason=Unreadable.GLARE if value is None else None,
    )


def gauged(number: int, *readings: GaugeReading, serial: str = "", lot: str = "", **other: Any) -> Inspection:
    """The intent of the ``number``-th part, whose gauges read so."""
    identity = Identity(serial=serial, lot=lot) if serial or lot else None
    intent = part(number, identity=identity, **other)
    return intent.model_copy(update={"decision": intent.decision.model_copy(update={"gauges": readings})})
