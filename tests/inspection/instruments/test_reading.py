"""A reading never says two things at once."""

from typing import Any

import pytest
from pydantic import ValidationError

from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, measured, unreadable
from inspection.messages.telling import tell


@pytest.mark.parametrize("reason", Unreadable)
def test_every_reason_is_told_in_both_languages(reason: Unreadable) -> None:
    said = reason.sentence
    assert said
    assert tell(said.coded, said, "zh") != said
    assert not unreadable(InstrumentKind.DIAL, reason).readable


@pytest.mark.parametrize(
    "other",
    [
        {"value": 1.0},
        {"uncertainty": 0.1},
        {"value": 1.0, "uncertainty": 0.1, "reason": Unreadable.GLARE},
        {"value": float("nan"), "uncertainty": 0.1},
        {"value": 1.0, "uncertainty": float("inf")},
        {"value": 1.0, "uncertainty": -0.1},
        {"text": "7", "reason": Unreadable.GLARE},
        {},
        {"kind": "code"},
        {"kind": "code", "text": "a\nb"},
        {"kind": "code", "text": "a" * 257},
        {"kind": "code", "text": "a", "value": 1.0, "uncertainty": 0.0},
    ],
)
def test_what_contradicts_itself_is_no_reading(other: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Reading.model_validate({"kind": "dial", **other})


def test_a_reading_is_the_same_after_it_was_written_and_read() -> None:
    for reading in (
        Reading(
            kind=InstrumentKind.DIAL,
            value=4.2,
            uncertainty=0.02,
            unit="bar",
            angle_deg=-30.0,
            box=(1, 2, 3, 4),
        ),
        Reading(kind=InstrumentKind.CODE, text="SN-0042"),
        unreadable(InstrumentKind.DISPLAY, Unreadable.FLICKERS),
    ):
        assert Reading.model_validate_json(reading.model_dump_json()) == reading


@pytest.mark.parametrize(
    ("value", "uncertainty", "said"),
    [
        (131.2, 12.3, "131 ± 12"),
        (0.0421, 0.00012, "0.04210 ± 0.00012"),
        (99.96, 0.4, "99.96 ± 0.40"),
        (4, 0, "4"),
    ],
)
def test_a_value_has_the_places_that_its_uncertainty_warrants(
    value: float, uncertainty: float, said: str
) -> None:
    assert measured(value, uncertainty) == said


def test_a_display_is_said_as_it_shows() -> None:
    assert measured(20.73, 0.0029, kind=InstrumentKind.DISPLAY) == "20.73 ± 0.0029"
