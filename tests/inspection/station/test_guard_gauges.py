"""Gauges make a decision stricter, never milder: a breach, a doubt, and what nobody could read."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.decision import MOST_REASON, Action, Decision, GaugeReading
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.messages.telling import CHINESE
from inspection.recipe import GaugeSpec, Recipe
from inspection.station import guard
from tests.fakes import decision, trigger
from tests.inspection.test_gauge_words import CODE, DIAL, LAMP, spec

OLD = GaugeSpec(name="pressure", kind="analogue", region=(0, 0, 9, 9), unit="bar", low=3, high=5)


def reviewed(
    *readings: GaugeReading, spec: GaugeSpec | Sequence[GaugeSpec], action: Action = Action.PASS
) -> Decision:
    gauges = (spec,) if isinstance(spec, GaugeSpec) else tuple(spec)
    recipe = Recipe(id=1, name="cover", gauges=gauges)
    return guard.review(decision(action, gauges=readings), trigger=trigger(), recipe=recipe)


def dial(value: float, uncertainty: float = 0.0) -> Reading:
    return Reading(kind=InstrumentKind.DIAL, value=value, uncertainty=uncertainty, unit="bar")


def _reading(value: float | None) -> GaugeReading:
    inside = value is not None and 3 <= value <= 5
    return GaugeReading(name="pressure", value=value, unit="bar", low=3, high=5, in_range=inside)


@pytest.mark.parametrize(
    ("readings", "action"),
    [
        ((_reading(4.0),), Action.PASS),
        ((_reading(5.5),), Action.REWORK),
        ((_reading(None),), Action.MANUAL_REVIEW),
        ((), Action.MANUAL_REVIEW),
        ((_reading(4.0), _reading(5.5)), Action.REWORK),
        ((_reading(5.5), _reading(4.0)), Action.REWORK),
    ],
)
def test_a_gauge_out_of_its_limits_or_unread_holds_the_part(
    readings: tuple[GaugeReading, ...], action: Action
) -> None:
    assert reviewed(*readings, spec=OLD).action is action


def test_a_gauge_is_judged_by_the_recipes_limits_not_by_what_the_reading_claims() -> None:
    generous = GaugeReading(name="pressure", value=8, unit="bar", low=0, high=10, in_range=True)
    assert reviewed(generous, spec=OLD).action is Action.REWORK


@pytest.mark.parametrize(
    ("value", "uncertainty", "action", "says"),
    [
        (4.0, 0.1, Action.PASS, ""),
        (4.79, 0.1, Action.PASS, ""),
        (4.81, 0.1, Action.MANUAL_REVIEW, "pressure reads 4.81 ± 0.1 bar, too near to its limit 5"),
        (5.19, 0.1, Action.MANUAL_REVIEW, "too near to its limit 5"),
        (5.21, 0.1, Action.STOP, "gauge pressure reads 5.21 ± 0.1 bar, above its limit 5"),
        (2.5, 0.1, Action.STOP, "gauge pressure reads 2.5 ± 0.1 bar, below its limit 3"),
        (5.0, 0.0, Action.PASS, ""),
    ],
)
def test_a_value_in_doubt_goes_to_a_person_and_a_breach_to_what_the_recipe_says(
    value: float, uncertainty: float, action: Action, says: str
) -> None:
    asked = spec(on_breach="stop")
    after = reviewed(asked.reading_of(dial(value, uncertainty)), spec=asked)
    assert after.action is action
    assert says in after.reason


def test_how_much_doubt_is_taken_is_the_recipes() -> None:
    for doubt_k, action in ((0.0, Action.PASS), (1.0, Action.PASS), (3.0, Action.MANUAL_REVIEW)):
        asked = spec(doubt_k=doubt_k)
        assert reviewed(asked.reading_of(dial(4.8, 0.1)), spec=asked).action is action


def test_one_limit_is_enough() -> None:
    asked = spec(low=None)
    assert reviewed(asked.reading_of(dial(-100.0)), spec=asked).action is Action.PASS
    assert reviewed(asked.reading_of(dial(5.1)), spec=asked).action is Action.REWORK


@pytest.mark.parametrize("reason", Unreadable)
@pytest.mark.parametrize("follows", [Action.REWORK, Action.STOP, Action.MANUAL_REVIEW])
def test_what_could_not_be_read_follows_the_recipe_and_says_why(reason: Unreadable, follows: Action) -> None:
    asked = spec(on_unreadable=follows)
    after = reviewed(asked.reading_of(unreadable(InstrumentKind.DIAL, reason)), spec=asked)
    assert after.action is follows
    assert after.reason == f"gauge pressure could not be read: {reason.sentence}"
    assert CHINESE.tell(after.coded).startswith("仪表 pressure 无法读取：")


@pytest.mark.parametrize(
    ("reads", "asked", "reading", "says"),
    [
        (CODE, {}, Reading(kind=InstrumentKind.CODE, text="SN0042"), ""),
        (
            CODE,
            {},
            Reading(kind=InstrumentKind.CODE, text="SN004"),
            "code pressure reads SN004, which is not",
        ),
        (LAMP, {"low": 1}, Reading(kind=InstrumentKind.LAMP, value=1, uncertainty=0, text="green"), ""),
        (
            LAMP,
            {"low": 1},
            Reading(kind=InstrumentKind.LAMP, value=0, uncertainty=0),
            "lamp pressure is unlit",
        ),
        (
            {**LAMP, "colours": {"green": "#20c040", "red": "#e01010"}},
            {"colours": ["green"]},
            Reading(kind=InstrumentKind.LAMP, value=2, uncertainty=0, text="red"),
            "lamp pressure is blinking red, which is not as wanted",
        ),
    ],
)
def test_lamps_and_codes_are_judged_by_state_colour_and_pattern(
    reads: dict[str, Any], asked: dict[str, Any], reading: Reading, says: str
) -> None:
    wanted = spec(reads, **asked)
    after = reviewed(wanted.reading_of(reading), spec=wanted)
    assert after.action is (Action.REWORK if says else Action.PASS)
    assert says in after.reason


def test_all_gauges_that_are_not_as_they_should_be_are_named_the_strictest_first() -> None:
    named = [spec(name=name, on_breach="stop" if name == "c" else "rework") for name in "abcd"]
    values = (5.5, 4.0, 2.5, None)
    read = [
        one.reading_of(unreadable(InstrumentKind.DIAL, Unreadable.GLARE) if value is None else dial(value))
        for one, value in zip(named, values, strict=True)
    ]
    after = reviewed(*read, spec=named)
    assert after.action is Action.MANUAL_REVIEW, "as the unreadable one asks"
    said = ["gauge d could not be read", "gauge c reads 2.5", "gauge a reads 5.5"]
    assert [after.reason.find(one) for one in said] == sorted(after.reason.find(one) for one in said)
    assert all(one in after.reason for one in said)
    assert "gauge b" not in after.reason
    chinese = CHINESE.tell(after.coded)
    assert all(f"仪表 {name} " in chinese for name in "dca")


def test_of_many_gauges_the_first_are_named_and_the_others_counted() -> None:
    described = {**DIAL, "unit": "b" * 32}
    limits = {"unit": "b" * 32, "low": 3, "high": 5}
    many = [spec(described, name=f"{number:02d}" + "w" * 62, **limits) for number in range(32)]
    readings = [one.reading_of(dial(5.5)) for one in many]
    after = reviewed(*readings, spec=many)
    assert after.action is Action.REWORK
    assert len(after.reason) <= MOST_REASON
    named = sum(f"gauge {number:02d}" in after.reason for number in range(32))
    assert 1 <= named <= 3
    assert after.reason.endswith(f"in doubt or unread: {32 - named}"), "nothing is cut off"
    assert CHINESE.tell(after.coded).endswith(f"另有 {32 - named} 个仪表超限、存疑或无法读取")


def test_gauges_that_one_reason_kept_from_being_read_are_said_together() -> None:
    named = [spec(name=name) for name in ("oil", "water", "air", "bath", "rig")]
    late = [one.reading_of(unreadable(InstrumentKind.DIAL, Unreadable.LATE)) for one in named[1:]]
    after = reviewed(named[0].reading_of(dial(6)), *late, spec=named)
    assert after.reason == (
        "gauges water, air, bath could not be read: it was not read within the deadline; "
        "gauge oil reads 6 ± 0 bar, above its limit 5; further gauges out of limits, in doubt or unread: 1"
    )
    assert CHINESE.tell(after.coded).startswith(
        "仪表 water, air, bath 无法读取：未在时限内读完；仪表 oil 读数"
    )


def test_gauges_are_named_beside_what_had_decided_already() -> None:
    asked = spec()
    before = decision(Action.STOP, gauges=(asked.reading_of(dial(5.5)),), reason="a crack")
    after = guard.review(before, trigger=trigger(), recipe=Recipe(id=1, name="cover", gauges=(asked,)))
    assert (after.action, after.decided_by) == (Action.STOP, before.decided_by)
    assert after.reason.startswith("a crack; gauge pressure reads 5.5")


def test_a_gauge_that_breaches_and_is_in_doubt_is_named_once() -> None:
    asked = spec()
    after = reviewed(asked.reading_of(dial(5.05, 0.1)), spec=asked)
    assert after.action is Action.MANUAL_REVIEW
    assert after.reason.count("gauge pressure") == 1


@pytest.mark.parametrize(
    ("value", "said"), [(5.81739, "5.817"), (8.0, "8"), (5.000004, "5.000004")], ids=["", "", "at the limit"]
)
def test_a_value_is_said_without_digits_that_nobody_knows(value: float, said: str) -> None:
    asked = spec(doubt_k=0)
    after = reviewed(asked.reading_of(dial(value, 0.024)), spec=asked)
    assert f"reads {said} ± 0.024 bar, above its limit 5" in after.reason


def test_a_value_without_a_unit_is_said_without_one() -> None:
    asked = spec({**DIAL, "unit": ""}, high=5)
    after = reviewed(
        asked.reading_of(Reading(kind=InstrumentKind.DIAL, value=6, uncertainty=0.1)), spec=asked
    )
    assert "reads 6 ± 0.1, above" in after.reason
    assert "6 ± 0.1，高于" in CHINESE.tell(after.coded)


def test_a_number_is_no_code_and_a_text_no_number() -> None:
    code, number = spec(CODE), spec()
    assert reviewed(number.reading_of(dial(4.0)), spec=code).action is Action.MANUAL_REVIEW
    text = code.reading_of(Reading(kind=InstrumentKind.CODE, text="SN0042"))
    assert reviewed(text, spec=number).action is Action.MANUAL_REVIEW


any_reading = st.one_of(
    st.builds(dial, st.floats(-1e3, 1e3), st.floats(0, 10)),
    st.sampled_from([unreadable(InstrumentKind.DIAL, reason) for reason in Unreadable]),
)
not_pass = st.sampled_from([Action.REWORK, Action.STOP, Action.MANUAL_REVIEW])


@given(
    st.sampled_from(Action),
    st.lists(any_reading, max_size=3),
    not_pass,
    not_pass,
    st.floats(0, 10),
    st.booleans(),
)
def test_no_reading_makes_a_decision_milder_and_none_passes_that_is_not_surely_within(
    action: Action, read: list[Reading], breach: Action, unread: Action, doubt_k: float, one_sided: bool
) -> None:
    low = None if one_sided else 3.0
    asked = spec(on_breach=breach, on_unreadable=unread, doubt_k=doubt_k, low=low)
    after = reviewed(*map(asked.reading_of, read), spec=asked, action=action)
    assert after.action.strictness >= action.strictness
    sure = [
        r.value is not None
        and (low is None or r.value >= low + doubt_k * (r.uncertainty or 0.0))
        and r.value <= 5.0 - doubt_k * (r.uncertainty or 0.0)
        for r in read
    ]
    if after.action is Action.PASS:
        assert all(sure)
        assert sure
