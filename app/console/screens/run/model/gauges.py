"""Readings of instruments in words, and as boxes over the picture. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.console.screens.run.model.shown import BoxView, Verdict
from app.console.widgets.phrases import said
from app.console.words.words import Words
from inspection.decision import GaugeReading
from inspection.instruments.indicator import LAMP_STATES
from inspection.instruments.reading import InstrumentKind, measured
from inspection.messages.telling import LANGUAGES

_SIGNS: Final = {Verdict.IN_RANGE: "✓", Verdict.OUT_OF_RANGE: "!", Verdict.NOT_READ: "?"}
"""Before a label, so that no colour is needed to tell them apart."""
_BY_LOOKS: Final = (InstrumentKind.LAMP, InstrumentKind.CODE)
"""Have a state or a text in the place of a number."""


def boxes(readings: Sequence[GaugeReading], words: Words) -> Iterator[BoxView]:
    """Where instruments were read, with what they show."""
    for reading in readings:
        if reading.box is not None:
            verdict = verdict_of(reading)
            label = f"{_SIGNS[verdict]} {reading.name} {_shown(reading, words)}"
            yield BoxView(box=reading.box, label=label, says=verdict, needle_deg=reading.angle_deg)


def row(reading: GaugeReading, words: Words) -> str:
    """``pressure: 4.21 ± 0.04 bar [3 … 5] – in range``; why, where it could not be read."""
    limits = " … ".join("" if limit is None else f"{limit:g}" for limit in (reading.low, reading.high))
    bounds = "" if reading.low is None and reading.high is None else f" [{limits}]"
    return f"{reading.name}: {_shown(reading, words)}{bounds} – {_verdict(reading, words)}"


def verdict_of(reading: GaugeReading) -> Verdict:
    """What a reading is against its limits."""
    if not reading.read:
        return Verdict.NOT_READ
    return Verdict.IN_RANGE if reading.in_range else Verdict.OUT_OF_RANGE


def _shown(reading: GaugeReading, words: Words) -> str:
    """What it shows."""
    if not reading.read:
        return words.unreadable
    if reading.kind is InstrumentKind.LAMP and reading.value is not None:
        terms = LANGUAGES[words.code]
        state = terms.term(LAMP_STATES.get(reading.value, ""))
        return f"{state}, {terms.term(reading.text)}" if reading.text else state
    if reading.value is None:
        return reading.text
    return f"{measured(reading.value, reading.uncertainty, kind=reading.kind)} {reading.unit}".rstrip()


def _verdict(reading: GaugeReading, words: Words) -> str:
    if not reading.read:
        if reading.reason is None:
            return words.out_of_range
        return said(str(reading.reason.sentence), reading.reason.sentence.coded, words)
    if reading.kind in _BY_LOOKS:
        return words.as_wanted if reading.in_range else words.not_as_wanted
    return words.in_range if reading.in_range else words.out_of_range
